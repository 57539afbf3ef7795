using System.Text.RegularExpressions;
using k8s.Models;
using OmniScale.Crds;

namespace OmniScale.Core.Tests;

/// <summary>What generic tools (Flux, Argo CD, kubectl) make of an object.</summary>
internal enum Health
{
    Terminating,
    InProgress,
    Failed,
    Current,
}

/// <summary>The rules of kstatus and of Flux's condition checks.</summary>
internal static partial class KStatus
{
    /// <summary>Asserts that the status at the end of a pass is a legal one.</summary>
    /// <returns>What generic tools conclude, in their order of evaluation.</returns>
    public static Health Check(IOmniScaleObject value, CommonStatus? status)
    {
        Assert.NotNull(status);
        var generation = value.Metadata.Generation ?? 0;
        var conditions = status.Conditions!;
        Assert.Distinct(conditions.Select(c => c.Type));
        Assert.All(conditions, condition =>
        {
            Assert.Contains(condition.Status, new[] { "True", "False", "Unknown" });
            Assert.Matches(ReasonFormat(), condition.Reason);
            Assert.False(string.IsNullOrWhiteSpace(condition.Message), $"{condition.Type} has no message");
            Assert.InRange(condition.Message.Length, 1, 32768);
            Assert.InRange(condition.ObservedGeneration ?? -1, 0, generation);
        });

        var ready = Assert.Single(conditions, c => c.Type == CommonConditions.Ready);
        var abnormal = conditions.Where(c => c.Type is CommonConditions.Reconciling or CommonConditions.Stalled).ToList();
        Assert.True(abnormal.Count <= 1, "Reconciling and Stalled exclude each other");
        Assert.All(abnormal, c => Assert.Equal("True", c.Status));
        Assert.InRange(status.ObservedGeneration ?? 0, 0, generation);
        if (abnormal.Count > 0)
        {
            Assert.Equal("False", ready.Status);
        }

        if (ready.Status == "Unknown")
        {
            Assert.Equal(CommonConditions.Reconciling, Assert.Single(abnormal).Type);
        }

        if (ready.Status == "True")
        {
            Assert.Equal(generation, status.ObservedGeneration);
            Assert.All(conditions, c => Assert.Equal(generation, c.ObservedGeneration));
        }

        return Compute(value, status, ready, abnormal);
    }

    private static Health Compute(IOmniScaleObject value, CommonStatus status, V1Condition ready, List<V1Condition> abnormal) =>
        value.Metadata.DeletionTimestamp is not null ? Health.Terminating
        : status.ObservedGeneration is { } observed && observed != value.Metadata.Generation ? Health.InProgress
        : abnormal is [var first, ..] ? first.Type == CommonConditions.Stalled ? Health.Failed : Health.InProgress
        : ready.Status == "True" ? Health.Current : Health.InProgress;

    /// <summary>What the API server takes for a reason.</summary>
    [GeneratedRegex("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")]
    private static partial Regex ReasonFormat();
}
