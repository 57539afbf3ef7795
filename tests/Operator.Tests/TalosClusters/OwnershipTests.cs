using OmniScale.Crds;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests.TalosClusters;

/// <summary>A cluster of that name is in Omni already.</summary>
public sealed class OwnershipTests(Installation installation)
{
    private const string AnotherOwner = "another/place/first";

    [Theory]
    [InlineData("", false, "Never", "was not made by OmniScale; set spec.adoptionPolicy: Adopt")]
    [InlineData(AnotherOwner, true, "Never", "was let go of by another/place/first; set spec.adoptionPolicy: Adopt")]
    [InlineData(AnotherOwner, false, "Never", "belongs to another/place/first")]
    [InlineData(AnotherOwner, false, "Adopt", "belongs to another/place/first")]
    public async Task One_that_may_not_be_taken_is_a_conflict_and_stays_untouched_to_the_end(string owner, bool orphaned, string policy, string words)
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        Put(stage, owner, orphaned);
        stage.Omni.ClearCalls();

        await stage.ApplyClusterAsync("first", more: $"adoptionPolicy: {policy}\n  deletionPolicy: Delete");

        var stalled = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Stalled, "True", CommonReasons.NameConflict);
        Assert.Contains(words, Stage.Message(stalled, CommonConditions.Stalled), StringComparison.Ordinal);
        Assert.Equal(CommonReasons.NameConflict, Stage.Condition(stalled, CommonConditions.Synced).Reason);
        Assert.Equal("Failed", Kstatus.Of(stalled));
        await stage.EventAsync("first", "Warning", CommonReasons.NameConflict);
        var before = stage.Omni.State.Get(ResourceTypes.Clusters, "first")!;
        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");
        Assert.Empty(stage.Writes());
        Assert.Equal(before.Metadata, stage.Omni.State.Get(ResourceTypes.Clusters, "first")!.Metadata);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData(AnotherOwner, true)]
    public async Task Adopt_takes_what_nobody_owns(string owner, bool orphaned)
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        Put(stage, owner, orphaned);
        stage.Omni.ClearCalls();

        await stage.ApplyClusterAsync("first", more: "adoptionPolicy: Adopt");

        var ready = await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal("Current", Kstatus.Of(ready));
        Assert.Equal(
            ["Update Clusters/first", "Create ConfigPatches/200-cluster-first-cni", "Create MachineSets/first-control-planes", "Create MachineSets/first-workers"],
            stage.Writes());
        Assert.Equal(stage.Owned("first"), stage.Marks(ResourceTypes.Clusters, "first"));
        Assert.Equal("kept", stage.Omni.State.Get(ResourceTypes.Clusters, "first")!.Metadata.Labels["omni.sidero.dev/something"]);
    }

    [Fact]
    public async Task One_that_goes_in_the_midst_of_taking_a_cluster_over_leaves_nothing_behind()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        Put(stage, owner: "", orphaned: false);
        stage.Omni.Faults.Add(new() { Kind = OmniFaultKind.Fail, Code = Grpc.Core.StatusCode.Internal, Id = "first-workers", Times = null });
        await stage.ApplyClusterAsync("first", more: "adoptionPolicy: Adopt\n  deletionPolicy: Delete");
        await Eventually.TrueAsync(() => stage.Omni.State.Get(ResourceTypes.MachineSets, "first-control-planes") is not null, "a part is there");

        await stage.EditAsync<TalosCluster>("first", """{"adoptionPolicy": "Never"}""");
        await stage.DeleteAsync<TalosCluster>("first");
        stage.Omni.Faults.Clear();

        await stage.GoneAsync<TalosCluster>("first");
        Assert.Null(stage.Omni.State.Get(ResourceTypes.Clusters, "first"));
        Assert.Empty(stage.Omni.State.List(ResourceTypes.MachineSets));
        Assert.Empty(stage.Omni.State.List(ResourceTypes.ConfigPatches));
    }

    [Fact]
    public async Task Of_two_objects_for_one_cluster_the_first_has_it_and_the_second_gets_it_when_it_is_let_go_of_and_adopted()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.ApplyClusterAsync("second", more: "clusterName: first\n  adoptionPolicy: Adopt");
        await stage.ConditionAsync<TalosCluster>("second", CommonConditions.Stalled, "True", CommonReasons.NameConflict);
        stage.Omni.ClearCalls();

        await stage.DeleteAsync<TalosCluster>("first");

        await stage.GoneAsync<TalosCluster>("first");
        await stage.ReadyAsync<TalosCluster>("second");
        Assert.Equal(stage.Owned("second"), stage.Marks(ResourceTypes.Clusters, "first"));
        Assert.Equal(stage.Owned("second"), stage.Marks(ResourceTypes.MachineSets, "first-workers"));
        Assert.All(stage.Writes(), write => Assert.StartsWith("Update ", write));
    }

    [Fact]
    public async Task A_part_that_belongs_to_another_cluster_is_a_conflict()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        var patch = ResourceTypes.ConfigPatches.New("mine", new ConfigPatchSpec { Data = "machine: {}" });
        patch.Metadata.Labels[OmniLabels.Cluster] = "other";
        stage.Omni.State.Put(patch);
        stage.Omni.ClearCalls();

        await stage.ApplyClusterAsync("first", more: "systemExtensions: []\n  deletionPolicy: Delete");
        await stage.EditAsync<TalosCluster>("first", """{"patches": [{"idOverride": "mine", "inline": {"machine": {}}}]}""");

        var stalled = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Stalled, "True", CommonReasons.NameConflict);
        Assert.Equal("config patch mine already belongs to cluster other in Omni; choose another name", Stage.Message(stalled, CommonConditions.Stalled));
        Assert.Equal("other", stage.Omni.State.Get(ResourceTypes.ConfigPatches, "mine")!.Metadata.Labels[OmniLabels.Cluster]);
    }

    private static void Put(Stage stage, string owner, bool orphaned)
    {
        var cluster = ResourceTypes.Clusters.New("first", new ClusterSpec { KubernetesVersion = "1.36.2", TalosVersion = "1.13.6", Features = new() });
        cluster.Metadata.Labels["omni.sidero.dev/something"] = "kept";
        if (owner.Length > 0)
        {
            cluster.Metadata.Annotations[OwnershipAnnotations.Owner] = owner;
        }

        if (orphaned)
        {
            cluster.Metadata.Annotations[OwnershipAnnotations.Orphaned] = "2026-01-01T00:00:00Z";
        }

        stage.Omni.State.Put(cluster);
    }
}
