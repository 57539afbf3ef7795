using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Core.Tests.Clusters;

public class ClusterPlannerTests
{
    private const string Machine = "11111111-1111-4111-8111-111111111111";
    private const string Other = "22222222-2222-4222-8222-222222222222";

    private static readonly ConfigPatch[] Patches =
        [new() { Name = "cni", Inline = System.Text.Json.JsonDocument.Parse("""{"cluster": {}}""").RootElement }];

    [Fact]
    public void Plan_WhenOmniHoldsNothing_CreatesAllInTheOrderInWhichOmniTakesIt()
    {
        var plan = Plan(Full(), new([]));

        Assert.Equal(
            [
                "Clusters/talos-prod-01",
                "ExtensionsConfigurations/schematic-talos-prod-01-worker-golf",
                "ConfigPatches/200-cluster-talos-prod-01-cni",
                "ConfigPatches/400-talos-prod-01-worker-golf-cni",
                "MachineSets/talos-prod-01-control-planes",
                "MachineSets/talos-prod-01-worker-golf",
                $"MachineSetNodes/{Machine}",
            ],
            Sample.Names(plan.Creates));
        AssertNothing(plan with { Creates = [] });
    }

    [Fact]
    public void Plan_WhenOmniHoldsAll_ChangesNothing()
    {
        AssertNothing(Plan(Full(), Holding(Full())));
    }

    [Fact]
    public void Plan_WhenASpecChanged_UpdatesThatResourceOnly()
    {
        var plan = Plan(Full(s => s with { Talos = new() { Version = "v1.13.7" } }), Holding(Full()));

        var update = Assert.Single(plan.Updates);
        Assert.Equal("1.13.7", ((ClusterSpec)update.RawSpec).TalosVersion);
        AssertNothing(plan with { Updates = [] });
    }

    [Fact]
    public void Plan_KeepsTheLockOfAMachineAndWhatAMachineSetWasBootstrappedFrom()
    {
        var omni = Holding(Full());
        omni[ResourceTypes.MachineSetNodes, Machine].Metadata.Annotations[OmniAnnotations.Locked] = "";
        ((MachineSetSpec)omni[ResourceTypes.MachineSets, Sample.ControlPlaneSet].RawSpec).BootstrapSpec = new() { Snapshot = "s" };

        AssertNothing(Plan(Full(), omni));
    }

    [Fact]
    public void Plan_WhenAPatchIsInserted_RenamesThoseBehindIt()
    {
        var omni = Holding(Full());
        var plan = Plan(Full(s => s with { Patches = [new() { Name = "first", Inline = Patches[0].Inline }, .. Patches] }), omni);

        Assert.Equal(["ConfigPatches/200-cluster-talos-prod-01-first", "ConfigPatches/201-cluster-talos-prod-01-cni"], Sample.Names(plan.Creates));
        Assert.Equal(["ConfigPatches/200-cluster-talos-prod-01-cni"], Sample.Names(plan.Deletes));
    }

    [Fact]
    public void Plan_WhenASetIsGone_WaitsForConfirmationWithAllThatBelongsToIt()
    {
        var plan = Plan(Full(s => s with { Workers = [] }), Holding(Full()));

        Assert.Equal(["worker-golf"], plan.UnconfirmedRemovals);
        AssertNothing(plan with { UnconfirmedRemovals = [] });
    }

    [Fact]
    public void Plan_WhenTheRemovalIsConfirmed_DeletesTheSetAndThenWhatConfiguresIt()
    {
        var plan = Plan(Full(s => s with { Workers = [] }), Holding(Full()), confirmed: "worker-golf");

        Assert.Equal(
            ["MachineSets/talos-prod-01-worker-golf", "ExtensionsConfigurations/schematic-talos-prod-01-worker-golf", "ConfigPatches/400-talos-prod-01-worker-golf-cni"],
            Sample.Names(plan.Deletes));
        AssertNothing(plan with { Deletes = [] });
    }

    [Fact]
    public void Plan_WhenOneOfTwoRemovalsIsConfirmed_HoldsTheOtherBack()
    {
        var two = Full(s => s with { Workers = [.. s.Workers!, Sample.Workers("a", 1)] });

        var plan = Plan(Full(s => s with { Workers = [] }), Holding(two), confirmed: "a");

        Assert.Equal(["worker-golf"], plan.UnconfirmedRemovals);
        Assert.Equal(["MachineSets/talos-prod-01-a"], Sample.Names(plan.Deletes));
    }

