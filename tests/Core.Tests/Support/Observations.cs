using OmniScale.Core.Clusters;
using OmniScale.Omni.Api.Specs;
using MachineStage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;
using RequestStage = OmniScale.Omni.Api.Specs.ClusterMachineRequestStatusSpec.Types.Stage;

namespace OmniScale.Core.Tests;

/// <summary>What Omni says of <see cref="Sample.TalosCluster"/>.</summary>
internal static class Observations
{
    public static ClusterObservation Healthy() => new()
    {
        Status = new() { Phase = ClusterStatusSpec.Types.Phase.Running, Ready = true, Available = true, KubernetesAPIReady = true, ControlplaneReady = true },
        Sets = new Dictionary<string, MachineSetStatusSpec> { [Sample.ControlPlaneSet] = Set(3), [Sample.WorkerSet] = Set(1) },
        Machines = [Machine("cp-1"), Machine("cp-2"), Machine("cp-3"), Machine("golf-1")],
        Requests = [Request("talos-prod-01-worker-golf-aaaaaa", RequestStage.Provisioned) with { InUse = true }],
        ControlPlane = new()
        {
            Conditions =
            {
                new ControlPlaneStatusSpec.Types.Condition { Type = ConditionType.WireguardConnection, Status = ControlPlaneStatusSpec.Types.Condition.Types.Status.Ready },
                new ControlPlaneStatusSpec.Types.Condition { Type = ConditionType.Etcd, Status = ControlPlaneStatusSpec.Types.Condition.Types.Status.Ready },
            },
        },
        TalosUpgrade = new() { Phase = TalosUpgradeStatusSpec.Types.Phase.Done, LastUpgradeVersion = "1.13.6" },
        KubernetesUpgrade = new() { Phase = KubernetesUpgradeStatusSpec.Types.Phase.Done, LastUpgradeVersion = "1.36.2" },
    };

    public static MachineSetStatusSpec Set(uint requested, uint? total = null, uint? healthy = null, string error = "") => new()
    {
        Phase = MachineSetPhase.Running,
        Ready = true,
        Error = error,
        Machines = new() { Requested = requested, Total = total ?? requested, Healthy = healthy ?? total ?? requested, Connected = total ?? requested },
    };

    public static ObservedMachine Machine(string name, MachineStage stage = MachineStage.Running, bool ready = true, string error = "") =>
        new(name, Sample.WorkerSet, new() { Stage = stage, Ready = ready, LastConfigError = error });

    public static ObservedRequest Request(string id, RequestStage stage, string status = "", string error = "") =>
        new(id, InUse: false, new() { Stage = stage, Status = status, Error = error });

    public static ClusterObservation WithStatus(this ClusterObservation seen, Action<ClusterStatusSpec> change) => seen with { Status = Changed(seen.Status!, change) };

    public static ClusterObservation WithTalos(this ClusterObservation seen, Action<TalosUpgradeStatusSpec> change) => seen with { TalosUpgrade = Changed(seen.TalosUpgrade!, change) };

    public static ClusterObservation WithKubernetes(this ClusterObservation seen, Action<KubernetesUpgradeStatusSpec> change) =>
        seen with { KubernetesUpgrade = Changed(seen.KubernetesUpgrade!, change) };

    public static ClusterObservation WithSet(this ClusterObservation seen, string id, MachineSetStatusSpec set) => seen with { Sets = new Dictionary<string, MachineSetStatusSpec>(seen.Sets) { [id] = set } };

    public static ClusterObservation WithMachines(this ClusterObservation seen, params ObservedMachine[] machines) => seen with { Machines = [.. seen.Machines, .. machines] };

    public static ClusterObservation WithRequests(this ClusterObservation seen, params ObservedRequest[] requests) => seen with { Requests = [.. seen.Requests, .. requests] };

    public static ClusterObservation WithControlPlane(this ClusterObservation seen, ConditionType type, string reason)
    {
        var condition = new ControlPlaneStatusSpec.Types.Condition { Type = type, Status = ControlPlaneStatusSpec.Types.Condition.Types.Status.NotReady, Reason = reason };
        return seen with { ControlPlane = new() { Conditions = { seen.ControlPlane!.Conditions.Where(c => c.Type != type).Append(condition) } } };
    }

    private static T Changed<T>(T message, Action<T> change)
        where T : class, Google.Protobuf.IDeepCloneable<T>
    {
        var copy = message.Clone();
        change(copy);
        return copy;
    }
}
