using OmniScale.Lab.Omni.Services;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using Condition = OmniScale.Omni.Api.Specs.ControlPlaneStatusSpec.Types.Condition;
using MachineCounts = OmniScale.Omni.Api.Specs.Machines;
using Phase = OmniScale.Omni.Api.Specs.ClusterStatusSpec.Types.Phase;
using Severity = OmniScale.Omni.Api.Specs.ControlPlaneStatusSpec.Types.Condition.Types.Severity;
using Status = OmniScale.Omni.Api.Specs.ControlPlaneStatusSpec.Types.Condition.Types.Status;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>The status of each cluster, of its control plane and of the load balancer in front of it.</summary>
internal sealed class ClusterStatuses(ControllerContext context)
{
    public const string Owner = "ClusterStatusController";

    public void Reconcile()
    {
        foreach (var cluster in context.List(KnownTypes.Clusters))
        {
            if (!cluster.IsTearingDown)
                context.AddFinalizer(cluster, Owner);
            // There is no status until the configuration of the cluster's version is known.
            var exists = context.Find(KnownTypes.ClusterStatuses, cluster.Id) is not null;
            if (exists || (!cluster.IsTearingDown && context.Delays.Elapsed($"cluster-config/{cluster.Id}", Durations.ClusterConfig)))
                Describe(cluster);
        }
    }

    private void Describe(StoredResource cluster)
    {
        var sets = context.With(KnownTypes.MachineSets, OmniLabels.Cluster, cluster.Id).ToList();
        var statuses = sets
            .Select(set => context.Find(KnownTypes.MachineSetStatuses, set.Id)?.SpecAs<MachineSetStatusSpec>())
            .OfType<MachineSetStatusSpec>()
            .ToList();
        var controlPlane = sets.Find(ControllerContext.IsControlPlane);
        var machines = Upgrades.Members(context, cluster).Where(entry => ControllerContext.IsControlPlane(entry.Member)).Select(entry => entry.Machine).ToList();
        if (context.Find(KnownTypes.ClusterUuids, cluster.Id) is null)
            context.EnsureOpaque(KnownTypes.ClusterUuids, cluster.Id, "ClusterUUIDController", ClusterUuids.Write(context.RandomUuid()), [new(OmniLabels.Cluster, cluster.Id)]);

        var isHealthy = Balance(cluster, machines);
        var conditionsReady = controlPlane is not null && Diagnose(controlPlane, machines);
        var controlPlaneStatus = controlPlane is null
            ? null
            : context.Find(KnownTypes.MachineSetStatuses, controlPlane.Id)?.SpecAs<MachineSetStatusSpec>();
        var counted = statuses.Where(status =>
            status.Machines.Total > 0 || status.Phase is not (MachineSetPhase.Destroying or MachineSetPhase.ScalingDown)).ToList();
        var phase = PhaseOf(cluster, statuses);
        var spec = cluster.SpecAs<ClusterSpec>();
        context.Ensure<ClusterStatusSpec>(KnownTypes.ClusterStatuses, cluster.Id, Owner, status =>
        {
            status.Phase = phase;
            status.Ready = phase == Phase.Running && statuses.TrueForAll(set => set.Ready);
            status.Available = machines.Count > 0;
            status.KubernetesAPIReady = isHealthy;
            status.ControlplaneReady = conditionsReady && controlPlaneStatus is { Phase: MachineSetPhase.Running, Ready: true };
            status.HasConnectedControlPlanes = machines.Exists(machine => machine.IsConnected);
            status.Machines = new MachineCounts
            {
                Total = (uint)counted.Sum(set => set.Machines.Total),
                Healthy = (uint)counted.Sum(set => set.Machines.Healthy),
                Connected = (uint)counted.Sum(set => set.Machines.Connected),
                Requested = (uint)counted.Sum(set => set.Machines.Requested),
            };
            status.UseEmbeddedDiscoveryService = spec.Features?.UseEmbeddedDiscoveryService ?? false;
            if (context.Version.IsAtLeast(1, 6))
                (status.TalosVersion, status.KubernetesVersion) = (spec.TalosVersion, spec.KubernetesVersion);
            if (context.Version.IsAtLeast(1, 10) && status.InitialTalosVersion.Length == 0)
                status.InitialTalosVersion = spec.TalosVersion;
        },
        cluster.Metadata.Labels);
    }

