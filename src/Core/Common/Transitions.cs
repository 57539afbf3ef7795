using k8s.Models;
using OmniScale.Crds;

namespace OmniScale.Core;

/// <summary>An event to emit: its reason is the condition's.</summary>
public sealed record Transition(bool IsWarning, string Reason, string Message);

/// <summary>Events are about changes, so they follow from two statuses.</summary>
public static class Transitions
{
    /// <summary>Conditions that changed their status or reason. What was never known and still is not, is no news.</summary>
    public static IEnumerable<Transition> Between(IReadOnlyList<V1Condition>? before, IReadOnlyList<V1Condition>? after)
    {
        var told = new HashSet<string>();
        foreach (var condition in after ?? [])
        {
            var earlier = before?.FirstOrDefault(c => c.Type == condition.Type);
            if (condition.Status == nameof(Verdict.Unknown) || condition.Type == CommonConditions.Reconciling
                || (earlier?.Status == condition.Status && earlier.Reason == condition.Reason))
            {
                continue;
            }

            // Ready and Stalled repeat what a condition of their own says in more detail: one event tells it.
            if (told.Add(condition.Reason + condition.Message))
            {
                var good = condition.Status == nameof(Verdict.True) && condition.Type != CommonConditions.Stalled;
                var progress = condition.Type == CommonConditions.Ready && !after!.Any(c => c.Type == CommonConditions.Stalled);
                yield return new(!good && !progress, condition.Reason, $"{condition.Type}: {condition.Message}");
            }
        }
    }
}
