using System.Collections.Concurrent;
using OmniScale.Crds;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Omni.Api;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests.TalosClusters;

/// <summary>An object with deletionPolicy Delete that is deleted.</summary>
public sealed class TeardownTests(Installation installation)
{
    private const string Delete = "deletionPolicy: Delete";

    [Fact]
    public async Task The_cluster_is_marked_once_followed_and_destroyed_when_its_machines_are_gone()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", Delete);
        stage.Omni.ClearCalls();

        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");

        Assert.Equal(["Teardown Clusters/first", "Destroy Clusters/first"], stage.Writes());
        Assert.Equal("absent", stage.Marks(ResourceTypes.Clusters, "first"));
        Assert.Equal("absent", stage.Marks(ResourceTypes.MachineSets, "first-workers"));
        Assert.Empty(stage.Omni.Lifecycle.Machines());
        Assert.Empty(stage.Omni.Lifecycle.Leaked);
    }

    [Fact]
    public async Task Reads_that_lag_behind_do_not_show_in_the_status()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", Delete);
        stage.Omni.ReadLag = TimeSpan.FromMilliseconds(150);
        var said = new ConcurrentQueue<string>();
        stage.Operator!.Store<TalosCluster>().Changed += change =>
        {
            if (change.New is { Metadata.DeletionTimestamp: not null } cluster)
            {
                said.Enqueue(Stage.Message(cluster, CommonConditions.Ready));
            }
        };

        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");

        Assert.Contains("Omni is tearing the cluster down", said);
        Assert.DoesNotContain(said, message => message.Contains("Clusters.omni.sidero.dev", StringComparison.Ordinal));
        await stage.DeleteAsync<MachineClass>("small");
        await stage.GoneAsync<MachineClass>("small");
        Assert.Equal("absent", stage.Marks(ResourceTypes.MachineClasses, "small"));
    }

    [Fact]
    public async Task A_provider_that_is_disconnected_holds_it_up_and_is_named()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", Delete);
        stage.Omni.Lifecycle.DisconnectProvider(Stage.ProviderId);
        stage.Omni.ClearCalls();

        await stage.DeleteAsync<TalosCluster>("first");

        var held = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", TalosClusterReasons.ProviderDisconnected);
        Assert.Contains($"infrastructure provider {Stage.ProviderId} is not connected", Stage.Message(held, CommonConditions.Ready), StringComparison.Ordinal);
        Assert.Equal(CommonReasons.Deleting, Stage.Condition(held, CommonConditions.Synced).Reason);
        Assert.Equal("Terminating", Kstatus.Of(held));
        stage.Omni.Lifecycle.ConnectProvider(Stage.ProviderId);
        await stage.GoneAsync<TalosCluster>("first");
        Assert.Equal(["Teardown Clusters/first", "Destroy Clusters/first"], stage.Writes());
        Assert.Empty(stage.Omni.Lifecycle.Leaked);
    }

    [Fact]
    public async Task While_it_goes_on_the_status_says_how_far_it_is_in_Omnis_words()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", Delete);
        stage.Omni.Lifecycle.Speed = 0.001;

        await stage.DeleteAsync<TalosCluster>("first");

        var going = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", CommonReasons.Deleting);
        Assert.Equal("Destroying: 2 machine sets, 2 machines", (await stage.ConditionMessageAsync<TalosCluster>("first", CommonConditions.Synced, "Destroying: 2")));
        await Eventually.ValueAsync(async () => (await stage.GetAsync<TalosCluster>("first")).Status!.Phase, phase => phase == "Destroying", "the phase says it too");
        Assert.Equal(going.Metadata.Generation, (await stage.GetAsync<TalosCluster>("first")).Status!.ObservedGeneration);

        await stage.StopOperatorAsync();
        stage.Omni.ClearCalls();
        await stage.StartOperatorAsync();
        stage.Omni.Lifecycle.Speed = Stage.Speed;
        await stage.GoneAsync<TalosCluster>("first");
        Assert.Equal(["Destroy Clusters/first"], stage.Writes());
    }

    [Fact]
    public async Task It_can_still_be_changed_to_Orphan_while_it_goes_on()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", Delete);
        stage.Omni.Lifecycle.DisconnectProvider(Stage.ProviderId);
        await stage.DeleteAsync<TalosCluster>("first");
        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Synced, "False", CommonReasons.Deleting);

        await stage.EditAsync<TalosCluster>("first", """{"deletionPolicy": "Orphan"}""");

        await stage.GoneAsync<TalosCluster>("first");
        Assert.Contains("is being torn down", await stage.EventAsync("first", "Warning", "Orphaned"), StringComparison.Ordinal);
        Assert.True(stage.Omni.State.Get(ResourceTypes.Clusters, "first")!.IsTearingDown);
    }

    [Fact]
    public async Task A_cluster_that_was_changed_from_Orphan_to_Delete_is_torn_down()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.EditAsync<TalosCluster>("first", """{"deletionPolicy": "Delete"}""");

        await stage.DeleteAsync<TalosCluster>("first");

        await stage.GoneAsync<TalosCluster>("first");
        Assert.Equal("absent", stage.Marks(ResourceTypes.Clusters, "first"));
    }

    [Fact]
    public async Task It_waits_for_an_Omni_that_is_away_and_goes_on_when_it_is_back()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", Delete);
        await stage.Omni.SuspendAsync();

        await stage.DeleteAsync<TalosCluster>("first");

        var waiting = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.OmniReachable, "False", OmniReasons.Unreachable);
        Assert.Equal("Terminating", Kstatus.Of(waiting));
        Assert.Contains("deletionPolicy: Orphan", await stage.ConditionMessageAsync<TalosCluster>("first", CommonConditions.Ready, "cannot delete cluster first in Omni: "), StringComparison.Ordinal);
        stage.Omni.ClearCalls();
        await stage.Omni.ResumeAsync(TestContext.Current.CancellationToken);
        await stage.GoneAsync<TalosCluster>("first");
        Assert.Equal(["Teardown Clusters/first", "Destroy Clusters/first"], stage.Writes());
    }

    [Fact]
    public async Task Omni_away_for_good_it_is_freed_by_Orphan()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", Delete);
        await stage.Omni.SuspendAsync();
        await stage.DeleteAsync<TalosCluster>("first");
        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.OmniReachable, "False", OmniReasons.Unreachable);

        await stage.EditAsync<TalosCluster>("first", """{"deletionPolicy": "Orphan"}""");

        await stage.GoneAsync<TalosCluster>("first");
        await stage.EventAsync("first", "Warning", "Orphaned");
    }

    [Theory]
    [InlineData("Delete", "absent")]
    [InlineData("Orphan", "orphaned=time")]
    public async Task A_cluster_of_whose_creation_nothing_was_heard_yet_is_not_left_behind(string policy, string marks)
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        stage.Omni.Faults.Add(new() { Kind = OmniFaultKind.Stall, Method = "Watch", Type = "Clusters", Times = null });
        stage.Omni.Faults.FailWatches("Clusters");
        stage.Omni.Faults.Add(new() { Kind = OmniFaultKind.Reset, Method = "Create", Type = "Clusters", AfterStoring = true });
        await stage.ApplyClusterAsync("first", more: $"deletionPolicy: {policy}");
        await Eventually.TrueAsync(() => stage.Omni.State.Get(ResourceTypes.Clusters, "first") is not null, "the cluster is made");

        await stage.DeleteAsync<TalosCluster>("first");
        var waiting = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", CommonReasons.Deleting);
        Assert.EndsWith("first was made in Omni, whose news of it is waited for", Stage.Message(waiting, CommonConditions.Ready));
        stage.Omni.Faults.Clear();

        await stage.GoneAsync<TalosCluster>("first");
        Assert.Contains(marks, stage.Marks(ResourceTypes.Clusters, "first"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_suspended_object_waits_and_says_so()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", Delete);
        await stage.EditAsync<TalosCluster>("first", """{"suspend": true}""");
        stage.Omni.ClearCalls();

        await stage.DeleteAsync<TalosCluster>("first");

        var waiting = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Synced, "False", CommonReasons.DeletionSuspended);
        Assert.Equal(CommonReasons.Suspended, Stage.Condition(waiting, CommonConditions.Ready).Reason);
        Assert.Empty(stage.Writes());
        await stage.EditAsync<TalosCluster>("first", """{"suspend": false}""");
        await stage.GoneAsync<TalosCluster>("first");
        Assert.Equal(["Teardown Clusters/first", "Destroy Clusters/first"], stage.Writes());
    }

    [Fact]
    public async Task A_cluster_that_is_locked_in_Omni_waits_until_it_is_unlocked()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", Delete);
        stage.Omni.State.Edit(ResourceTypes.Clusters, "first", cluster => cluster.Metadata.Annotations[OmniAnnotations.ClusterLocked] = "");
        stage.Omni.ClearCalls();

        await stage.DeleteAsync<TalosCluster>("first");

        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", TalosClusterReasons.ClusterLocked);
        Assert.Empty(stage.Writes());
        stage.Omni.State.Edit(ResourceTypes.Clusters, "first", cluster => cluster.Metadata.Annotations.Remove(OmniAnnotations.ClusterLocked));
        await stage.GoneAsync<TalosCluster>("first");
        Assert.Equal(["Teardown Clusters/first", "Destroy Clusters/first"], stage.Writes());
    }

    [Fact]
    public async Task What_is_left_of_a_cluster_that_is_gone_already_is_removed_piece_by_piece()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", Delete);
        await stage.StopOperatorAsync();
        stage.Omni.Lifecycle.Paused = true;
        stage.Omni.State.Remove(ResourceTypes.Clusters, "first");
        stage.Omni.ClearCalls();
        await stage.DeleteAsync<TalosCluster>("first");

        await stage.StartOperatorAsync();
        stage.Omni.Lifecycle.Paused = false;

        await stage.GoneAsync<TalosCluster>("first");
        Assert.Equal("absent", stage.Marks(ResourceTypes.MachineSets, "first-workers"));
        Assert.Equal("absent", stage.Marks(ResourceTypes.ConfigPatches, "200-cluster-first-cni"));
    }
}
