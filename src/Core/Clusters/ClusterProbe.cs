using System.Globalization;
using System.Text.RegularExpressions;
using OmniScale.Crds;
using OmniScale.Omni.Api.Specs;
using MachineStage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;
using RequestStage = OmniScale.Omni.Api.Specs.ClusterMachineRequestStatusSpec.Types.Stage;

namespace OmniScale.Core.Clusters;

/// <summary>Finds the first real cause why a cluster is not ready, from what is asked first of all (the provider) to what follows from it.</summary>
public static partial class ClusterProbe
{
    private const int NamesShown = 3;

    /// <summary>Done, or Waiting with the cause.</summary>
    public static Outcome Judge(TalosCluster cluster, ClusterObservation seen)
    {
        if (seen.Status is null)
        {
            return Outcome.Waiting(TalosClusterReasons.Pending, "waiting for Omni to report on the cluster");
        }

        return Destroying(seen) ?? (IsWanting(cluster, seen) ? Provider(seen) : null) ?? Requests(seen) ?? MachineSets(seen) ?? Configuration(seen) ?? ControlPlane(seen)
            ?? Upgrades(cluster, seen) ?? Machines(seen) ?? Counts(cluster, seen) ?? Remaining(seen.Status)
            ?? Outcome.Done(Summary(cluster, seen));
    }

    private static string Summary(TalosCluster cluster, ClusterObservation seen)
    {
        var counts = MachineCounts.Of(cluster, seen);
        return $"{counts.ControlPlane} control-plane machines and {counts.Workers} workers are healthy";
    }

    private static Outcome? Destroying(ClusterObservation seen) => seen.Status!.Phase == ClusterStatusSpec.Types.Phase.Destroying
        ? Outcome.Waiting(TalosClusterReasons.Destroying, seen.DestroyPhase is { Length: > 0 } phase ? phase : "Omni is tearing the cluster down")
        : null;

    /// <summary>A provider that builds and removes no machines, whether any are wanted of it or not.</summary>
    /// <returns>Waiting, or null when every provider of the cluster is well.</returns>
    public static Outcome? Provider(ClusterObservation seen) =>
        seen.DisconnectedProviders.OrderBy(p => p.Id, StringComparer.Ordinal).ToList() is [var (id, error), ..]
            ? Outcome.Waiting(TalosClusterReasons.ProviderDisconnected, error is { Length: > 0 }
                ? $"infrastructure provider {id} reports: {error}"
                : $"infrastructure provider {id} is not connected to Omni: is its process running, with --id {id} and a valid key?")
            : null;

    private static bool IsWanting(TalosCluster cluster, ClusterObservation seen) =>
        MachineCounts.Sets(cluster, seen).Any(set => set.Total < set.Requested && IsOfClass(cluster, set.Name)) || seen.Requests.Any(r => !r.InUse);

    private static bool IsOfClass(TalosCluster cluster, string set) => set == ClusterIds.ControlPlaneSet
        ? cluster.Spec.ControlPlane.MachineClass is not null
        : cluster.Spec.Workers?.Any(w => w.Name == set && w.MachineClass is not null) == true;

    private static Outcome? Requests(ClusterObservation seen)
    {
        var open = seen.Requests.Where(r => !r.InUse && r.Status.Stage != RequestStage.Deprovisioning).OrderBy(r => r.Id, StringComparer.Ordinal).ToList();
        if (open.Find(r => r.Status.Stage == RequestStage.Failed || r.Status.Error.Length > 0) is { } failed)
        {
            var text = failed.Status.Error is { Length: > 0 } error ? error : failed.Status.Status;
            return Outcome.Waiting(TalosClusterReasons.ProvisioningFailed, $"machine {failed.Id} cannot be built: {Words(text, "the infrastructure provider gives no reason")} (it tries again every minute)");
        }

        if (open.Find(r => r.Status.Stage is RequestStage.Pending or RequestStage.Unknown) is { } pending)
        {
            return Outcome.Waiting(TalosClusterReasons.ScalingUp, $"machine {pending.Id}: {Words(pending.Status.Status, "waiting for the infrastructure provider to begin")}");
        }

        if (open.Find(r => r.Status.Stage == RequestStage.Provisioning) is { } building)
        {
            return Outcome.Waiting(TalosClusterReasons.ScalingUp, $"machine {building.Id} is being built: {Words(building.Status.Status, "provisioning")}");
        }

        return open.Find(r => r.Status.Stage == RequestStage.Provisioned) is { } built
            ? Outcome.Waiting(TalosClusterReasons.ScalingUp,
                $"machine {built.Id} was built and has not joined Omni yet; if this lasts, check that the VM gets an address and reaches Omni")
            : null;
    }

