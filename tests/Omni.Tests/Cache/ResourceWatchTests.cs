using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;
using OmniScale.TestKit;

namespace OmniScale.Omni.Tests;

public class ResourceWatchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cache_FollowsOmni()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        Put(omni, "a");
        await using var connection = Clients.Connect(omni);
        var changes = new ConcurrentQueue<OmniChange>();
        connection.Cache.Changed += changes.Enqueue;

        Assert.False(connection.Cache.Follow(ResourceTypes.MachineClasses));
        await SyncAsync(connection);
        Assert.Equal("a", connection.Cache.Find(ResourceTypes.MachineClasses, "a")!.Id);
        Assert.Null(connection.Cache.Find((ResourceType)ResourceTypes.MachineClasses, "b"));

        Put(omni, "b");
        omni.State.Edit(ResourceTypes.MachineClasses, "a", r => r.Spec.MatchLabels.Add("x=y"));
        omni.State.Remove(ResourceTypes.MachineClasses, "b");
        await Eventually.TrueAsync(() => changes.Count == 4, "four changes were told");
        Assert.Equal([("a", false), ("b", false), ("a", false), ("b", true)], changes.Select(c => (c.Id, c.IsDeleted)));
        Assert.Equal(2, connection.Cache.All(ResourceTypes.MachineClasses).Single().Spec.MatchLabels.Count);
        Assert.Equal(0, connection.Cache.Status(ResourceTypes.MachineClasses).Restarts);
    }

    [Fact]
    public async Task Cache_BeforeItIsSynced_CannotBeRead()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        Assert.Throws<InvalidOperationException>(() => connection.Cache.Find(ResourceTypes.MachineClasses, "a"));
        Assert.Throws<InvalidOperationException>(() => connection.Cache.ByCluster((ResourceType)ResourceTypes.MachineSets, "one"));
        Assert.Throws<InvalidOperationException>(() => connection.Cache.Status(ResourceTypes.TalosVersions));
        Assert.Empty(omni.Calls);
    }

    [Fact]
    public async Task Cache_OnlyWatchesWhatIsAskedFor_AndOnlyOnce()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        await SyncAsync(connection);
        Assert.True(connection.Cache.Follow(ResourceTypes.MachineClasses, ResourceTypes.MachineClasses));
        Assert.Equal(("Watch", ResourceTypes.MachineClasses.Name), (omni.Calls.Single().Method, omni.Calls.Single().Type));
    }

    [Fact]
    public async Task Watch_WhenTheConnectionBreaks_ResumesFromTheBookmark_AndSeesWhatHappenedMeanwhile()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        Put(omni, "a");
        Put(omni, "b");
        await using var connection = Clients.Connect(omni);
        await SyncAsync(connection);

        await omni.SuspendAsync();
        await Eventually.TrueAsync(() => connection.Health.Reachable == false, "the connection is down");
        Assert.NotNull(connection.Cache.Find(ResourceTypes.MachineClasses, "a"));
        omni.State.Remove(ResourceTypes.MachineClasses, "a");
        omni.ClearCalls();
        await omni.ResumeAsync(Cancellation);

        await Eventually.TrueAsync(() => connection.Cache.Find(ResourceTypes.MachineClasses, "a") is null, "the deletion is noticed");
        Assert.All(omni.Calls, call => Assert.True(((WatchRequest)call.Request).Options.HasStartFromBookmark));
        Assert.True(connection.Health.Reachable);
        Assert.Null(connection.Cache.Status(ResourceTypes.MachineClasses).Error);
    }

    [Fact]
    public async Task Watch_WhenItsBookmarkIsForgotten_ReadsEverythingAgain_AndNoticesWhatIsGone()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        Put(omni, "a");
        Put(omni, "b");
        await using var connection = Clients.Connect(omni);
        await SyncAsync(connection);

        await omni.SuspendAsync();
        omni.State.Remove(ResourceTypes.MachineClasses, "a");
        Put(omni, "c");
        omni.State.Compact();
        omni.ClearCalls();
        await omni.ResumeAsync(Cancellation);

        await Eventually.TrueAsync(() => connection.Cache.All(ResourceTypes.MachineClasses).Select(r => r.Id).SequenceEqual(["b", "c"]), "the cache is right again");
        var requests = omni.Calls.Select(c => ((WatchRequest)c.Request).Options).ToArray();
        Assert.Equal([(true, false), (false, true)], requests.Select(o => (o.HasStartFromBookmark, o.BootstrapContents)));
    }

    [Fact]
    public async Task Watch_WhenOmniReportsAnError_ReadsEverythingAgain()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        Put(omni, "a");
        await using var connection = Clients.Connect(omni);
        await SyncAsync(connection);
        omni.ClearCalls();

        Assert.Equal(1, omni.Faults.FailWatches());
        await Eventually.TrueAsync(() => omni.Calls.Count == 1 && connection.Health.Reachable == true, "the watch is back");
        Assert.True(((WatchRequest)omni.Calls.Single().Request).Options.BootstrapContents);
        Assert.Equal(1, connection.Cache.Status(ResourceTypes.MachineClasses).Restarts);
    }

    [Fact]
    public async Task Watch_WhenItsListBreaksOff_StartsTheListAfresh()
    {
        await using var fake = await FakeOmni.StartAsync();
        var attempts = 0;
        fake.OnWatch = async (request, stream, cancellation) =>
        {
            attempts++;
            await stream.WriteAsync(new WatchResponse(), cancellation);
            await stream.WriteAsync(Wire.Event(EventType.Created, Wire.Patch(attempts == 1 ? "half" : "whole"), bookmark: "early"), cancellation);
            if (attempts == 1)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "going away"));
            }

            Assert.False(request.Options.HasStartFromBookmark);
            await stream.WriteAsync(Wire.Event(EventType.Bootstrapped, bookmark: "1"), cancellation);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        };
        await using var connection = Clients.Connect(fake.Endpoint);
        await connection.Cache.WhenSyncedAsync([ResourceTypes.ConfigPatches], Cancellation);
        Assert.Equal(["whole"], connection.Cache.All(ResourceTypes.ConfigPatches).Select(r => r.Id));
        Assert.Equal(2, attempts);
    }

    [Fact]
    public async Task Watch_ResumesFromTheLastEventThatIsInTheStore()
    {
        await using var fake = await FakeOmni.StartAsync();
        var requests = Channel.CreateUnbounded<WatchRequest>();
        fake.OnWatch = async (request, stream, cancellation) =>
        {
            await requests.Writer.WriteAsync(request, cancellation);
            await stream.WriteAsync(new WatchResponse(), cancellation);
            if (!request.Options.HasStartFromBookmark)
            {
                await stream.WriteAsync(Wire.Event(EventType.Bootstrapped, bookmark: "one"), cancellation);
                await stream.WriteAsync(Wire.Event(EventType.Created, Wire.Patch("a"), bookmark: "two"), cancellation);
                await stream.WriteAsync(Wire.Event(EventType.Noop, bookmark: "three"), cancellation);
            }
            else if (request.Options.StartFromBookmark.ToStringUtf8() == "three")
            {
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "invalid bookmark"));
            }
        };
        await using var connection = Clients.Connect(fake.Endpoint);
        connection.Cache.Follow(ResourceTypes.ConfigPatches);

        var first = await requests.Reader.ReadAsync(Cancellation);
        Assert.Equal((1, true, false, false), (first.ApiVersion, first.Options.BootstrapContents, first.HasId, first.Options.HasStartFromBookmark));
        var second = await requests.Reader.ReadAsync(Cancellation);
        Assert.Equal(("three", false), (second.Options.StartFromBookmark.ToStringUtf8(), second.Options.BootstrapContents));
        var third = await requests.Reader.ReadAsync(Cancellation);
        Assert.Equal((false, true), (third.Options.HasStartFromBookmark, third.Options.BootstrapContents));
    }

    [Fact]
    public async Task Watch_WhenAResourceCannotBeDecoded_SaysSoAndTriesAgain()
    {
        await using var fake = await FakeOmni.StartAsync();
        var broken = Wire.Patch("a");
        broken.Spec.ProtoSpec = Google.Protobuf.ByteString.CopyFrom(0x0A, 0xFF);
        var attempts = 0;
        fake.OnWatch = async (_, stream, cancellation) =>
        {
            await stream.WriteAsync(new WatchResponse(), cancellation);
            await stream.WriteAsync(Wire.Event(EventType.Created, ++attempts == 1 ? broken : Wire.Patch("a")), cancellation);
            await stream.WriteAsync(Wire.Event(EventType.Bootstrapped, bookmark: "1"), cancellation);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        };
        var log = new RecordingLogger<OmniConnection>();
        await using var connection = Clients.Connect(new OmniConnectionSettings(OmniEndpoint.Parse(fake.Endpoint), Clients.UnknownKey.Key), logger: log);
        await connection.Cache.WhenSyncedAsync([ResourceTypes.ConfigPatches], Cancellation);
        Assert.Contains(log.Lines, l => l.StartsWith("Error Following ConfigPatches.omni.sidero.dev failed", StringComparison.Ordinal));
        Assert.Equal(1, connection.Cache.Status(ResourceTypes.ConfigPatches).Restarts);
    }

    [Fact]
    public async Task Own_writes_AreSeenByTheNextReader_HoweverFarTheWatchIsBehind()
    {
        await using var fake = await FakeOmni.StartAsync();
        fake.OnWatch = async (_, stream, cancellation) =>
        {
            await stream.WriteAsync(new WatchResponse(), cancellation);
            await stream.WriteAsync(Wire.Event(EventType.Created, Wire.Patch("a", data: "old")), cancellation);
            await stream.WriteAsync(Wire.Event(EventType.Bootstrapped, bookmark: "1"), cancellation);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        };
        fake.OnUpdate = request =>
        {
            var stored = request.NewResource.Clone();
            stored.Metadata.Version = "2";
            return Task.FromResult(new UpdateResponse { Resource = stored });
        };
        fake.OnTeardown = _ => Task.FromResult(new TeardownResponse { DestroyReady = true });
        await using var connection = Clients.Connect(fake.Endpoint);
        await connection.Cache.WhenSyncedAsync([ResourceTypes.ConfigPatches], Cancellation);

        var changed = connection.Cache.Find(ResourceTypes.ConfigPatches, "a")!.Clone();
        changed.Spec.Data = "new";
        await connection.State.UpdateAsync(changed, Cancellation);
        Assert.Equal(("2", "new"), (connection.Cache.Find(ResourceTypes.ConfigPatches, "a")!.Metadata.Version, connection.Cache.Find(ResourceTypes.ConfigPatches, "a")!.Spec.Data));
        await connection.State.TeardownAsync(ResourceTypes.ConfigPatches, "a", Cancellation);
        Assert.True(connection.Cache.Find(ResourceTypes.ConfigPatches, "a")!.IsTearingDown);
    }

    [Fact]
    public async Task Write_ThatFindsNothing_DoesNotTouchTheCache_SinceOmniLooksIntoALaggingCache()
    {
        await using var omni = await Clients.StartSimulatorAsync(new OmniSimulatorOptions { ReadLag = TimeSpan.FromMinutes(1), RunLifecycle = false });
        await using var connection = Clients.Connect(omni);
        await SyncAsync(connection);
        var created = await connection.State.CreateAsync(ResourceTypes.MachineClasses.New("a", new MachineClassSpec { MatchLabels = { "a=b" } }), Cancellation);
        var failure = await Assert.ThrowsAsync<OmniException>(() => connection.State.UpdateAsync(created, Cancellation));
        Assert.Equal(OmniError.NotFound, failure.Kind);
        Assert.NotNull(connection.Cache.Find(ResourceTypes.MachineClasses, "a"));
    }

    [Fact]
    public async Task Create_update_and_destroy_AgainstOmni_AreToldOnceEach()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        await SyncAsync(connection);
        var changes = new ConcurrentQueue<OmniChange>();
        connection.Cache.Changed += changes.Enqueue;

        var created = await connection.State.CreateAsync(ResourceTypes.MachineClasses.New("a", new MachineClassSpec { MatchLabels = { "a=b" } }), Cancellation);
        Assert.Equal("1", connection.Cache.Find(ResourceTypes.MachineClasses, "a")!.Metadata.Version);
        var updated = created.Clone();
        updated.Metadata.Labels["x"] = "y";
        await connection.State.UpdateAsync(updated, Cancellation);
        Assert.Equal("2", connection.Cache.Find(ResourceTypes.MachineClasses, "a")!.Metadata.Version);
        await connection.State.DestroyAsync(ResourceTypes.MachineClasses, "a", Cancellation);
        Assert.Null(connection.Cache.Find(ResourceTypes.MachineClasses, "a"));

        // What comes after them proves that the watch has told of all three.
        Put(omni, "last");
        await Eventually.TrueAsync(() => connection.Cache.Find(ResourceTypes.MachineClasses, "last") is not null, "the watch has caught up");
        Assert.Equal([("a", false), ("a", false), ("a", true), ("last", false)], changes.Select(c => (c.Id, c.IsDeleted)));
    }

    [Fact]
    public async Task Watch_WhenTheRoleIsTooLow_SaysSo()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni, Role.None);
        connection.Cache.Follow(ResourceTypes.MachineClasses);
        await Eventually.TrueAsync(() => connection.Health.Reachable == false, "the watch is refused");
        Assert.Equal(OmniError.PermissionDenied, connection.Health.Kind);
        Assert.Equal(OmniError.PermissionDenied, connection.Cache.Status(ResourceTypes.MachineClasses).Error!.Kind);
    }

    private static void Put(OmniSimulator omni, string id) => omni.State.Put(ResourceTypes.MachineClasses.New(id, new MachineClassSpec { MatchLabels = { "a=b" } }));

    private static Task SyncAsync(OmniConnection connection) => connection.Cache.WhenSyncedAsync([ResourceTypes.MachineClasses], Cancellation);
}
