using Google.Protobuf;
using Grpc.Core;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Tests.Omni;

public class WatchTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Watch_BeginsWithAnEmptyMessage_ThenTheContentsById_ThenABookmark_ThenChanges()
    {
        await using var omni = await TestOmni.StartAsync();
        omni.Simulator.State.Put(Samples.Cluster("b"));
        omni.Simulator.State.Put(Samples.Cluster("a"));

        using var watch = omni.Client.Watch(Of(new WatchOptions { BootstrapContents = true }), cancellationToken: Token);
        Assert.Empty((await NextAsync(watch)).Event);
        Assert.Equal((EventType.Created, "a"), await NextChangeAsync(watch));
        Assert.Equal((EventType.Created, "b"), await NextChangeAsync(watch));
        var bootstrapped = Assert.Single((await NextAsync(watch)).Event);
        Assert.Equal(EventType.Bootstrapped, bootstrapped.EventType);
        Assert.True(bootstrapped.HasBookmark);
        Assert.Null(bootstrapped.Resource.Spec);

        omni.Simulator.State.Edit(ResourceTypes.Clusters, "a", cluster => cluster.Spec.TalosVersion = "1.13.6");
        var updated = Assert.Single((await NextAsync(watch)).Event);
        Assert.Equal(EventType.Updated, updated.EventType);
        Assert.Equal("1.13.5", ResourceTypes.Clusters.Decode(updated.Old).Spec.TalosVersion);
        Assert.Equal("1.13.6", ResourceTypes.Clusters.Decode(updated.Resource).Spec.TalosVersion);
        Assert.Equal(8, updated.Bookmark.Length);

        omni.Simulator.State.Remove(ResourceTypes.Clusters, "b");
        Assert.Equal((EventType.Destroyed, "b"), await NextChangeAsync(watch));
    }

    [Fact]
    public async Task Watch_OfTheOlderApiVersion_GetsNoBootstrappedEvent()
    {
        await using var omni = await TestOmni.StartAsync();
        var request = Of(new WatchOptions { BootstrapContents = true });
        request.ApiVersion = 0;

        using var watch = omni.Client.Watch(request, cancellationToken: Token);
        await NextAsync(watch);
        omni.Simulator.State.Put(Samples.Cluster("a"));

        Assert.Equal((EventType.Created, "a"), await NextChangeAsync(watch));
    }

    [Fact]
    public async Task Watch_FromABookmark_GetsWhatWasMissed()
    {
        await using var omni = await TestOmni.StartAsync();
        var bookmark = await BookmarkAsync(omni);
        omni.Simulator.State.Put(Samples.Cluster("a"));
        omni.Simulator.State.Remove(ResourceTypes.Clusters, "a");

        using var watch = omni.Client.Watch(Of(new WatchOptions { StartFromBookmark = bookmark }), cancellationToken: Token);
        await NextAsync(watch);
        Assert.Equal((EventType.Created, "a"), await NextChangeAsync(watch));
        Assert.Equal((EventType.Destroyed, "a"), await NextChangeAsync(watch));
    }

    [Fact]
    public async Task Watch_FromABookmarkThatIsCompactedOrNone_IsFailedPrecondition()
    {
        await using var omni = await TestOmni.StartAsync();
        var bookmark = await BookmarkAsync(omni);
        omni.Simulator.State.Put(Samples.Cluster("a"));
        omni.Simulator.State.Compact();

        Assert.Equal(StatusCode.FailedPrecondition, await RefusalAsync(omni, Of(new WatchOptions { StartFromBookmark = bookmark })));
        Assert.Equal(StatusCode.FailedPrecondition, await RefusalAsync(omni, Of(new WatchOptions { StartFromBookmark = ByteString.CopyFromUtf8("x") })));
        Assert.Equal(StatusCode.FailedPrecondition, await RefusalAsync(omni, Of(new WatchOptions
        {
            StartFromBookmark = ByteString.CopyFrom(0x7f, 0, 0, 0, 0, 0, 0, 0),
        })));
    }

    [Fact]
    public async Task Watch_OfOneResource_BeginsWithItOrWithATombstone()
    {
        await using var omni = await TestOmni.StartAsync();
        omni.Simulator.State.Put(Samples.Cluster("a"));

        using var existing = omni.Client.Watch(Of(new WatchOptions(), "a"), cancellationToken: Token);
        await NextAsync(existing);
        Assert.Equal((EventType.Created, "a"), await NextChangeAsync(existing));

        using var missing = omni.Client.Watch(Of(new WatchOptions(), "b"), cancellationToken: Token);
        await NextAsync(missing);
        var tombstone = Assert.Single((await NextAsync(missing)).Event);
        Assert.Equal((EventType.Destroyed, "b"), (tombstone.EventType, tombstone.Resource.Metadata.Id));
        Assert.Null(tombstone.Resource.Spec);
        omni.Simulator.State.Put(Samples.Cluster("b"));
        Assert.Equal((EventType.Created, "b"), await NextChangeAsync(missing));
    }

    [Fact]
    public async Task Watch_WithOptionsThatDoNotGoTogether_IsUnimplemented()
    {
        await using var omni = await TestOmni.StartAsync();
        var query = new LabelQuery { Terms = { new LabelTerm { Key = "a" } } };

        Assert.Equal(StatusCode.Unimplemented, await RefusalAsync(omni, Of(new WatchOptions { BootstrapContents = true }, "a")));
        Assert.Equal(StatusCode.Unimplemented, await RefusalAsync(omni, Of(new WatchOptions { LabelQuery = { query } }, "a")));
        Assert.Equal(StatusCode.Unimplemented, await RefusalAsync(omni, Of(new WatchOptions { TailEvents = 3 })));
        Assert.Equal(StatusCode.Unimplemented, await RefusalAsync(omni, Of(new WatchOptions
        {
            BootstrapContents = true,
            StartFromBookmark = ByteString.CopyFrom(new byte[8]),
        })));
    }

    [Fact]
    public async Task Watch_WithALabelQuery_TurnsMovesInAndOutIntoCreationsAndRemovals()
    {
        await using var omni = await TestOmni.StartAsync();
        omni.Simulator.State.Put(Samples.Cluster("a"));
        var term = new LabelTerm { Key = "tier", Op = LabelTerm.Types.Operation.Equal, Value = { "1" } };
        using var watch = omni.Client.Watch(Of(new WatchOptions { LabelQuery = { new LabelQuery { Terms = { term } } } }), cancellationToken: Token);
        await NextAsync(watch);

        omni.Simulator.State.Edit(ResourceTypes.Clusters, "a", cluster => cluster.Spec.TalosVersion = "1.13.4");
        omni.Simulator.State.Edit(ResourceTypes.Clusters, "a", cluster => cluster.Metadata.Labels["tier"] = "1");
        omni.Simulator.State.Edit(ResourceTypes.Clusters, "a", cluster => cluster.Spec.TalosVersion = "1.13.6");
        omni.Simulator.State.Edit(ResourceTypes.Clusters, "a", cluster => cluster.Metadata.Labels["tier"] = "2");

        Assert.Equal((EventType.Created, "a"), await NextChangeAsync(watch));
        Assert.Equal((EventType.Updated, "a"), await NextChangeAsync(watch));
        Assert.Equal((EventType.Destroyed, "a"), await NextChangeAsync(watch));
    }

    [Fact]
    public async Task Watch_Aggregated_SendsManyEventsAtOnce()
    {
        await using var omni = await TestOmni.StartAsync();
        omni.Simulator.State.Put(Samples.Cluster("a"));
        omni.Simulator.State.Put(Samples.Cluster("b"));

        using var watch = omni.Client.Watch(Of(new WatchOptions { BootstrapContents = true, Aggregated = true }), cancellationToken: Token);
        await NextAsync(watch);

        Assert.Equal(
            [EventType.Created, EventType.Created, EventType.Bootstrapped],
            (await NextAsync(watch)).Event.Select(single => single.EventType));
    }

    [Fact]
    public async Task Watch_ThatIsMadeToFail_GetsAnErroredEventAndEnds()
    {
        await using var omni = await TestOmni.StartAsync();
        using var watch = omni.Client.Watch(Of(new WatchOptions()), cancellationToken: Token);
        await NextAsync(watch);

        Assert.Equal(1, omni.Simulator.Faults.FailWatches("Clusters", "buffer overrun"));

        var errored = Assert.Single((await NextAsync(watch)).Event);
        Assert.Equal((EventType.Errored, "buffer overrun"), (errored.EventType, errored.Error));
        Assert.False(await watch.ResponseStream.MoveNext(Token));
    }

    private static WatchRequest Of(WatchOptions options, string? id = null)
    {
        var request = new WatchRequest
        {
            Namespace = ResourceTypes.Clusters.Namespace,
            Type = ResourceTypes.Clusters.Name,
            Options = options,
            ApiVersion = 1,
        };
        if (id is not null)
            request.Id = id;
        return request;
    }

    private static async Task<WatchResponse> NextAsync(AsyncServerStreamingCall<WatchResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(Token));
        return watch.ResponseStream.Current;
    }

    private static async Task<(EventType Type, string Id)> NextChangeAsync(AsyncServerStreamingCall<WatchResponse> watch)
    {
        var change = Assert.Single((await NextAsync(watch)).Event);
        return (change.EventType, change.Resource.Metadata.Id);
    }

    private static async Task<StatusCode> RefusalAsync(TestOmni omni, WatchRequest request)
    {
        using var watch = omni.Client.Watch(request, cancellationToken: Token);
        return (await watch.ResponseStream.MoveNext(Token).FailureAsync()).StatusCode;
    }

    private static async Task<ByteString> BookmarkAsync(TestOmni omni)
    {
        using var watch = omni.Client.Watch(Of(new WatchOptions { BootstrapBookmark = true }), cancellationToken: Token);
        await NextAsync(watch);
        var noop = Assert.Single((await NextAsync(watch)).Event);
        Assert.Equal(EventType.Noop, noop.EventType);
        return noop.Bookmark;
    }
}
