using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Core.Tests.Clusters;

/// <summary>What the planner leaves alone, what it takes over, and what it refuses.</summary>
public class ClusterOwnershipTests
{
    private const string Machine = "11111111-1111-4111-8111-111111111111";
    private const string Extra = "900-extra";

    public static TheoryData<string?, bool, bool> Marks => new()
    {
        // owner, orphaned, deleted when the spec does not have it
        { null, false, false },
        { Sample.Stranger.Mark, false, false },
        { Sample.Stranger.Mark, true, false },
        { Sample.Owner.Mark, false, true },
        { Sample.Owner.Mark, true, true },
    };

    [Theory, MemberData(nameof(Marks))]
    public void Plan_DeletesWhatTheSpecDoesNotHaveOnlyIfItIsItsOwn(string? mark, bool orphaned, bool deleted)
    {
        foreach (var adoption in Enum.GetValues<AdoptionPolicy>())
        {
            var omni = new OmniContents(Sample.Render(Sample.TalosCluster()));
            omni.Add(Mark(Patch(Extra, Sample.Name), mark, orphaned));

            var plan = Plan(Sample.TalosCluster(), omni, adoption);

            Assert.Equal(deleted ? ["ConfigPatches/" + Extra] : [], Sample.Names(plan.Deletes));
            Assert.Equal(deleted ? 1 : 0, plan.ChangeCount);
        }
    }

    [Fact]
    public void Plan_LeavesMachinesAloneThatOmniChose()
    {
        var omni = new OmniContents(Sample.Render(Sample.TalosCluster()));
        var node = Node(Sample.WorkerSet);
        node.Metadata.Labels[OmniLabels.ManagedByMachineSetNodeController] = "";
        node.Metadata.Owner = "MachineSetNodeController";
        // An owner's mark that Omni copied from elsewhere does not make it ours.
        Sample.Owner.Claim(node.Metadata);
        omni.Add(node);

        Assert.Equal(0, Plan(Sample.TalosCluster(), omni, AdoptionPolicy.Adopt).ChangeCount);
        Assert.Equal(["MachineSets/talos-prod-01-worker-golf"], Sample.Names(Plan(Sample.TalosCluster(s => s with { Workers = [] }), omni, AdoptionPolicy.Adopt).Deletes));
        node.Metadata.Labels[OmniLabels.MachineSet] = "talos-prod-01-of-nobody";
        Assert.Equal(0, Plan(Sample.TalosCluster(), omni, AdoptionPolicy.Adopt).ChangeCount);
    }

    [Theory]
    [InlineData(AdoptionPolicy.Never)]
    [InlineData(AdoptionPolicy.Adopt)]
    public void Plan_WhenTheSpecNamesAMachineThatOmniChose_IsAConflict(AdoptionPolicy adoption)
    {
        var omni = new OmniContents(Sample.Render(Sample.TalosCluster()));
        var node = Node(Sample.WorkerSet);
        node.Metadata.Labels[OmniLabels.ManagedByMachineSetNodeController] = "";
        omni.Add(node);

        var plan = Plan(Sample.TalosCluster(s => s with { Workers = [.. s.Workers!, Sample.Workers("metal", Machine)] }), omni, adoption);

        AssertConflict(plan, $"machine {Machine} is already in machine set talos-prod-01-worker-golf, for which Omni chose it by a machine class; name another machine");
    }

    [Fact]
    public void Plan_WhenAnIdIsThatOfAResourceOfOmnisOwn_IsAConflict()
    {
        var omni = new OmniContents(Sample.Render(Sample.TalosCluster()));
        var patch = Patch(Extra, Sample.Name);
        patch.Metadata.Owner = "KubernetesUpgradeStatusController";
        omni.Add(patch);

        AssertConflict(Plan(WithPatch(), omni, AdoptionPolicy.Adopt), $"config patch {Extra} was made by Omni itself; choose another name");
    }

