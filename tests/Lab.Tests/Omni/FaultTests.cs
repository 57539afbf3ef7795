using Grpc.Core;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Tests.Omni;

public class FaultTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fault_HitsTheCallsItIsFor_AsOftenAsItSays()
    {
        await using var omni = await TestOmni.StartAsync();
        omni.Simulator.Faults.Add(new OmniFault { Method = "Create", Type = "clusters", Skip = 1, Times = 1, Code = StatusCode.ResourceExhausted });

        await omni.Client.CreateAsync(Samples.Cluster("a"));
        Assert.Equal(StatusCode.ResourceExhausted, (await omni.Client.CreateAsync(Samples.Cluster("b")).FailureAsync()).StatusCode);
        await omni.Client.CreateAsync(Samples.Cluster("b"));
        Assert.Empty(omni.Simulator.Faults.Current);
    }

    [Fact]
    public async Task Fault_AfterStoring_LosesTheAnswerOnly()
    {
        await using var omni = await TestOmni.StartAsync();
        omni.Simulator.Faults.Add(new OmniFault { Method = "Create", AfterStoring = true });

        Assert.Equal(StatusCode.Unavailable, (await omni.Client.CreateAsync(Samples.Cluster()).FailureAsync()).StatusCode);

        Assert.NotNull(omni.Simulator.State.Get(ResourceTypes.Clusters, "prod"));
    }

    [Fact]
    public async Task Stall_HoldsTheCallUntilItIsCleared()
    {
        await using var omni = await TestOmni.StartAsync();
        omni.Simulator.Faults.Add(new OmniFault { Kind = OmniFaultKind.Stall, Method = "List" });

        var call = omni.Client.ListAsync(ResourceTypes.Clusters);
        await TestOmni.UntilAsync(() => omni.Simulator.Calls.Any(recorded => recorded.Method == "List"));
        Assert.False(call.IsCompleted);
        omni.Simulator.Faults.Clear();

        Assert.Empty(await call);
    }

    [Fact]
    public async Task Reset_CutsTheConnection_AndTheNextCallIsAnswered()
    {
        await using var omni = await TestOmni.StartAsync();
        omni.Simulator.Faults.Add(new OmniFault { Kind = OmniFaultKind.Reset, Method = "Get" });

        var status = await omni.Client.GetAsync(ResourceTypes.SysVersions, "current").FailureAsync();

        Assert.Contains(status.StatusCode, new[] { StatusCode.Unavailable, StatusCode.Internal });
        Assert.NotNull(await omni.Client.GetAsync(ResourceTypes.SysVersions, "current"));
    }

    [Fact]
    public async Task DropConnections_EndsOpenWatches()
    {
        await using var omni = await TestOmni.StartAsync();
        using var watch = omni.Client.Watch(
            new WatchRequest { Namespace = "default", Type = ResourceTypes.Clusters.Name, ApiVersion = 1 }, cancellationToken: Token);
        Assert.True(await watch.ResponseStream.MoveNext(Token));

        omni.Simulator.Faults.DropConnections();

        await watch.ResponseStream.MoveNext(Token).FailureAsync();
    }

    [Fact]
    public async Task Writes_AreReportedWhenTheyAreStoredAndWhenTheyAreAnswered()
    {
        await using var omni = await TestOmni.StartAsync();
        var answered = new TaskCompletionSource<RecordedCall>();
        RecordedCall? stored = null;
        omni.Simulator.Faults.WriteStored = call =>
        {
            Assert.NotNull(omni.Simulator.State.Get(ResourceTypes.Clusters, "prod"));
            stored = call;
            return Task.CompletedTask;
        };
        omni.Simulator.Faults.WriteAnswered = call =>
        {
            answered.SetResult(call);
            return Task.CompletedTask;
        };

        await omni.Client.CreateAsync(Samples.Cluster());

        Assert.Same(stored, await answered.Task.WaitAsync(TestOmni.Limit, Token));
        var write = Assert.Single(omni.Simulator.Writes);
        Assert.Same(stored, write);
        Assert.Equal(
            ("Create", ResourceTypes.Clusters.Name, "prod", "test-operator@serviceaccount.omni.sidero.dev", StatusCode.OK),
            (write.Method, write.Type!, write.Id!, write.Identity!, write.Code!.Value));
        Assert.Equal("1.13.5", ResourceTypes.Clusters.Decode(((CreateRequest)write.Request).Resource).Spec.TalosVersion);
    }

    [Theory]
    [InlineData(OmniTransport.Tls, true)]
    [InlineData(OmniTransport.TlsWithWrongName, false)]
    [InlineData(OmniTransport.TlsWithExpiredCertificate, false)]
    public async Task Certificate_IsAcceptedOnlyWhenItIsInOrder(OmniTransport transport, bool accepted)
    {
        await using var omni = await TestOmni.StartAsync(new OmniSimulatorOptions { Transport = transport, RunLifecycle = false });

        var call = omni.Client.GetAsync(ResourceTypes.SysVersions, "current");

        if (accepted)
            Assert.NotNull(await call);
        else
            await call.FailureAsync();
    }

    [Fact]
    public async Task State_IsKeptForAnotherServer()
    {
        var store = new OmniStore();
        var options = new OmniSimulatorOptions { Store = store, RunLifecycle = false, ReadLag = TimeSpan.Zero };
        string key;
        await using (var first = await TestOmni.StartAsync(options))
        {
            key = first.Simulator.CreateServiceAccountKey("kept", OmniScale.Lab.Omni.Auth.Role.Operator);
            await first.Client.CreateAsync(Samples.Cluster());
        }

        await using var second = await TestOmni.StartAsync(options);
        Assert.Equal("1", (await second.As(new Signer(key)).GetAsync(ResourceTypes.Clusters, "prod")).Metadata.Version);
    }
}
