using k8s.Models;
using OmniScale.Crds;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Omni.Api;

namespace OmniScale.Operator.Tests.TalosClusters;

/// <summary>An object with deletionPolicy Orphan, the default, that is deleted.</summary>
public sealed class OrphaningTests(Installation installation)
{
    private static readonly string[] AllUpdated =
        ["Update Clusters/first", "Update ConfigPatches/200-cluster-first-cni", "Update MachineSets/first-control-planes", "Update MachineSets/first-workers"];

    [Fact]
    public async Task The_cluster_is_let_go_of_with_marks_and_taken_back_when_it_is_applied_again()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        var machines = stage.Omni.Lifecycle.Machines().Select(m => m.Uuid).ToList();
        stage.Omni.ClearCalls();

        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");

        Assert.Equal(AllUpdated, stage.Writes());
        Assert.Equal(stage.Orphaned("first"), stage.Marks(ResourceTypes.Clusters, "first"));
        Assert.Equal(stage.Orphaned("first"), stage.Marks(ResourceTypes.ConfigPatches, "200-cluster-first-cni"));
        Assert.Equal(stage.Orphaned("first"), stage.Marks(ResourceTypes.MachineSets, "first-control-planes"));
        Assert.Equal(stage.Orphaned("first"), stage.Marks(ResourceTypes.MachineSets, "first-workers"));
        Assert.Equal("let go of cluster first: it stays in Omni as it is", await stage.EventAsync("first", "Normal", "Orphaned"));

        stage.Omni.ClearCalls();
        await stage.ApplyClusterAsync("first");
        var again = await stage.ReadyAsync<TalosCluster>("first");