    [Theory]
    [InlineData(AdoptionPolicy.Never)]
    [InlineData(AdoptionPolicy.Adopt)]
    public void Plan_WhenAnIdBelongsToAnotherCluster_IsAConflictEvenIfItIsOurs(AdoptionPolicy adoption)
    {
        var omni = new OmniContents(Sample.Render(Sample.TalosCluster()));
        var patch = Patch(Extra, "other-cluster");
        Sample.Owner.Claim(patch.Metadata);
        omni.Add(patch);

        AssertConflict(Plan(WithPatch(), omni, adoption), $"config patch {Extra} already belongs to cluster other-cluster in Omni; choose another name");
    }

    [Fact]
    public void Plan_WhenAMachineBelongsToAnotherCluster_IsAConflict()
    {
        var omni = new OmniContents(Sample.Render(Sample.TalosCluster()));
        var node = Node("other-cluster-workers");
        node.Metadata.Labels[OmniLabels.Cluster] = "other-cluster";
        omni.Add(node);

        AssertConflict(Plan(Sample.TalosCluster(s => s with { Workers = [Sample.Workers("metal", Machine)] }), omni, AdoptionPolicy.Adopt),
            $"machine {Machine} belongs to cluster other-cluster in Omni; remove it there first, or name another machine");
    }

    [Theory]
    [InlineData(AdoptionPolicy.Never, "machine set talos-prod-01-worker-golf exists in Omni and was not made by OmniScale; set spec.adoptionPolicy: Adopt to take it over, or choose another name")]
    [InlineData(AdoptionPolicy.Adopt, null)]
    public void Plan_WhenAPartOfTheClusterHasNoOwner_TakesItOnlyByAdoption(AdoptionPolicy adoption, string? conflict)
    {
        var omni = new OmniContents(Sample.Render(Sample.TalosCluster()));
        omni[ResourceTypes.MachineSets, Sample.WorkerSet].Metadata.Annotations.Clear();

        var plan = Plan(Sample.TalosCluster(), omni, adoption);

        Assert.Equal(conflict, plan.Conflict);
        Assert.Equal(conflict is null ? ["MachineSets/talos-prod-01-worker-golf"] : [], Sample.Names(plan.Updates));
    }

    [Fact]
    public void Plan_WhenTheNodeOfAMachineHasNoOwner_SaysSo()
    {
        var omni = new OmniContents(Sample.Render(Sample.TalosCluster()));
        omni.Add(Node(Sample.WorkerSet));

        AssertConflict(Plan(Sample.TalosCluster(s => s with { Workers = [.. s.Workers!, Sample.Workers("metal", Machine)] }), omni, AdoptionPolicy.Never),
            $"machine set node {Machine} exists in Omni and was not made by OmniScale; set spec.adoptionPolicy: Adopt to take it over, or choose another name");
    }

    [Fact]
    public void Plan_WhenAClusterIsAdopted_ClaimsAllItsPartsWhoeverMarkedThem()
    {
        var omni = new OmniContents(Sample.Render(WithPatch()));
        foreach (var resource in omni.All)
        {
            resource.Metadata.Annotations.Clear();
        }

        Mark(omni[ResourceTypes.Clusters, Sample.Name], Sample.Stranger.Mark, orphaned: true);
        // Letting go is one bounded attempt: a part may have kept the mark of a living owner.
        Mark(omni[ResourceTypes.MachineSets, Sample.WorkerSet], Sample.Stranger.Mark, orphaned: false);
        omni[ResourceTypes.MachineSets, Sample.ControlPlaneSet].Metadata.Annotations["omni.sidero.dev/managed-by-cluster-templates"] = "";

        var plan = Plan(WithPatch(), omni, AdoptionPolicy.Adopt);

        Assert.Null(plan.Conflict);
        Assert.Equal(Sample.Names(omni.All), Sample.Names(plan.Updates));
        Assert.Equal(ResourceTypes.Clusters, plan.Takeover!.Type);
        Assert.Contains(plan.Takeover, plan.Updates);
        Assert.All(plan.Updates, update => Assert.Equal(Ownership.Ours, Sample.Owner.Judge(update.Metadata)));
        Assert.All(plan.Updates, update => Assert.Equal(OwnershipAnnotations.Tool, update.Metadata.Annotations[OmniAnnotations.ManagedByGitOpsTools]));
        omni.Apply(plan);
        Assert.Equal(0, Plan(WithPatch(), omni, AdoptionPolicy.Never).ChangeCount);
    }

