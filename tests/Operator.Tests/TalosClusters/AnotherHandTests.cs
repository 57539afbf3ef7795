using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests.TalosClusters;

/// <summary>Somebody else works on the cluster in Omni.</summary>
public sealed class AnotherHandTests(Installation installation)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_cluster_that_was_deleted_in_Omni_is_built_anew_only_on_the_exact_word()
    {
        await using var stage = await Stage.StartAsync(installation);
        var running = await stage.RunClusterAsync("first");
        var created = running.Status!.CreatedInOmni!.Value.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);
        stage.Omni.ClearCalls();

        await stage.Omni.State.DeleteAsync(ResourceTypes.Clusters, "first", Limit, TestContext.Current.CancellationToken);

        var stalled = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Stalled, "True", TalosClusterReasons.DeletedInOmni);
        Assert.Contains($"kubectl annotate -n {stage.Namespace} taloscluster first omniscale.dev/recreate={created} --overwrite", Stage.Message(stalled, CommonConditions.Stalled), StringComparison.Ordinal);
        Assert.Equal("Failed", Kstatus.Of(stalled));
        await stage.EventAsync("first", "Warning", TalosClusterReasons.DeletedInOmni);

        foreach (var wrong in new[] { "true", created.Replace('Z', '+'), "2020-01-01T00:00:00Z" })
        {
            await stage.AnnotateAsync<TalosCluster>("first", UserAnnotations.Recreate, wrong);
            await stage.HandledAsync<TalosCluster>("first");
        }

        await stage.StopOperatorAsync();
        await stage.StartOperatorAsync();
        await stage.HandledAsync<TalosCluster>("first");
        Assert.Empty(stage.Writes());

        // The word names the cluster that was lost by the second of its creation.
        await Eventually.TrueAsync(() => TimeProvider.System.GetUtcNow() - running.Status.CreatedInOmni.Value.ToUniversalTime() > TimeSpan.FromSeconds(1), "another second has begun");
        await stage.AnnotateAsync<TalosCluster>("first", UserAnnotations.Recreate, created);
        var again = await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(
            ["Create Clusters/first", "Create ConfigPatches/200-cluster-first-cni", "Create MachineSets/first-control-planes", "Create MachineSets/first-workers"],
            stage.Writes());
        Assert.NotEqual(running.Status.CreatedInOmni, again.Status!.CreatedInOmni);
        stage.Omni.ClearCalls();

        // The word was for the first cluster that was lost: it does not serve for the second.
        await stage.Omni.State.DeleteAsync(ResourceTypes.Clusters, "first", Limit, TestContext.Current.CancellationToken);
        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Stalled, "True", TalosClusterReasons.DeletedInOmni);
        Assert.Empty(stage.Writes());
        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");
        Assert.Empty(stage.Writes());
    }

    [Fact]
    public async Task A_class_that_somebody_makes_in_Omni_is_noticed_by_the_clusters_that_wait_for_it()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.ApplyClusterAsync("first");
        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", TalosClusterReasons.ClassNotFound);

        stage.Omni.State.Put(ResourceTypes.MachineClasses.New("small", new Omni.Api.Specs.MachineClassSpec
        {
            AutoProvision = new() { ProviderId = Stage.ProviderId, ProviderData = "cores: 2\n" },
        }));

        var ready = await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(TalosClusterReasons.External, Stage.Condition(ready, TalosClusterConditions.MachineClassesReady).Reason);
    }

    [Fact]
    public async Task A_cluster_that_somebody_is_tearing_down_is_left_to_them()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.Lifecycle.DisconnectProvider(Stage.ProviderId);
        stage.Omni.ClearCalls();

        stage.Omni.State.TearDown(ResourceTypes.Clusters, "first");

        // Omni's own status of the cluster may be seen first, and says no more than that it goes.
        await stage.ConditionMessageAsync<TalosCluster>("first", CommonConditions.Ready, "somebody else deletes cluster first in Omni");
        var seen = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", TalosClusterReasons.Destroying);
        Assert.Equal("InProgress", Kstatus.Of(seen));
        await stage.EditAsync<TalosCluster>("first", """{"talos": {"version": "v1.13.7"}}""");
        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", TalosClusterReasons.Destroying);
        Assert.Empty(stage.Writes());
    }

    [Fact]
    public async Task A_locked_cluster_stays_ready_and_takes_changes_when_it_is_unlocked()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.ClearCalls();
        stage.Omni.State.Edit(ResourceTypes.Clusters, "first", cluster => cluster.Metadata.Annotations[OmniAnnotations.ClusterLocked] = "");
        await stage.HandledAsync<TalosCluster>("first");
        await stage.ReadyAsync<TalosCluster>("first");

        await stage.ApplyClusterAsync("first", workers: 2);

        var locked = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", TalosClusterReasons.ClusterLocked);
        Assert.Contains("omnictl cluster unlock first", Stage.Message(locked, CommonConditions.Ready), StringComparison.Ordinal);
        Assert.Equal("InProgress", Kstatus.Of(locked));
        Assert.Empty(stage.Writes());

        stage.Omni.State.Edit(ResourceTypes.Clusters, "first", cluster => cluster.Metadata.Annotations.Remove(OmniAnnotations.ClusterLocked));
        Assert.Equal("2/2", (await stage.ReadyAsync<TalosCluster>("first")).Status!.WorkersReady);
        Assert.Equal(["Update MachineSets/first-workers"], stage.Writes());
    }

    [Fact]
    public async Task A_foreign_edit_of_an_owned_resource_is_corrected_at_once()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.ClearCalls();

        stage.Omni.State.Edit(ResourceTypes.ConfigPatches, "200-cluster-first-cni", patch => patch.Spec.Data = "machine: {}");
        await stage.WroteAsync("Update ConfigPatches/200-cluster-first-cni");
        Assert.Equal("cluster:\n  network:\n    cni:\n      name: none\n", stage.Omni.State.Get(ResourceTypes.ConfigPatches, "200-cluster-first-cni")!.Spec.Data);

        stage.Omni.State.Edit(ResourceTypes.MachineSets, "first-workers", set =>
        {
            set.Spec.UpdateStrategy = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.UpdateStrategy.Unset;
            set.Metadata.Annotations.Remove(OmniAnnotations.ManagedByGitOpsTools);
        });
        await stage.WroteAsync("Update ConfigPatches/200-cluster-first-cni", "Update MachineSets/first-workers");

        stage.Omni.State.Remove(ResourceTypes.ConfigPatches, "200-cluster-first-cni");
        await stage.WroteAsync("Update ConfigPatches/200-cluster-first-cni", "Update MachineSets/first-workers", "Create ConfigPatches/200-cluster-first-cni");
        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(3, stage.Writes().Count);
    }

    [Fact]
    public async Task What_others_made_for_the_cluster_is_not_touched()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.ClearCalls();

        var patch = ResourceTypes.ConfigPatches.New("500-by-hand", new ConfigPatchSpec { Data = "machine: {}" });
        patch.Metadata.Labels[OmniLabels.Cluster] = "first";
        stage.Omni.State.Put(patch);
        stage.Omni.State.Edit(ResourceTypes.Clusters, "first", cluster => cluster.Metadata.Labels["omni.sidero.dev/by-omni"] = "yes");
        await stage.HandledAsync<TalosCluster>("first");
        Assert.Empty(stage.Writes());

        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");
        Assert.DoesNotContain("Update ConfigPatches/500-by-hand", stage.Writes());
        Assert.Equal("owner=- orphaned=- managed-by=-", stage.Marks(ResourceTypes.ConfigPatches, "500-by-hand"));
        Assert.Equal("yes", stage.Omni.State.Get(ResourceTypes.Clusters, "first")!.Metadata.Labels["omni.sidero.dev/by-omni"]);
    }
}
