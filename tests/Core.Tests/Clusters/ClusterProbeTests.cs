using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api.Specs;
using ClusterPhase = OmniScale.Omni.Api.Specs.ClusterStatusSpec.Types.Phase;
using KubernetesPhase = OmniScale.Omni.Api.Specs.KubernetesUpgradeStatusSpec.Types.Phase;
using MachineStage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;
using RequestStage = OmniScale.Omni.Api.Specs.ClusterMachineRequestStatusSpec.Types.Stage;
using TalosPhase = OmniScale.Omni.Api.Specs.TalosUpgradeStatusSpec.Types.Phase;

namespace OmniScale.Core.Tests.Clusters;

public class ClusterProbeTests
{
    private const string Request = "talos-prod-01-worker-golf-";

    /// <summary>What can be wrong, the first cause first.</summary>
    private static readonly (Func<ClusterObservation, ClusterObservation> Fault, string Reason, string Message)[] Causes =
    [
        (o => o with { Status = null }, "Pending", "waiting for Omni to report on the cluster"),
        (o => o.WithStatus(s => s.Phase = ClusterPhase.Destroying), "Destroying", "Omni is tearing the cluster down"),
        (o => o.WithSet(Sample.WorkerSet, Observations.Set(1, total: 0)) with { DisconnectedProviders = [("matrix-cluster", null)] },
            "ProviderDisconnected", "infrastructure provider matrix-cluster is not connected to Omni: is its process running, with --id matrix-cluster and a valid key?"),
        (o => o.WithRequests(Observations.Request(Request + "ffffff", RequestStage.Failed, "Provision Failed", "no matches for the condition \"name == \\\"x\\\"\"")),
            "ProvisioningFailed", "machine talos-prod-01-worker-golf-ffffff cannot be built: no matches for the condition \"name == \\\"x\\\"\" (it tries again every minute)"),
        (o => o.WithRequests(Observations.Request(Request + "eeeeee", RequestStage.Pending, "Waiting for the infra provider to start provision")),
            "ScalingUp", "machine talos-prod-01-worker-golf-eeeeee: Waiting for the infra provider to start provision"),
        (o => o.WithRequests(Observations.Request(Request + "dddddd", RequestStage.Provisioning, "Step: startVM")),
            "ScalingUp", "machine talos-prod-01-worker-golf-dddddd is being built: Step: startVM"),
        (o => o.WithRequests(Observations.Request(Request + "cccccc", RequestStage.Provisioned)),
            "ScalingUp", "machine talos-prod-01-worker-golf-cccccc was built and has not joined Omni yet; if this lasts, check that the VM gets an address and reaches Omni"),
        (o => o.WithSet(Sample.ControlPlaneSet, Observations.Set(3, total: 0, error: "control plane machine set must have at least one node")),
            "MachinesNotReady", "machine set talos-prod-01-control-planes: control plane machine set must have at least one node"),
        (o => o.WithMachines(Observations.Machine("golf-2", MachineStage.Configuring, ready: false, error: "unknown keys found: machin")),
            "ConfigurationFailed", "machine golf-2 refuses its configuration: unknown keys found: machin"),
        (o => o.WithControlPlane(ConditionType.Etcd, "2 of 3 members are healthy"), "Unhealthy", "the control plane is not healthy: etcd: 2 of 3 members are healthy"),
        (o => o.WithTalos(t => (t.Phase, t.Status, t.Step) = (TalosPhase.Upgrading, "updating machines 1/4", "current machine(s): cp-1")),
            "Upgrading", "Talos v1.13.6: upgrading: updating machines 1/4, current machine(s): cp-1"),
        (o => o.WithKubernetes(k => (k.Phase, k.Status, k.Error) = (KubernetesPhase.Upgrading, "pre-pulling images (1/4)", "failed to pull")),
            "Upgrading", "Kubernetes v1.36.2: upgrading: pre-pulling images (1/4), failed to pull"),
        (o => o.WithTalos(t => t.LastUpgradeVersion = "1.13.5"), "Upgrading", "Talos v1.13.6: upgrading"),
        (o => o.WithKubernetes(k => k.LastUpgradeVersion = "1.36.1"), "Upgrading", "Kubernetes v1.36.2: upgrading"),
        (o => o.WithMachines(Observations.Machine("golf-3", MachineStage.Booting, ready: false)), "MachinesNotReady", "not ready: golf-3 (booting)"),
        (o => o.WithSet(Sample.WorkerSet, Observations.Set(1, total: 0)), "ScalingUp", "worker-golf: 0 of 1 machines are healthy"),
        (o => o.WithStatus(s => s.Ready = false), "Progressing", "Omni does not call the cluster ready yet"),
        (o => o, "Succeeded", "3/3 control-plane machines and 1/1 workers are healthy"),
    ];

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, Causes.Length)];

    [Theory, MemberData(nameof(Rows))]
    public void Judge_NamesACauseThatStandsAlone(int row)
    {
        AssertCause(row, Causes[row].Fault(Observations.Healthy()));
    }

    [Theory, MemberData(nameof(Rows))]
    public void Judge_NamesTheFirstCauseOfSeveral(int row)
    {
        var seen = Observations.Healthy();
        foreach (var (fault, _, _) in Causes.Skip(row).Reverse())
        {
            seen = fault(seen);
        }

        AssertCause(row, seen);
    }

    public static TheoryData<Func<ClusterObservation, ClusterObservation>, string, string> Variants => new()
    {
        { o => o.WithStatus(s => s.Phase = ClusterPhase.Destroying) with { DestroyPhase = "Destroying: 2 machine sets, 4 machines" }, "Destroying", "Destroying: 2 machine sets, 4 machines" },
        {
            o => o.WithSet(Sample.WorkerSet, Observations.Set(1, total: 0)) with { DisconnectedProviders = [("b", null), ("a", "401 Unauthorized")] },
            "ProviderDisconnected", "infrastructure provider a reports: 401 Unauthorized"
        },
        {
            o => o.WithRequests(Observations.Request("x", RequestStage.Deprovisioning)) with { DisconnectedProviders = [("a", null)] },
            "ProviderDisconnected", "infrastructure provider a is not connected to Omni: is its process running, with --id a and a valid key?"
        },
        { o => o with { DisconnectedProviders = [("a", "down")] }, "Succeeded", "3/3 control-plane machines and 1/1 workers are healthy" },
        {
            o => o.WithRequests(Observations.Request("x", RequestStage.Provisioning, "at it", "no space left")),
            "ProvisioningFailed", "machine x cannot be built: no space left (it tries again every minute)"
        },
        {
            o => o.WithRequests(Observations.Request("x", RequestStage.Failed, "Provision Failed: no space left")),
            "ProvisioningFailed", "machine x cannot be built: Provision Failed: no space left (it tries again every minute)"
        },
        {
            o => o.WithRequests(Observations.Request("x", RequestStage.Failed)),
            "ProvisioningFailed", "machine x cannot be built: the infrastructure provider gives no reason (it tries again every minute)"
        },
        { o => o.WithRequests(Observations.Request("b", RequestStage.Pending), Observations.Request("a", RequestStage.Pending)), "ScalingUp", "machine a: waiting for the infrastructure provider to begin" },
        { o => o.WithRequests(Observations.Request("x", RequestStage.Unknown)), "ScalingUp", "machine x: waiting for the infrastructure provider to begin" },
        { o => o.WithRequests(Observations.Request("x", RequestStage.Provisioning)), "ScalingUp", "machine x is being built: provisioning" },
        { o => o.WithRequests(Observations.Request("x", RequestStage.Deprovisioning)), "Succeeded", "3/3 control-plane machines and 1/1 workers are healthy" },
        { o => o.WithMachines(Failing("b", ""), Failing("a", "")), "ConfigurationFailed", "machine a refuses its configuration: Omni gives no reason" },
        { o => o.WithControlPlane(ConditionType.WireguardConnection, ""), "Unhealthy", "the control plane is not healthy: wireguard connection: not ready" },
        { o => o.WithTalos(t => t.Phase = TalosPhase.Unknown), "Succeeded", "3/3 control-plane machines and 1/1 workers are healthy" },
        { o => o.WithTalos(t => (t.Phase, t.LastUpgradeVersion) = (TalosPhase.Unknown, "")), "Succeeded", "3/3 control-plane machines and 1/1 workers are healthy" },
        { o => o.WithTalos(t => t.Phase = TalosPhase.UpdatingMachineSchematics), "Upgrading", "Talos v1.13.6: updating machine schematics" },
        { o => o.WithTalos(t => (t.Phase, t.Status) = (TalosPhase.Reverting, "reverting update 1/4")), "Upgrading", "Talos v1.13.6: reverting: reverting update 1/4" },
        { o => o.WithTalos(t => t.Phase = (TalosPhase)77), "Upgrading", "Talos v1.13.6: unknown (77)" },
        { o => o.WithKubernetes(k => (k.Phase, k.Error) = (KubernetesPhase.Failed, "no route")), "Upgrading", "Kubernetes v1.36.2: failed: no route" },
        { o => o.WithTalos(t => t.LastUpgradeVersion = "v1.13.6"), "Succeeded", "3/3 control-plane machines and 1/1 workers are healthy" },
        { o => o.WithMachines(Observations.Machine("a", ready: false)), "MachinesNotReady", "not ready: a (running, not ready)" },
        { o => o.WithMachines(Observations.Machine("a", MachineStage.BeforeDestroy), Observations.Machine("b", MachineStage.ShuttingDown)), "MachinesNotReady", "not ready: a (before destroy), b (shutting down)" },
        { o => o.WithMachines(Observations.Machine("a", MachineStage.Unknown), Observations.Machine("b", (MachineStage)99)), "MachinesNotReady", "not ready: a (unknown stage), b (unknown (99))" },
        {
            o => o.WithMachines([.. "edcba".Select(c => Observations.Machine($"{c}", MachineStage.Rebooting))]),
            "MachinesNotReady", "not ready: a (rebooting), b (rebooting), c (rebooting) and 2 more"
        },
        { o => o.WithSet(Sample.ControlPlaneSet, Observations.Set(3, healthy: 2)), "ScalingUp", "control-planes: 2 of 3 machines are healthy" },
        { o => o.WithSet(Sample.ControlPlaneSet, Observations.Set(5)), "ScalingDown", "control-planes: 5 machines, 3 wanted" },
        { o => o.WithSet("talos-prod-01-gone", Observations.Set(2, total: 1)), "ScalingUp", "gone: 1 of 2 machines are healthy" },
        { o => o.WithStatus(s => s.Phase = ClusterPhase.ScalingUp), "ScalingUp", "Omni is adding machines" },
        { o => o.WithStatus(s => s.Phase = ClusterPhase.ScalingDown), "ScalingDown", "Omni is removing machines" },
        { o => o.WithStatus(s => (s.Ready, s.KubernetesAPIReady) = (false, false)), "Unhealthy", "the Kubernetes API does not answer yet" },
        { o => o.WithStatus(s => s.Phase = ClusterPhase.Unknown), "Pending", "Omni does not know the cluster's phase yet" },
        { o => o.WithStatus(s => s.Phase = (ClusterPhase)42), "Pending", "Omni does not know the cluster's phase yet" },
        { o => o with { ControlPlane = null, TalosUpgrade = null, KubernetesUpgrade = null }, "Succeeded", "3/3 control-plane machines and 1/1 workers are healthy" },
    };

    [Theory, MemberData(nameof(Variants))]
    public void Judge_InDetail(Func<ClusterObservation, ClusterObservation> change, string reason, string message)
    {
        var outcome = ClusterProbe.Judge(Sample.TalosCluster(), change(Observations.Healthy()));

        Assert.Equal((reason, message), (outcome.Reason, outcome.Message));
        Assert.Equal(reason == "Succeeded" ? OutcomeKind.Done : OutcomeKind.Waiting, outcome.Kind);
    }

    [Fact]
    public void Judge_WhenASetOfNamedMachinesIsShort_DoesNotBlameTheProvider()
    {
        var cluster = Sample.TalosCluster(s => s with { Workers = [Sample.Workers("worker-golf", "11111111-1111-4111-8111-111111111111")] });
        var seen = Observations.Healthy().WithSet(Sample.WorkerSet, Observations.Set(1, total: 0)) with { DisconnectedProviders = [("a", null)] };

        Assert.Equal("worker-golf: 0 of 1 machines are healthy", ClusterProbe.Judge(cluster, seen).Message);
    }

    [Fact]
    public void Judge_WhenTheSizeIsOmnis_ComparesWithWhatOmniWants()
    {
        var cluster = Sample.TalosCluster(s => s with
        {
            Workers = [new() { Name = "worker-golf", MachineClass = new() { Name = "x" } }, new() { Name = "all", MachineClass = new() { Name = "y", Size = MachineCount.Unlimited } }],
        });
        var seen = Observations.Healthy().WithSet(Sample.WorkerSet, Observations.Set(4)).WithSet("talos-prod-01-all", Observations.Set(7));

        Assert.Equal("3/3 control-plane machines and 11/11 workers are healthy", ClusterProbe.Judge(cluster, seen).Message);
    }

    private static ObservedMachine Failing(string name, string error)
    {
        var machine = Observations.Machine(name, error: error);
        machine.Status.ConfigApplyStatus = ConfigApplyStatus.Failed;
        return machine;
    }

    private static void AssertCause(int row, ClusterObservation seen)
    {
        var outcome = ClusterProbe.Judge(Sample.TalosCluster(), seen);

        Assert.Equal((Causes[row].Reason, Causes[row].Message), (outcome.Reason, outcome.Message));
    }
}