    [Fact]
    public void Plan_WhenAResourceOfNoClusterHasALivingOwner_IsAConflictEvenIfItMayAdopt()
    {
        var omni = new OmniContents(Sample.Render(Sample.TalosCluster()));
        var patch = Patch(Extra, Sample.Name);
        patch.Metadata.Labels.Clear();
        omni.Add(Mark(patch, Sample.Stranger.Mark, orphaned: false));

        AssertConflict(Plan(WithPatch(), omni, AdoptionPolicy.Adopt),
            $"config patch {Extra} in Omni belongs to c2/elsewhere/other (cluster id/namespace/name); choose another name, or delete that object with deletionPolicy: Orphan first");
    }

    [Fact]
    public void Plan_WhenTheClusterWasLetGoOfByThisObject_ComesBackWithoutAdoption()
    {
        var omni = new OmniContents(Sample.Render(Sample.TalosCluster()).Select(r => ResourceDiff.Release(r, DateTimeOffset.UnixEpoch)));

        var plan = Plan(Sample.TalosCluster(), omni, AdoptionPolicy.Never);

        Assert.Equal(Sample.Names(omni.All), Sample.Names(plan.Updates));
        Assert.All(plan.Updates, update => Assert.DoesNotContain(OwnershipAnnotations.Orphaned, update.Metadata.Annotations.Keys));
    }

    [Fact]
    public void Plan_WhenThereIsAConflict_ChangesNothingElse()
    {
        var omni = new OmniContents([]);
        omni.Add(Mark(Patch(Extra, Sample.Name), Sample.Stranger.Mark, orphaned: false));

        var plan = Plan(WithPatch(), omni, AdoptionPolicy.Never);

        Assert.NotNull(plan.Conflict);
        Assert.Equal(0, plan.ChangeCount);
    }

    private static TalosCluster WithPatch() => Sample.TalosCluster(s => s with { Patches = [new() { IdOverride = Extra, Inline = System.Text.Json.JsonDocument.Parse("{}").RootElement }] });

    private static OmniResource<ConfigPatchSpec> Patch(string id, string cluster)
    {
        var patch = ResourceTypes.ConfigPatches.New(id, new ConfigPatchSpec { Data = "by hand" });
        patch.Metadata.Labels[OmniLabels.Cluster] = cluster;
        return patch;
    }

    private static OmniResource<MachineSetNodeSpec> Node(string set)
    {
        var node = ResourceTypes.MachineSetNodes.New(Machine, new MachineSetNodeSpec());
        node.Metadata.Labels[OmniLabels.Cluster] = Sample.Name;
        node.Metadata.Labels[OmniLabels.MachineSet] = set;
        return node;
    }

    private static OmniResource Mark(OmniResource resource, string? mark, bool orphaned)
    {
        if (mark is not null)
        {
            resource.Metadata.Annotations[OwnershipAnnotations.Owner] = mark;
        }

        if (orphaned)
        {
            resource.Metadata.Annotations[OwnershipAnnotations.Orphaned] = "2026-01-02T03:04:05Z";
        }

        return resource;
    }

    private static ClusterPlan Plan(TalosCluster cluster, OmniContents omni, AdoptionPolicy adoption) =>
        ClusterPlanner.Plan(Sample.Name, Sample.Render(cluster), omni.Cluster(Sample.Name), Sample.Owner, adoption, new HashSet<string> { "worker-golf" });

    private static void AssertConflict(ClusterPlan plan, string message)
    {
        Assert.Equal(message, plan.Conflict);
        Assert.Equal(0, plan.ChangeCount);
        Assert.Empty(plan.Awaited);
        Assert.Empty(plan.UnconfirmedRemovals);
    }
}