    private static Outcome? MachineSets(ClusterObservation seen)
    {
        var broken = seen.Sets.OrderBy(set => set.Key, StringComparer.Ordinal).FirstOrDefault(set => set.Value.Error.Length > 0);
        return broken.Key is null ? null : Outcome.Waiting(TalosClusterReasons.MachinesNotReady, $"machine set {broken.Key}: {broken.Value.Error}");
    }

    private static Outcome? Configuration(ClusterObservation seen)
    {
        var failed = seen.Machines.OrderBy(m => m.Name, StringComparer.Ordinal)
            .FirstOrDefault(m => m.Status.ConfigApplyStatus == ConfigApplyStatus.Failed || m.Status.LastConfigError.Length > 0);
        return failed is null ? null : Outcome.Waiting(TalosClusterReasons.ConfigurationFailed,
            $"machine {failed.Name} refuses its configuration: {Words(failed.Status.LastConfigError, "Omni gives no reason")}");
    }

    private static Outcome? ControlPlane(ClusterObservation seen)
    {
        var condition = seen.ControlPlane?.Conditions.FirstOrDefault(c => c.Status == ControlPlaneStatusSpec.Types.Condition.Types.Status.NotReady);
        return condition is null ? null : Outcome.Waiting(TalosClusterReasons.Unhealthy, $"the control plane is not healthy: {ControlPlaneText(condition)}");
    }

    internal static string ControlPlaneText(ControlPlaneStatusSpec.Types.Condition condition) =>
        $"{(condition.Type == ConditionType.Etcd ? "etcd" : InWords(condition.Type))}: {Words(condition.Reason, "not ready")}";

    private static Outcome? Upgrades(TalosCluster cluster, ClusterObservation seen)
    {
        if (seen.TalosUpgrade is { } talos && IsUpgrading(talos.Phase))
        {
            return Upgrade("Talos", InWords(talos.Phase), cluster.Spec.Talos.Version, talos.Status, talos.Step, talos.Error);
        }

        if (seen.KubernetesUpgrade is { } kubernetes && IsUpgrading(kubernetes.Phase))
        {
            return Upgrade("Kubernetes", InWords(kubernetes.Phase), cluster.Spec.Kubernetes.Version, kubernetes.Status, kubernetes.Step, kubernetes.Error);
        }

        // Omni's word on a version that was changed a moment ago may still be about the one before.
        return Behind(seen.TalosUpgrade?.LastUpgradeVersion, cluster.Spec.Talos.Version) ? Upgrade("Talos", "upgrading", cluster.Spec.Talos.Version, "", "", "")
            : Behind(seen.KubernetesUpgrade?.LastUpgradeVersion, cluster.Spec.Kubernetes.Version) ? Upgrade("Kubernetes", "upgrading", cluster.Spec.Kubernetes.Version, "", "", "")
            : null;

        static bool Behind(string? reached, string wanted) => reached is { Length: > 0 } && reached.TrimStart('v') != wanted.TrimStart('v');
    }

    /// <summary>Unknown is what Omni says before it has looked, which is no upgrade.</summary>
    internal static bool IsUpgrading(TalosUpgradeStatusSpec.Types.Phase phase) => phase is not (TalosUpgradeStatusSpec.Types.Phase.Done or TalosUpgradeStatusSpec.Types.Phase.Unknown);

