using System.Collections.Frozen;
using k8s.Models;
using OmniScale.Crds;

namespace OmniScale.Core;

/// <summary>An event to emit: its reason is the condition's.</summary>
public sealed record Transition(bool IsWarning, string Reason, string Message);

/// <summary>Events are about changes, so they follow from two statuses.</summary>
public static class Transitions
{
    /// <summary>What takes its course. False for one of these is no warning.</summary>
    private static readonly FrozenSet<string> UnderWay = FrozenSet.Create(
        CommonReasons.Progressing, CommonReasons.Suspended, CommonReasons.Deleting, CommonReasons.DeletionSuspended, CommonReasons.InUse,
        // Waiting for another object, which tells of its own troubles.
        CommonReasons.DependencyNotReady, TalosClusterReasons.ClassNotReady,
        TalosClusterReasons.Pending, TalosClusterReasons.ScalingUp, TalosClusterReasons.ScalingDown, TalosClusterReasons.Upgrading, TalosClusterReasons.Destroying);

    /// <summary>What every cluster goes through while it is built. A warning only after it was well.</summary>
    private static readonly FrozenSet<string> Unwell = FrozenSet.Create(TalosClusterReasons.MachinesNotReady, TalosClusterReasons.Unhealthy);

    /// <summary>
    /// Conditions that changed their status or reason. Of what was not known before, only Ready and what is wrong are news: a
    /// new object on which all is well gets one event.
    /// </summary>
    public static IEnumerable<Transition> Between(IReadOnlyList<V1Condition>? before, IReadOnlyList<V1Condition>? after)
    {
        var told = new HashSet<string>();
        foreach (var condition in (after ?? []).OrderBy(c => c.Type is CommonConditions.Ready or CommonConditions.Stalled))
        {
            var earlier = before?.FirstOrDefault(c => c.Type == condition.Type);
            if (condition.Status == nameof(Verdict.Unknown) || condition.Type == CommonConditions.Reconciling
                || (earlier?.Status == condition.Status && earlier.Reason == condition.Reason))
            {
                continue;
            }

            var warning = IsWarning(condition, earlier);
            var known = earlier is not null && earlier.Status != nameof(Verdict.Unknown);

            // Ready and Stalled come last: they repeat what a condition of its own says in more detail, and one event tells it.
            if ((known || warning || condition.Type == CommonConditions.Ready) && told.Add(condition.Reason + condition.Message))
            {
                yield return new(warning, condition.Reason, $"{condition.Type}: {condition.Message}");
            }
        }
    }

    private static bool IsWarning(V1Condition condition, V1Condition? earlier)
    {
        if (condition.Status == nameof(Verdict.True))
        {
            return condition.Type == CommonConditions.Stalled || condition.Reason == OmniReasons.KeyExpiring;
        }

        return !UnderWay.Contains(condition.Reason) && (!Unwell.Contains(condition.Reason) || earlier?.Status == nameof(Verdict.True));
    }
}
