using OmniScale.Crds;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Core.Clusters;

/// <summary>What one pass found out about a TalosCluster.</summary>
public sealed class ClusterFacts : PassFacts
{
    public Finding? ConfigurationValid { get; set; }

    public Finding? MachineClassesReady { get; set; }

    public DateTime? CreatedInOmni { get; set; }

    public ClusterObservation? Observation { get; set; }
}

/// <summary>A TalosCluster's status as a function of the object and the facts of a pass.</summary>
public static class ClusterStatusCalculator
{
    /// <returns>The status, and the outcome that it shows.</returns>
    public static (TalosClusterStatus Status, Outcome Outcome) Compute(TalosCluster cluster, ClusterFacts facts)
    {
        var before = cluster.Status ?? new TalosClusterStatus();
        var outcome = facts.Outcome ?? ClusterProbe.Judge(cluster, facts.Observation ?? new ClusterObservation());
        var generation = cluster.Metadata.Generation ?? 0;
        var conditions = new ConditionSet(before.Conditions, generation)
            .With(TalosClusterConditions.ConfigurationValid, facts.ConfigurationValid)
            .With(TalosClusterConditions.MachineClassesReady, facts.MachineClassesReady)
            .With(CommonConditions.Synced, facts.Synced)
            .With(TalosClusterConditions.ControlPlaneReady, facts.Observation is { } seen ? ControlPlaneReady(seen) : null)
            .With(TalosClusterConditions.Available, facts.Observation is { } seenToo ? Available(seenToo) : null)
            .With(CommonConditions.OmniReachable, facts.OmniReachable)
            .Build(outcome);

        var status = before with
        {
            ObservedGeneration = generation,
            LastHandledReconcileAt = cluster.RequestedAt() ?? before.LastHandledReconcileAt,
            Omni = facts.Binding ?? before.Omni,
            ClusterName = cluster.ClusterName,
            CreatedInOmni = facts.CreatedInOmni ?? before.CreatedInOmni,
            Conditions = conditions,
        };
        return (facts.Observation is { } observation ? Mirror(cluster, status, observation) : status with { Phase = status.Phase ?? "Pending" }, outcome);
    }

    private static TalosClusterStatus Mirror(TalosCluster cluster, TalosClusterStatus status, ClusterObservation seen)
    {
        var counts = MachineCounts.Of(cluster, seen);
        return status with
        {
            Phase = Phase(cluster, seen),
            KubernetesVersion = Version(seen.KubernetesUpgrade?.LastUpgradeVersion) ?? status.KubernetesVersion,
            TalosVersion = Version(seen.TalosUpgrade?.LastUpgradeVersion) ?? status.TalosVersion,
            ControlPlaneReady = counts.ControlPlane,
            WorkersReady = counts.Workers,
            MachineSets = MachineCounts.Sets(cluster, seen),
        };
    }

    private static string Phase(TalosCluster cluster, ClusterObservation seen) => seen.Status?.Phase switch
    {
        null => cluster.Metadata.DeletionTimestamp is null ? "Pending" : "Deleting",
        ClusterStatusSpec.Types.Phase.Running when IsUpgrading(seen) => "Upgrading",
        ClusterStatusSpec.Types.Phase.Unknown => "Unknown",
        { } phase when Enum.IsDefined(phase) => phase.ToString(),
        _ => "Unknown",
    };

    private static bool IsUpgrading(ClusterObservation seen) =>
        (seen.TalosUpgrade is { } talos && ClusterProbe.IsUpgrading(talos.Phase)) || (seen.KubernetesUpgrade is { } kubernetes && ClusterProbe.IsUpgrading(kubernetes.Phase));

    private static string? Version(string? version) => version is { Length: > 0 } ? "v" + version.TrimStart('v') : null;

    private static Finding ControlPlaneReady(ClusterObservation seen)
    {
        if (seen.Status is null)
        {
            return Finding.Unknown(TalosClusterReasons.Pending, "Omni has not reported on the control plane yet");
        }

        if (seen.Status.ControlplaneReady)
        {
            return Finding.True(TalosClusterReasons.Healthy, "etcd and the control-plane machines are healthy");
        }

        var cause = seen.ControlPlane?.Conditions.FirstOrDefault(c => c.Status == ControlPlaneStatusSpec.Types.Condition.Types.Status.NotReady);
        return Finding.False(TalosClusterReasons.Unhealthy, cause is null ? "Omni does not call the control plane ready" : ClusterProbe.ControlPlaneText(cause));
    }

    private static Finding Available(ClusterObservation seen) => seen.Status switch
    {
        null => Finding.Unknown(TalosClusterReasons.Pending, "Omni has not reported on the cluster yet"),
        { KubernetesAPIReady: true } => Finding.True(TalosClusterReasons.Healthy, "the Kubernetes API answers"),
        _ => Finding.False(TalosClusterReasons.Unhealthy, "the Kubernetes API does not answer"),
    };
}
