using System.Collections.Frozen;
using k8s.Models;
using OmniScale.Crds;

namespace OmniScale.Core;

/// <summary>An event to emit: its reason is the condition's.</summary>
public sealed record Transition(bool IsWarning, string Reason, string Message);

/// <summary>Events are about changes, so they follow from two statuses.</summary>
public static class Transitions
{
    /// <summary>Work that goes on, and waiting for another object that tells of its own troubles.</summary>
    private static readonly FrozenSet<string> CalmReasons = FrozenSet.Create(
        CommonReasons.Progressing, CommonReasons.Deleting, CommonReasons.DependencyNotReady, TalosClusterReasons.Pending, TalosClusterReasons.ClassNotReady);

    /// <summary>Conditions that changed their status or reason. What was never known and still is not, is no news.</summary>
    public static IEnumerable<Transition> Between(IReadOnlyList<V1Condition>? before, IReadOnlyList<V1Condition>? after)
    {
        var told = new HashSet<string>();
        // Ready and Stalled repeat what a condition of their own says in more detail: one event tells it.
        foreach (var condition in (after ?? []).OrderBy(c => c.Type switch { CommonConditions.Ready => 2, CommonConditions.Stalled => 1, _ => 0 }))
        {
            var earlier = before?.FirstOrDefault(c => c.Type == condition.Type);
            if (condition.Status == nameof(Verdict.Unknown) || condition.Type == CommonConditions.Reconciling
                || (earlier?.Status == condition.Status && earlier.Reason == condition.Reason))
            {
                continue;
            }

            if (told.Add(condition.Reason + condition.Message))
            {
                var good = condition.Status == nameof(Verdict.True) && condition.Type != CommonConditions.Stalled && condition.Reason != OmniReasons.KeyExpiring;
                var progress = condition.Type == CommonConditions.Ready && !after!.Any(c => c.Type == CommonConditions.Stalled);
                yield return new(!good && !progress && !IsCalm(condition, earlier), condition.Reason, $"{condition.Type}: {condition.Message}");
            }
        }
    }

    /// <summary>A cluster that is not healthy is a warning when it was before, not while it comes up.</summary>
    private static bool IsCalm(V1Condition condition, V1Condition? earlier) => CalmReasons.Contains(condition.Reason)
        || (condition.Reason == TalosClusterReasons.Unhealthy && earlier?.Status != nameof(Verdict.True));
}
