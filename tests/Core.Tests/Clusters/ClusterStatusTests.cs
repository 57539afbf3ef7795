using k8s.Models;
using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api.Specs;
using ClusterPhase = OmniScale.Omni.Api.Specs.ClusterStatusSpec.Types.Phase;

namespace OmniScale.Core.Tests.Clusters;

public class ClusterStatusTests
{
    private static readonly DateTime Created = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Fact]
    public void Compute_AHealthyCluster()
    {
        var cluster = Sample.TalosCluster();
        cluster.Metadata.Annotations = new Dictionary<string, string> { [UserAnnotations.ReconcileRequestedAt] = "now" };

        var (status, outcome) = ClusterStatusCalculator.Compute(cluster, Facts());

        Assert.Equal(Health.Current, KStatus.Check(cluster, status));
        Assert.Equal(Outcome.Done("3/3 control-plane machines and 1/1 workers are healthy"), outcome);
        Assert.Equal(
            ["Ready=True", "ConfigurationValid=True", "MachineClassesReady=True", "Synced=True", "ControlPlaneReady=True", "Available=True", "OmniReachable=True"],
            status.Conditions!.Select(c => $"{c.Type}={c.Status}"));
        Assert.Equal(
            new TalosClusterStatus
            {
                ObservedGeneration = 2,
                LastHandledReconcileAt = "now",
                Omni = new() { Endpoint = "https://omni.example.com", Account = "operator" },
                Phase = "Running",
                ClusterName = "talos-prod-01",
                CreatedInOmni = Created,
                KubernetesVersion = "v1.36.2",
                TalosVersion = "v1.13.6",
                ControlPlaneReady = "3/3",
                WorkersReady = "1/1",
            },
            status with { Conditions = null, MachineSets = null });
        Assert.Equal(
            [
                new() { Name = "control-planes", Phase = "Running", Requested = 3, Total = 3, Healthy = 3, Connected = 3 },
                new() { Name = "worker-golf", Phase = "Running", Requested = 1, Total = 1, Healthy = 1, Connected = 1 },
            ],
            status.MachineSets!);
    }

    [Fact]
    public void Compute_OnceMore_ChangesNothing()
    {
        var cluster = Sample.TalosCluster();
        var (first, _) = ClusterStatusCalculator.Compute(cluster, Facts());
        cluster.Status = first;

        var (second, _) = ClusterStatusCalculator.Compute(cluster, Facts());

        Assert.Equivalent(first, second, strict: true);
    }

    public static TheoryData<Outcome, string> Outcomes => new()
    {
        { Outcome.Waiting("Progressing", "the operator begins"), nameof(Health.InProgress) },
        { Outcome.Retry("Unreachable", "no answer"), nameof(Health.InProgress) },
        { Outcome.Stalled("DeletedInOmni", "gone"), nameof(Health.Failed) },
        { Outcome.Suspended("as asked"), nameof(Health.InProgress) },
    };

    [Theory, MemberData(nameof(Outcomes))]
    public void Compute_OnTheFirstVisit_ShowsEveryCondition(Outcome outcome, string health)
    {
        var cluster = Sample.TalosCluster();

        var (status, shown) = ClusterStatusCalculator.Compute(cluster, new ClusterFacts { Outcome = outcome });

        Assert.Same(outcome, shown);
        Assert.Equal(Enum.Parse<Health>(health), KStatus.Check(cluster, status));
        Assert.Equal("Pending", status.Phase);
        Assert.Equal(
            ["ConfigurationValid", "MachineClassesReady", "Synced", "ControlPlaneReady", "Available", "OmniReachable"],
            status.Conditions!.Where(c => c.Status == "Unknown").Select(c => c.Type));
        Assert.Null(status.CreatedInOmni);
    }

    [Theory, MemberData(nameof(Outcomes))]
    public void Compute_WhenThePassEndsEarly_KeepsWhatWasKnown(Outcome outcome, string health)
    {
        var cluster = Sample.TalosCluster();
        (cluster.Status, _) = ClusterStatusCalculator.Compute(cluster, Facts());
        cluster.Metadata.Generation = 3;

        var (status, _) = ClusterStatusCalculator.Compute(cluster, new ClusterFacts { Outcome = outcome });

        Assert.Equal(Enum.Parse<Health>(health), KStatus.Check(cluster, status));
        Assert.Equivalent(cluster.Status! with { ObservedGeneration = 3, Conditions = null }, status with { Conditions = null }, strict: true);
        Assert.All(status.Conditions!.Where(c => c.Type is not ("Ready" or "Reconciling" or "Stalled")), c => Assert.Equal(("True", 2L), (c.Status, c.ObservedGeneration)));
    }

    [Fact]
    public void Compute_WhenAnObjectIsDeleted_IsTerminating()
    {
        var cluster = Sample.TalosCluster();
        cluster.Metadata.DeletionTimestamp = Created;

        var (status, _) = ClusterStatusCalculator.Compute(cluster, new ClusterFacts { Observation = new(), Outcome = Outcome.Waiting("Deleting", "waiting for Omni") });

        Assert.Equal(Health.Terminating, KStatus.Check(cluster, status));
        Assert.Equal("Deleting", status.Phase);
    }

    public static TheoryData<Func<ClusterObservation, ClusterObservation>, string> Phases => new()
    {
        { o => o, "Running" },
        { o => o with { Status = null }, "Pending" },
        { o => o.WithStatus(s => s.Phase = ClusterPhase.ScalingUp), "ScalingUp" },
        { o => o.WithStatus(s => s.Phase = ClusterPhase.ScalingDown), "ScalingDown" },
        { o => o.WithStatus(s => s.Phase = ClusterPhase.Destroying), "Destroying" },
        { o => o.WithStatus(s => s.Phase = ClusterPhase.Unknown), "Unknown" },
        { o => o.WithStatus(s => s.Phase = (ClusterPhase)42), "Unknown" },
        { o => o.WithTalos(t => t.Phase = TalosUpgradeStatusSpec.Types.Phase.Upgrading), "Upgrading" },
        { o => o.WithKubernetes(k => k.Phase = KubernetesUpgradeStatusSpec.Types.Phase.Reverting), "Upgrading" },
        { o => o.WithTalos(t => t.Phase = TalosUpgradeStatusSpec.Types.Phase.Unknown), "Running" },
        { o => o.WithTalos(t => t.Phase = TalosUpgradeStatusSpec.Types.Phase.Upgrading).WithStatus(s => s.Phase = ClusterPhase.ScalingUp), "ScalingUp" },
    };

    [Theory, MemberData(nameof(Phases))]
    public void Compute_ThePhase(Func<ClusterObservation, ClusterObservation> change, string phase)
    {
        var cluster = Sample.TalosCluster();

        var (status, _) = ClusterStatusCalculator.Compute(cluster, Facts(change));

        Assert.Equal(phase, status.Phase);
        KStatus.Check(cluster, status);
    }

    public static TheoryData<Func<ClusterObservation, ClusterObservation>, string, string> Findings => new()
    {
        { o => o, "True Healthy: etcd and the control-plane machines are healthy", "True Healthy: the Kubernetes API answers" },
        { o => o with { Status = null }, "Unknown Pending: Omni has not reported on the control plane yet", "Unknown Pending: Omni has not reported on the cluster yet" },
        {
            o => o.WithStatus(s => (s.ControlplaneReady, s.KubernetesAPIReady) = (false, false)),
            "False Unhealthy: Omni does not call the control plane ready", "False Unhealthy: the Kubernetes API does not answer"
        },
        {
            o => o.WithStatus(s => s.ControlplaneReady = false).WithControlPlane(ConditionType.Etcd, "no leader"),
            "False Unhealthy: etcd: no leader", "True Healthy: the Kubernetes API answers"
        },
    };

    [Theory, MemberData(nameof(Findings))]
    public void Compute_TheConditionsOfTheControlPlaneAndTheApi(Func<ClusterObservation, ClusterObservation> change, string controlPlane, string available)
    {
        var cluster = Sample.TalosCluster();

        var (status, _) = ClusterStatusCalculator.Compute(cluster, Facts(change));

        Assert.Equal(controlPlane, Show(status, "ControlPlaneReady"));
        Assert.Equal(available, Show(status, "Available"));
        KStatus.Check(cluster, status);
    }

    [Fact]
    public void Compute_CountsWhatTheSpecWantsAndWhatOnlyOmniKnows()
    {
        var cluster = Sample.TalosCluster(s => s with
        {
            Workers =
            [
                Sample.Workers("worker-golf", 5),
                Sample.Workers("metal", "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"),
                new() { Name = "auto", MachineClass = new() { Name = "x" } },
            ],
        });
        var unnamed = Observations.Set(1);
        unnamed.Phase = (MachineSetPhase)42;

        var (status, _) = ClusterStatusCalculator.Compute(cluster, Facts(o => o.WithSet("talos-prod-01-auto", Observations.Set(2)).WithSet("talos-prod-01-old", unnamed)));

        Assert.Equal(
            [
                new() { Name = "control-planes", Phase = "Running", Requested = 3, Total = 3, Healthy = 3, Connected = 3 },
                new() { Name = "worker-golf", Phase = "Running", Requested = 5, Total = 1, Healthy = 1, Connected = 1 },
                new() { Name = "metal", Requested = 2 },
                new() { Name = "auto", Phase = "Running", Requested = 2, Total = 2, Healthy = 2, Connected = 2 },
                new() { Name = "old", Phase = "Unknown", Requested = 1, Total = 1, Healthy = 1, Connected = 1 },
            ],
            status.MachineSets!);
        Assert.Equal(("3/3", "4/10"), (status.ControlPlaneReady, status.WorkersReady));
    }

    [Fact]
    public void Compute_WhileOmniFinishedNoUpgrade_KeepsTheVersionsThatWereKnown()
    {
        var cluster = Sample.TalosCluster(status: new() { KubernetesVersion = "v1.36.1", TalosVersion = "v1.13.5" });

        var (status, _) = ClusterStatusCalculator.Compute(cluster, Facts(o => o.WithTalos(t => t.LastUpgradeVersion = "") with { KubernetesUpgrade = null }));

        Assert.Equal(("v1.36.1", "v1.13.5"), (status.KubernetesVersion, status.TalosVersion));
    }

    private static string Show(CommonStatus status, string type)
    {
        V1Condition condition = status.Conditions!.Single(c => c.Type == type);
        return $"{condition.Status} {condition.Reason}: {condition.Message}";
    }

    /// <summary>Of a pass that did all it should.</summary>
    private static ClusterFacts Facts(Func<ClusterObservation, ClusterObservation>? change = null) => new()
    {
        Binding = new() { Endpoint = "https://omni.example.com", Account = "operator" },
        OmniReachable = Finding.True("Connected", "Omni answers"),
        ConfigurationValid = Finding.True("Valid", "Omni accepts it"),
        MachineClassesReady = Finding.True("ClassesReady", "all there"),
        Synced = Finding.True("Succeeded", "in Omni"),
        CreatedInOmni = Created,
        Observation = change?.Invoke(Observations.Healthy()) ?? Observations.Healthy(),
    };
}
