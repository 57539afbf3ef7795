using Grpc.Core;
using OmniScale.Crds;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Omni.Api;
using OmniScale.TestKit;
using OmniScale.TestKit.Faults;

namespace OmniScale.Operator.Tests.Faults;

/// <summary>The whole operator, with things going wrong on the way to both servers while it works.</summary>
public sealed class FaultStories(Installation installation)
{
    /// <summary>Backoffs add up where one thing after the other goes wrong.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static readonly string[] Creation =
    [
        "Create MachineClasses/small",
        "Create Clusters/first", "Create ConfigPatches/200-cluster-first-cni", "Create MachineSets/first-control-planes", "Create MachineSets/first-workers",
    ];

    [Fact]
    public async Task A_cluster_that_is_applied_while_Omni_stumbles_becomes_ready_with_each_write_made_once()
    {
        var (stage, omni, _) = await Stage.StartBehindProxiesAsync(installation);
        await using var _ = stage;
        DisturbOmni(omni);

        await ApplyAsync(stage);

        await ReadyAsync(stage);
        Assert.Equal(Creation, Successes(stage));
        Assert.All(omni.Requests.Where(request => request.Fault is not null).GroupBy(request => request.Fault), hits => Assert.InRange(hits.Count(), 1, 5));
        await AssertFollowsAsync(stage);
    }

    [Fact]
    public async Task A_cluster_that_is_applied_while_the_API_server_stumbles_becomes_ready_with_each_write_made_once()
    {
        var (stage, _, kube) = await Stage.StartBehindProxiesAsync(installation);
        await using var _ = stage;
        DisturbKube(kube);

        await ApplyAsync(stage);

        await ReadyAsync(stage);
        Assert.Equal(Creation, Successes(stage));
        await AssertFollowsAsync(stage);
    }

    [Fact]
    public async Task A_cluster_that_is_applied_while_both_stumble_becomes_ready_and_is_taken_down_again()
    {
        var (stage, omni, kube) = await Stage.StartBehindProxiesAsync(installation);
        await using var _ = stage;
        DisturbOmni(omni);
        DisturbKube(kube);
        await ApplyAsync(stage, "deletionPolicy: Delete");
        await ReadyAsync(stage);
        Assert.Equal(Creation, Successes(stage));
        stage.Omni.ClearCalls();

        DisturbOmni(omni);
        DisturbKube(kube);
        await stage.DeleteAsync<TalosCluster>("first");

        await GoneAsync(stage);
        Assert.Equal(["Teardown Clusters/first", "Destroy Clusters/first"], Successes(stage).Distinct());
        Assert.Equal("absent", stage.Marks(ResourceTypes.Clusters, "first"));
        Assert.Empty(stage.Omni.Lifecycle.Leaked);
    }

    [Fact]
    public async Task A_cluster_that_runs_is_not_written_to_because_watches_break()
    {
        var (stage, omni, kube) = await Stage.StartBehindProxiesAsync(installation);
        await using var _ = stage;
        await stage.RunClusterAsync("first");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        var before = await stage.SettledAsync();
        stage.Omni.ClearCalls();

        omni.On("State/Watch", Fault.Grpc(StatusCode.FailedPrecondition, "invalid watch bookmark"), times: 17);
        kube.On("watch=true", Fault.Status(410, "Expired"), times: 5);
        omni.DropConnections();
        kube.DropConnections();
        await Eventually.TrueAsync(() => stage.Omni.Calls.Count(call => call.Method == "Watch") >= 17, "the watches of Omni are back", Limit);
        await Eventually.TrueAsync(() => kube.Asked("watch=true").Count(request => request.Fault is null) >= 10, "the watches of the API server are back", Limit);

        Assert.Equal(before, await stage.SettledAsync());
        Assert.Empty(stage.Writes());
    }

