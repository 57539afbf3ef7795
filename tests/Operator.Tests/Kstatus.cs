using OmniScale.Crds;

namespace OmniScale.Operator.Tests;

/// <summary>What kstatus, and with it Flux and <c>kubectl wait</c>, makes of a status, and which statuses are legal.</summary>
internal static class Kstatus
{
    /// <summary>The verdict, by kstatus's rules for kinds that it does not know.</summary>
    public static string Of(IOmniScaleObject value)
    {
        if (value.Metadata.DeletionTimestamp is not null)
        {
            return "Terminating";
        }

        if (value.CommonStatus?.ObservedGeneration is { } observed && observed != value.Metadata.Generation)
        {
            return "InProgress";
        }

        foreach (var condition in value.CommonStatus?.Conditions ?? [])
        {
            switch (condition)
            {
                case { Type: CommonConditions.Reconciling, Status: "True" }:
                    return "InProgress";
                case { Type: CommonConditions.Stalled, Status: "True" }:
                    return "Failed";
            }
        }

        return value.CommonStatus?.Conditions?.FirstOrDefault(c => c.Type == CommonConditions.Ready) is { Status: not "True" } ? "InProgress" : "Current";
    }

    /// <summary>Holds a status, at any moment of its life, against the rules that Flux's tests have for theirs.</summary>
    public static void AssertLegal(IOmniScaleObject value)
    {
        if (value.CommonStatus is not { } status)
        {
            return;
        }

        var what = $"{value.Kind} {value.Metadata.Name}";
        var conditions = status.Conditions ?? [];
        var ready = Assert.Single(conditions, c => c.Type == CommonConditions.Ready);
        var abnormal = conditions.Where(c => c.Type is CommonConditions.Reconciling or CommonConditions.Stalled).ToList();
        Assert.True(abnormal.Count <= 1, $"{what}: Reconciling and Stalled at once");
        Assert.True(abnormal.All(c => c.Status == "True"), $"{what}: {abnormal.FirstOrDefault()?.Type} is there and not True");
        Assert.True(status.ObservedGeneration is null || status.ObservedGeneration <= value.Metadata.Generation, $"{what}: observedGeneration is ahead");
        Assert.All(conditions, c => Assert.True(c.ObservedGeneration <= value.Metadata.Generation, $"{what}: {c.Type}'s observedGeneration is ahead"));
        Assert.All(conditions, c => Assert.Matches("^[A-Za-z]([A-Za-z0-9]*[A-Za-z0-9])?$", c.Reason));
        Assert.All(conditions, c => Assert.False(string.IsNullOrWhiteSpace(c.Message), $"{what}: {c.Type} has no message"));
        if (ready.Status == "True")
        {
            Assert.True(abnormal.Count == 0, $"{what}: Ready and {abnormal.FirstOrDefault()?.Type} at once");
            Assert.All(conditions, c => Assert.True(c.ObservedGeneration == status.ObservedGeneration, $"{what}: Ready, and {c.Type} is about generation {c.ObservedGeneration}"));
        }
        else
        {
            Assert.True(abnormal.Count == 1 || ready.Reason == CommonReasons.Suspended, $"{what}: not Ready ({ready.Reason}), and neither Reconciling nor Stalled");
        }
    }
}
