using System.Collections.Concurrent;
using Grpc.Core;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;
using OmniScale.TestKit;
using OmniScale.TestKit.Faults;

namespace OmniScale.Omni.Tests;

/// <summary>What happens to watches on their way to Omni, and that the caches get over it.</summary>
public sealed class WatchFaultTests : IAsyncLifetime
{
    private const string Watches = "cosi.resource.State/Watch";

    private static readonly Dictionary<string, Fault> All = new()
    {
        ["reset on opening"] = Fault.Reset(),
        ["reset once open"] = Fault.Reset(after: 1),
        ["UNAVAILABLE"] = Fault.Grpc(StatusCode.Unavailable),
        ["UNAVAILABLE once open"] = Fault.Grpc(StatusCode.Unavailable, after: 1),
        ["RESOURCE_EXHAUSTED"] = Fault.Grpc(StatusCode.ResourceExhausted),
        ["INTERNAL"] = Fault.Grpc(StatusCode.Internal),
        ["INTERNAL once open"] = Fault.Grpc(StatusCode.Internal, "panic: nil", after: 1),
        ["DEADLINE_EXCEEDED"] = Fault.Grpc(StatusCode.DeadlineExceeded),
        ["FAILED_PRECONDITION, an expired bookmark"] = Fault.Grpc(StatusCode.FailedPrecondition, "invalid watch bookmark"),
        ["FAILED_PRECONDITION once open"] = Fault.Grpc(StatusCode.FailedPrecondition, "invalid watch bookmark", after: 1),
        ["OK, but too early"] = Fault.Grpc(StatusCode.OK, "", after: 1),
        ["no status at all"] = Fault.End(after: 1),
        ["an answer without a word"] = Fault.End(),
        ["a message that breaks off"] = Fault.Truncate(after: 1),
        ["502 of a proxy in front"] = Fault.Gateway(502),
        ["503 of a proxy in front"] = Fault.Gateway(503),
        ["429 of a proxy in front"] = Fault.Gateway(429),
    };

    private readonly ConcurrentQueue<OmniHealth> health = new();
    private OmniSimulator omni = null!;
    private FaultProxy proxy = null!;
    private OmniConnection connection = null!;

    public static TheoryData<string> Faults => [.. All.Keys];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        omni = await Clients.StartSimulatorAsync();
        proxy = await FaultProxies.StartAsync(omni.Endpoint);
        connection = Clients.Connect(OmniConnectionSettings.Parse(proxy.Address.ToString(), omni.CreateServiceAccountKey("test", Role.Operator)));
        connection.HealthChanged += health.Enqueue;
        Put("kept");
        Put("doomed");
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await proxy.DisposeAsync();
        await omni.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Cache_AfterAGapOfAnyKind_EndsEqualToOmni_WithFewRequests(string name)
    {
        await SyncAsync();
        proxy.ClearRequests();
        var began = TimeProvider.System.GetTimestamp();
        var fault = proxy.On(Watches, All[name], times: null);
        proxy.DropConnections();
        await Eventually.TrueAsync(() => fault.Hits >= 2, "the fault has hit again");

        Edit();
        var outage = TimeProvider.System.GetElapsedTime(began);
        var asked = proxy.Requests.Count;
        proxy.Clear();

        await EqualAsync();
        Assert.True(connection.Health.Reachable);
        Assert.Null(connection.Cache.Status(ResourceTypes.MachineClasses).Error);
        // The pauses are 0.1 s at the least.
        Assert.InRange(asked, 2, 5 + (outage / TimeSpan.FromSeconds(0.1)));
        await FollowsAsync();
    }

    [Fact]
    public async Task Watch_WhoseBookmarkHasExpired_ReadsEverythingAgain()
    {
        await SyncAsync();
        omni.ClearCalls();
        proxy.On(Watches, Fault.Grpc(StatusCode.FailedPrecondition, "invalid watch bookmark"));
        proxy.DropConnections();
        Edit();

        await EqualAsync();

        Assert.True(((WatchRequest)omni.Calls.Single().Request).Options.BootstrapContents);
        Assert.DoesNotContain(health, seen => seen.Kind == OmniError.InvalidBookmark);
    }

    [Fact]
    public async Task Watch_ThatIsOpenedSlowly_IsNoFailure()
    {
        proxy.On(Watches, Fault.Slow(TimeSpan.FromMilliseconds(300)));
        await SyncAsync();

        Edit();

        await EqualAsync();
        Assert.Single(proxy.Requests);
        Assert.True(connection.Health.Reachable);
    }

    [Fact]
    public async Task Watch_ThatJamsForAWhile_GoesOnWhereItWas()
    {
        var fault = proxy.On(Watches, Fault.Stall(after: 3));
        connection.Cache.Follow(ResourceTypes.MachineClasses);
        await Eventually.TrueAsync(() => fault.Hits == 1, "the watch is open");
        Edit();

        fault.Clear();

        await EqualAsync();
        Assert.Single(proxy.Requests);
    }

    private void Put(string id) => omni.State.Put(ResourceTypes.MachineClasses.New(id, new MachineClassSpec { MatchLabels = { "a=b" } }));

    /// <summary>What happens while nobody watches: one comes, one goes, one changes.</summary>
    private void Edit()
    {
        omni.State.Remove(ResourceTypes.MachineClasses, "doomed");
        Put("new");
        omni.State.Edit(ResourceTypes.MachineClasses, "kept", r => r.Spec.MatchLabels.Add("x=y"));
    }

    private Task SyncAsync() => connection.Cache.WhenSyncedAsync([ResourceTypes.MachineClasses], Cancellation);

    private Task EqualAsync() => Eventually.TrueAsync(
        () => connection.Cache.Follow(ResourceTypes.MachineClasses)
            && Show(connection.Cache.All(ResourceTypes.MachineClasses)).SequenceEqual(Show(omni.State.List(ResourceTypes.MachineClasses))),
        "the cache is equal to Omni");

    /// <summary>What comes after the fault arrives by the watch that is open then.</summary>
    private async Task FollowsAsync()
    {
        var asked = proxy.Requests.Count;
        Put("later");
        await EqualAsync();
        Assert.Equal(asked, proxy.Requests.Count);
    }

    private static IEnumerable<string> Show(IEnumerable<OmniResource<MachineClassSpec>> resources) =>
        resources.Select(r => $"{r.Id} {r.Metadata.Version} {string.Join(',', r.Spec.MatchLabels)}").Order(StringComparer.Ordinal);
}