    /// <summary>Each kind of fault, spread over calls and watches. They end by themselves.</summary>
    private static void DisturbOmni(FaultProxy omni)
    {
        omni.On("State/Create", Fault.Gateway(503));
        omni.On("State/Create", Fault.Reset(after: 0), skip: 1);
        omni.On("State/Create", Fault.Grpc(StatusCode.ResourceExhausted), skip: 1);
        omni.On("State/Create", Fault.Grpc(StatusCode.Unavailable, after: 0), skip: 1);
        omni.On("State/(Teardown|Destroy)", Fault.Grpc(StatusCode.Internal), skip: 1);
        omni.On("State/(Teardown|Destroy)", Fault.Reset(after: 0));
        omni.On("State/Watch", Fault.Slow(TimeSpan.FromMilliseconds(200)), times: 3);
        omni.On("State/Watch", Fault.Truncate(after: 1), times: 2);
        omni.On("State/Watch", Fault.Grpc(StatusCode.FailedPrecondition, "invalid watch bookmark", after: 2), times: 2);
        omni.On("State/Watch", Fault.Grpc(StatusCode.Unavailable), times: 3, skip: 2);
        omni.On("State/Watch", Fault.Gateway(502), times: 2);
        omni.On("State/Watch", Fault.End(after: 1), times: 2);
    }

    /// <inheritdoc cref="DisturbOmni"/>
    private static void DisturbKube(FaultProxy kube)
    {
        kube.On("PATCH .*/status", Fault.Status(500, "InternalError"));
        kube.On("PATCH .*/status", Fault.Reset(after: 0), skip: 1);
        kube.On("PATCH .*/status", Fault.Status(429, "TooManyRequests", TimeSpan.FromSeconds(1)), skip: 1);
        kube.On("PATCH .*/status", Fault.Truncate(), skip: 2);
        kube.On("PATCH", Fault.Status(503, "ServiceUnavailable", TimeSpan.FromSeconds(1)));
        kube.On("PATCH", Fault.Reset(), skip: 1);
        kube.On("talosclusters.*watch=true", Fault.ErrorEvent(410, "Expired"));
        kube.On("talosclusters.*watch=true", Fault.Reset(after: 1));
        kube.On("machineclasses.*watch=true", Fault.Truncate(after: 1));
        kube.On("machineclasses.*watch=true", Fault.Status(410, "Gone"));
        kube.On("secrets.*watch=true", Fault.End());
        kube.On("secrets.*watch=true", Fault.Status(500, "InternalError"));
        kube.On("events", Fault.Status(500, "InternalError"));
    }

    private static async Task ApplyAsync(Stage stage, string more = "")
    {
        await stage.ApplySecretsAsync();
        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");
        await stage.ApplyClusterAsync("first", more: more);
    }

    private static Task ReadyAsync(Stage stage) => Eventually.ValueAsync(
        () => stage.GetAsync<TalosCluster>("first"), cluster => Kstatus.Of(cluster) == "Current" && cluster.Status?.WorkersReady == "1/1", "the cluster is ready", Limit);

    private static Task GoneAsync(Stage stage) => Eventually.ValueAsync(() => stage.FindAsync<TalosCluster>("first"), cluster => cluster is null, "the cluster is gone", Limit);

    /// <summary>What was written to Omni, whether or not the operator heard of it.</summary>
    private static IEnumerable<string> Successes(Stage stage) =>
        stage.Omni.Writes.Where(call => call.Code == StatusCode.OK).Select((RecordedCall call) => $"{call.Method} {call.Type?.Split('.')[0]}/{call.Id}");

    /// <summary>Once the faults are over an edit goes through as ever.</summary>
    private static async Task AssertFollowsAsync(Stage stage)
    {
        stage.OmniProxy!.Clear();
        stage.KubeProxy!.Clear();
        stage.Omni.ClearCalls();
        await stage.ApplyClusterAsync("first", workers: 2);
        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(["Update MachineSets/first-workers"], stage.Writes());
    }
}