    [Fact]
    public void Plan_WhenASetIsRenamed_DoesNotWipeItsMachinesUnconfirmed()
    {
        var renamed = Full(s => s with { Workers = [s.Workers![0] with { Name = "golf" }] });

        var plan = Plan(renamed, Holding(Full()));
        var confirmed = Plan(renamed, Holding(Full()), confirmed: "worker-golf");

        Assert.Equal(["worker-golf"], plan.UnconfirmedRemovals);
        Assert.Empty(plan.Deletes);
        Assert.Equal([$"MachineSetNodes/{Machine}"], Sample.Names(confirmed.Awaited));
        Assert.Equal([$"MachineSetNodes/{Machine}", "MachineSets/talos-prod-01-worker-golf"], Sample.Names(confirmed.Deletes).Take(2));
    }

    [Fact]
    public void Plan_WhenAMachineIsTakenOutOfASet_DeletesItsNode()
    {
        var plan = Plan(Full(s => s with { Workers = [s.Workers![0] with { Machines = [Other] }] }), Holding(Full()));

        Assert.Equal([$"MachineSetNodes/{Other}"], Sample.Names(plan.Creates));
        Assert.Equal([$"MachineSetNodes/{Machine}"], Sample.Names(plan.Deletes));
        Assert.Empty(plan.UnconfirmedRemovals);
    }

    [Fact]
    public void Plan_WhenAMachineMoves_DeletesItFirstAndMakesItAnewLater()
    {
        var before = Full(s => s with { Workers = [.. s.Workers!, Sample.Workers("b", Other)] });
        var moved = Full(s => s with { Workers = [s.Workers![0] with { Machines = [] }, Sample.Workers("b", Other, Machine)] });
        var omni = Holding(before);

        var first = Plan(moved, omni);
        Assert.Equal([$"MachineSetNodes/{Machine}"], Sample.Names(first.Deletes));
        Assert.Equal([$"MachineSetNodes/{Machine}"], Sample.Names(first.Awaited));
        AssertNothing(first with { Deletes = [], Awaited = [] });

        omni[ResourceTypes.MachineSetNodes, Machine].Metadata.Phase = OmniResource.TearingDown;
        omni[ResourceTypes.MachineSetNodes, Machine].Metadata.Finalizers.Add("controller");
        var waiting = Plan(moved, omni);
        Assert.Equal([$"MachineSetNodes/{Machine}"], Sample.Names(waiting.Awaited));
        AssertNothing(waiting with { Awaited = [] });

        omni.Remove(ResourceTypes.MachineSetNodes, Machine);
        var created = Assert.Single(Plan(moved, omni).Creates);
        Assert.Equal("talos-prod-01-b", created.Metadata.Labels[OmniLabels.MachineSet]);
    }

    [Fact]
    public void Plan_WhenAPatchWithAnIdOfItsOwnMovesToTheCluster_MakesItAnew()
    {
        var patch = Patches[0] with { IdOverride = "900-own" };
        var omni = Holding(Full(s => s with { ControlPlane = s.ControlPlane with { Patches = [patch] } }));

        var plan = Plan(Full(s => s with { Patches = [.. s.Patches!, patch] }), omni);

        Assert.Equal(["ConfigPatches/900-own"], Sample.Names(plan.Deletes));
        Assert.Equal(["ConfigPatches/900-own"], Sample.Names(plan.Awaited));
        AssertNothing(plan with { Deletes = [], Awaited = [] });
    }

    [Fact]
    public void Plan_WhenAWantedResourceIsTornDownAndNothingHoldsIt_RemovesItAtOnce()
    {
        var omni = Holding(Full());
        omni[ResourceTypes.ConfigPatches, "200-cluster-talos-prod-01-cni"].Metadata.Phase = OmniResource.TearingDown;

        var plan = Plan(Full(), omni);

        Assert.Equal(["ConfigPatches/200-cluster-talos-prod-01-cni"], Sample.Names(plan.Deletes));
        Assert.Equal(["ConfigPatches/200-cluster-talos-prod-01-cni"], Sample.Names(plan.Awaited));
    }

    [Fact]
    public void Plan_WhenAWantedSetIsTornDown_WritesNothingIntoIt()
    {
        var omni = Holding(Full());
        var set = omni[ResourceTypes.MachineSets, Sample.WorkerSet].Metadata;
        set.Phase = OmniResource.TearingDown;
        set.Finalizers.Add("controller");
        omni.Remove(ResourceTypes.MachineSetNodes, Machine);
        ((ConfigPatchSpec)omni[ResourceTypes.ConfigPatches, "400-talos-prod-01-worker-golf-cni"].RawSpec).Data = "old";

        var plan = Plan(Full(), omni);

        Assert.Equal(["MachineSets/talos-prod-01-worker-golf"], Sample.Names(plan.Awaited));
        AssertNothing(plan with { Awaited = [] });
    }