    private static Phase PhaseOf(StoredResource cluster, List<MachineSetStatusSpec> sets)
    {
        if (cluster.IsTearingDown || (sets.Count > 0 && sets.TrueForAll(set => set.Phase == MachineSetPhase.Destroying)))
            return Phase.Destroying;
        if (sets.Exists(set => set.Phase == MachineSetPhase.ScalingUp))
            return Phase.ScalingUp;
        if (sets.Exists(set => set.Phase is MachineSetPhase.ScalingDown or MachineSetPhase.Destroying))
            return Phase.ScalingDown;
        return sets.Exists(set => set.Phase is MachineSetPhase.Running or MachineSetPhase.Reconfiguring or MachineSetPhase.Upgrading)
            ? Phase.Running
            : Phase.Unknown;
    }

    /// <summary>The load balancer is healthy some time after the first control plane runs, and while one does.</summary>
    private bool Balance(StoredResource cluster, List<SimMachine> controlPlanes)
    {
        var was = context.Find(KnownTypes.LoadBalancerStatuses, cluster.Id)?.SpecAs<LoadBalancerStatusSpec>().Healthy == true;
        var isHealthy = controlPlanes.Exists(machine => machine.IsReady) &&
            (was || context.Delays.Elapsed($"kubernetes/{cluster.Id}", Durations.KubernetesStart));
        context.Ensure<LoadBalancerStatusSpec>(
            KnownTypes.LoadBalancerStatuses, cluster.Id, "LoadBalancerController", status => status.Healthy = isHealthy,
            [new(OmniLabels.Cluster, cluster.Id)]);
        return isHealthy;
    }

    private bool Diagnose(StoredResource controlPlane, List<SimMachine> machines)
    {
        var lost = machines.Where(machine => !machine.IsConnected).Select(machine => machine.Hostname).ToList();
        var failing = machines.Where(machine => !machine.IsReady).Select(machine => machine.Hostname).ToList();
        var wireguard = lost.Count == 0
            ? Of(ConditionType.WireguardConnection, Status.Ready, "")
            : Of(ConditionType.WireguardConnection, Status.NotReady, $"machines are not connected: {string.Join(", ", lost)}");
        var etcd = (lost.Count, machines.Count, failing.Count) switch
        {
            ( > 0, _, _) => Of(ConditionType.Etcd, Status.Unknown, "the check was not run: not all machines are connected"),
            (_, 0, _) => Of(ConditionType.Etcd, Status.NotReady, "there are no control plane machines"),
            (_, _, > 0) => Of(ConditionType.Etcd, Status.NotReady, $"etcd is not healthy on: {string.Join(", ", failing)}"),
            _ => Of(ConditionType.Etcd, Status.Ready, ""),
        };
        context.Ensure<ControlPlaneStatusSpec>(KnownTypes.ControlPlaneStatuses, controlPlane.Id, "ControlPlaneStatusController", status =>
        {
            status.Conditions.Clear();
            status.Conditions.Add([wireguard, etcd]);
        },
        [new(OmniLabels.Cluster, controlPlane.Label(OmniLabels.Cluster)!)]);
        return wireguard.Status == Status.Ready && etcd.Status == Status.Ready;
    }

    private static Condition Of(ConditionType type, Status status, string reason) => new()
    {
        Type = type,
        Status = status,
        Reason = reason,
        Severity = status == Status.NotReady ? Severity.Error : Severity.Info,
    };
}