        Assert.Equal(AllUpdated, stage.Writes());
        Assert.Equal(stage.Owned("first"), stage.Marks(ResourceTypes.Clusters, "first"));
        Assert.Equal(stage.Owned("first"), stage.Marks(ResourceTypes.MachineSets, "first-workers"));
        Assert.Equal(machines, stage.Omni.Lifecycle.Machines().Select(m => m.Uuid));
        Assert.Equal("Current", Kstatus.Of(again));
    }

    [Fact]
    public async Task A_cluster_that_is_let_go_of_in_the_midst_of_its_deletion_makes_room_for_the_next_object()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.EditAsync<TalosCluster>("first", """{"deletionPolicy": "Delete"}""");
        await stage.HandledAsync<TalosCluster>("first");
        stage.Omni.Lifecycle.DisconnectProvider(Stage.ProviderId);
        await stage.DeleteAsync<TalosCluster>("first");
        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Synced, "False", CommonReasons.Deleting);

        await stage.EditAsync<TalosCluster>("first", """{"deletionPolicy": "Orphan"}""");
        await stage.GoneAsync<TalosCluster>("first");
        Assert.Contains("it is being torn down, and that goes on", await stage.EventAsync("first", "Warning", "Orphaned"), StringComparison.Ordinal);
        await stage.ApplyClusterAsync("first");
        var waiting = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", TalosClusterReasons.Destroying);
        Assert.Equal("the former cluster first is still being deleted in Omni; it is built anew when that is gone", Stage.Message(waiting, CommonConditions.Ready));

        stage.Omni.Lifecycle.ConnectProvider(Stage.ProviderId);
        await stage.ReadyAsync<TalosCluster>("first");
    }

    [Fact]
    public async Task It_does_not_wait_for_an_Omni_that_is_away()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.Omni.SuspendAsync();

        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");

        Assert.StartsWith("let go of cluster first without marking it in Omni: ", await stage.EventAsync("first", "Warning", "Orphaned"));
        await stage.Omni.ResumeAsync(TestContext.Current.CancellationToken);
        stage.Omni.ClearCalls();
        await stage.ApplyClusterAsync("first");
        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Empty(stage.Writes());
    }

    [Fact]
    public async Task An_operator_that_starts_while_Omni_is_away_lets_go_too()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.StopOperatorAsync();
        await stage.Omni.SuspendAsync();
        await stage.DeleteAsync<TalosCluster>("first");

        await stage.StartOperatorAsync();

        await stage.GoneAsync<TalosCluster>("first");
        await stage.EventAsync("first", "Warning", "Orphaned");
    }

    [Fact]
    public async Task An_Omni_that_swallows_writes_is_given_one_bounded_attempt()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.Faults.Add(new() { Kind = OmniFaultKind.Stall, Method = "Update", Times = null });

        await stage.DeleteAsync<TalosCluster>("first");

        await stage.GoneAsync<TalosCluster>("first");
        await stage.EventAsync("first", "Warning", "Orphaned");
        stage.Omni.Faults.Clear();
    }

    [Fact]
    public async Task A_change_of_the_same_moment_does_not_keep_marks_from_being_taken_off()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.Faults.Add(new() { Method = "Update", Type = "Clusters", Code = Grpc.Core.StatusCode.FailedPrecondition, Message = "failed to update: version conflict" });

        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");

        Assert.Equal(stage.Orphaned("first"), stage.Marks(ResourceTypes.Clusters, "first"));
        Assert.Equal(stage.Orphaned("first"), stage.Marks(ResourceTypes.MachineSets, "first-workers"));
        await stage.EventAsync("first", "Normal", "Orphaned");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_breaks_does_not_leave_half_of_the_marks(bool afterStoring)
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.Faults.Add(new() { Kind = OmniFaultKind.Reset, Method = "Update", Type = "ConfigPatches", AfterStoring = afterStoring });

        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");

        Assert.Equal(stage.Orphaned("first"), stage.Marks(ResourceTypes.Clusters, "first"));
        Assert.Equal(stage.Orphaned("first"), stage.Marks(ResourceTypes.ConfigPatches, "200-cluster-first-cni"));
        Assert.Equal(stage.Orphaned("first"), stage.Marks(ResourceTypes.MachineSets, "first-workers"));
        await stage.EventAsync("first", "Normal", "Orphaned");
    }

    [Fact]
    public async Task Without_its_Secret_it_goes_and_says_that_nothing_was_marked()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.StopOperatorAsync();
        await stage.DropFinalizersAsync<V1Secret>("omni");
        await stage.DeleteAsync<V1Secret>("omni");
        await stage.DeleteAsync<TalosCluster>("first");

        await stage.StartOperatorAsync();

        await stage.GoneAsync<TalosCluster>("first");
        Assert.Contains("there is no Secret omni", await stage.EventAsync("first", "Warning", "Orphaned"), StringComparison.Ordinal);
        Assert.Equal(stage.Owned("first"), stage.Marks(ResourceTypes.Clusters, "first"));
    }

    [Fact]
    public async Task A_Secret_that_leads_to_another_Omni_stalls_and_never_touches_the_other()
    {
        await using var stage = await Stage.StartAsync(installation);
        await using var other = await OmniSimulator.StartAsync(new() { Providers = [Stage.ProviderId] }, TestContext.Current.CancellationToken);
        await stage.RunClusterAsync("first");
        stage.Omni.ClearCalls();

        await stage.EditSecretAsync("omni", new() { ["endpoint"] = other.Endpoint.ToString(), ["serviceAccountKey"] = other.CreateServiceAccountKey("omniscale", Role.Operator) });

        var stalled = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Stalled, "True", CommonReasons.OmniChanged);
        Assert.Contains(other.Endpoint.Authority, Stage.Message(stalled, CommonConditions.Stalled), StringComparison.Ordinal);
        Assert.Equal("Failed", Kstatus.Of(stalled));
        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");
        Assert.Contains("now leads to", await stage.EventAsync("first", "Warning", "Orphaned"), StringComparison.Ordinal);
        Assert.Empty(other.Calls);
        Assert.Empty(stage.Writes());
        Assert.Equal(stage.Owned("first"), stage.Marks(ResourceTypes.Clusters, "first"));
    }
}