    [Fact]
    public void Plan_WhenARemovedSetIsAlreadyTornDown_WaitsForItWithoutAConfirmation()
    {
        var omni = Holding(Full());
        var set = omni[ResourceTypes.MachineSets, Sample.WorkerSet].Metadata;
        set.Phase = OmniResource.TearingDown;
        set.Finalizers.Add("controller");

        var plan = Plan(Full(s => s with { Workers = [] }), omni);

        Assert.Empty(plan.UnconfirmedRemovals);
        Assert.Equal(["MachineSets/talos-prod-01-worker-golf"], Sample.Names(plan.Awaited));
        Assert.Equal(["ExtensionsConfigurations/schematic-talos-prod-01-worker-golf", "ConfigPatches/400-talos-prod-01-worker-golf-cni"], Sample.Names(plan.Deletes));
    }

    public static TheoryData<string, TalosCluster, TalosCluster> Changes => new()
    {
        { "from nothing much", Sample.TalosCluster(s => s with { Workers = null }), Full() },
        { "to nothing much", Full(), Sample.TalosCluster(s => s with { Workers = null }) },
        { "versions, labels and sizes", Full(), Full(s => s with { Labels = new Dictionary<string, string> { ["a"] = "b" }, ControlPlane = new() { MachineClass = new() { Name = "x", Size = new(5) } } }) },
        { "a renamed set", Full(), Full(s => s with { Workers = [s.Workers![0] with { Name = "golf" }] }) },
        { "a moved machine", Full(s => s with { Workers = [.. s.Workers!, Sample.Workers("b", Other)] }), Full(s => s with { Workers = [s.Workers![0] with { Machines = [Other] }, Sample.Workers("b", Machine)] }) },
    };

    [Theory, MemberData(nameof(Changes))]
    public void Plan_CarriedOut_LeavesNothingToDo(string change, TalosCluster from, TalosCluster to)
    {
        Assert.NotEmpty(change);
        var omni = Holding(from);

        for (var pass = 0; pass < 2; pass++)
        {
            omni.Apply(Plan(to, omni, confirmed: "worker-golf"));
        }

        AssertNothing(Plan(to, omni));
        Assert.Equal(Sample.Names(Sample.Render(to)).Order(), Sample.Names(omni.All).Order());
    }

    [Theory]
    [InlineData(2, "create Clusters/talos-prod-01, MachineSets/talos-prod-01-control-planes")]
    [InlineData(3, "create Clusters/talos-prod-01, MachineSets/talos-prod-01-control-planes, MachineSets/talos-prod-01-worker-golf")]
    [InlineData(4, "create Clusters/talos-prod-01, MachineSets/talos-prod-01-control-planes, MachineSets/talos-prod-01-worker-golf and 1 more")]
    public void Describe_NamesTheFirstThreeOfEachKind(int count, string expected)
    {
        var resources = Sample.Render(Sample.TalosCluster(s => s with { Workers = [.. s.Workers!, Sample.Workers("b", 1)] }));

        var plan = new ClusterPlan { Creates = [.. resources.Take(count)], Deletes = [resources[0]] };

        Assert.Equal(expected + "; delete Clusters/talos-prod-01", plan.Describe());
        Assert.Equal(count + 1, plan.ChangeCount);
    }

    /// <summary>A cluster with a resource of every type.</summary>
    private static TalosCluster Full(Func<TalosClusterSpec, TalosClusterSpec>? change = null) => Sample.TalosCluster(s =>
    {
        var full = s with
        {
            Patches = Patches,
            Workers = [Sample.Workers("worker-golf", Machine) with { Patches = Patches, SystemExtensions = ["siderolabs/iscsi-tools"] }],
        };
        return change?.Invoke(full) ?? full;
    });

    private static OmniContents Holding(TalosCluster cluster) => new(Sample.Render(cluster));

    private static ClusterPlan Plan(TalosCluster cluster, OmniContents omni, params string[] confirmed) =>
        ClusterPlanner.Plan(Sample.Name, Sample.Render(cluster), omni.Cluster(Sample.Name), Sample.Owner, cluster.Spec.AdoptionPolicy, confirmed.ToHashSet());

    private static void AssertNothing(ClusterPlan plan)
    {
        Assert.Null(plan.Conflict);
        Assert.Empty(Sample.Names([.. plan.Creates, .. plan.Updates, .. plan.Deletes, .. plan.Awaited]));
        Assert.Empty(plan.UnconfirmedRemovals);
    }
}