    /// <inheritdoc cref="IsUpgrading(TalosUpgradeStatusSpec.Types.Phase)"/>
    internal static bool IsUpgrading(KubernetesUpgradeStatusSpec.Types.Phase phase) =>
        phase is not (KubernetesUpgradeStatusSpec.Types.Phase.Done or KubernetesUpgradeStatusSpec.Types.Phase.Unknown);

    private static Outcome Upgrade(string what, string phase, string version, string status, string step, string error)
    {
        var text = string.Join(", ", new[] { status, step, error }.Where(part => part.Length > 0));
        return Outcome.Waiting(TalosClusterReasons.Upgrading, $"{what} {version}: {phase}{(text.Length > 0 ? ": " + text : "")}");
    }

    private static Outcome? Machines(ClusterObservation seen)
    {
        var unwell = seen.Machines.Where(m => !m.Status.Ready || m.Status.Stage != MachineStage.Running).OrderBy(m => m.Name, StringComparer.Ordinal).ToList();
        if (unwell.Count == 0)
        {
            return null;
        }

        var shown = string.Join(", ", unwell.Take(NamesShown).Select(m => $"{m.Name} ({Stage(m.Status)})"));
        var more = unwell.Count > NamesShown ? $" and {unwell.Count - NamesShown} more" : "";
        return Outcome.Waiting(TalosClusterReasons.MachinesNotReady, $"not ready: {shown}{more}");
    }

    private static string Stage(ClusterMachineStatusSpec status) => status.Stage == MachineStage.Running
        ? "running, not ready"
        : status.Stage == MachineStage.Unknown ? "unknown stage" : InWords(status.Stage);

    private static Outcome? Counts(TalosCluster cluster, ClusterObservation seen)
    {
        foreach (var set in MachineCounts.Sets(cluster, seen))
        {
            if (set.Total < set.Requested || set.Healthy < set.Requested)
            {
                return Outcome.Waiting(TalosClusterReasons.ScalingUp, $"{set.Name}: {set.Healthy} of {set.Requested} machines are healthy");
            }

            if (set.Total > set.Requested)
            {
                return Outcome.Waiting(TalosClusterReasons.ScalingDown, $"{set.Name}: {set.Total} machines, {set.Requested} wanted");
            }
        }

        return null;
    }

    private static Outcome? Remaining(ClusterStatusSpec status)
    {
        if (status.Phase == ClusterStatusSpec.Types.Phase.Running && status.Ready)
        {
            return null;
        }

        var (reason, message) = status.Phase switch
        {
            ClusterStatusSpec.Types.Phase.ScalingUp => (TalosClusterReasons.ScalingUp, "Omni is adding machines"),
            ClusterStatusSpec.Types.Phase.ScalingDown => (TalosClusterReasons.ScalingDown, "Omni is removing machines"),
            ClusterStatusSpec.Types.Phase.Running when !status.KubernetesAPIReady => (TalosClusterReasons.Unhealthy, "the Kubernetes API does not answer yet"),
            ClusterStatusSpec.Types.Phase.Running => (CommonReasons.Progressing, "Omni does not call the cluster ready yet"),
            _ => (TalosClusterReasons.Pending, "Omni does not know the cluster's phase yet"),
        };
        return Outcome.Waiting(reason, message);
    }

    /// <summary>An enum's value as people write it: BeforeDestroy is "before destroy". A newer Omni may send one that has no name here.</summary>
    private static string InWords<T>(T value)
        where T : struct, Enum =>
        Enum.IsDefined(value) ? WordStart().Replace(value.ToString(), " $0").ToLower(CultureInfo.InvariantCulture) : $"unknown ({value})";

    [GeneratedRegex("(?<=[a-z])[A-Z]")]
    private static partial Regex WordStart();

    private static string Words(string text, string otherwise) => text.Length > 0 ? text : otherwise;
}
