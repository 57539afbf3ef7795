using System.Buffers.Binary;
using Google.Protobuf;
using Grpc.Core;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Omni.Services;

/// <summary>One watch stream: what it bootstraps with, and how changes become its events.</summary>
internal sealed class WatchSession
{
    /// <summary>The length of a bookmark on the etcd backend: a revision.</summary>
    private const int BookmarkLength = sizeof(long);

    private readonly WatchRequest request;
    private readonly WatchOptions options;
    private readonly IServerStreamWriter<WatchResponse> stream;
    private readonly ResourceQuery query;

    /// <exception cref="StateException">The options cannot be combined, or the bookmark is none of this server's.</exception>
    public WatchSession(WatchRequest request, IServerStreamWriter<WatchResponse> stream)
    {
        this.request = request;
        this.stream = stream;
        options = request.Options ?? new WatchOptions();
        query = new ResourceQuery(options.LabelQuery, options.IdQuery);

        if (options.TailEvents > 0)
            throw Unsupported("tail events");
        if (request.HasId && (options.BootstrapContents || options.BootstrapBookmark || query.IsSelective))
            throw Unsupported("bootstrap or a query on the watch of a single resource");
        if (options.HasStartFromBookmark && (options.BootstrapContents || options.BootstrapBookmark))
            throw Unsupported("bootstrap together with a bookmark");
        if (options.HasStartFromBookmark)
        {
            if (options.StartFromBookmark.Length != BookmarkLength)
                throw StateException.InvalidBookmark($"its length is {options.StartFromBookmark.Length}");
            ResumeAfter = BinaryPrimitives.ReadInt64BigEndian(options.StartFromBookmark.Span);
        }
    }

    /// <summary>The revision that the client has seen; null when it starts afresh.</summary>
    public long? ResumeAfter { get; }

    public async Task RunAsync(StoreSubscription changes, CancellationToken cancellationToken)
    {
        // The stream is ready once this empty message is there.
        await stream.WriteAsync(new WatchResponse(), cancellationToken);
        await SendAsync(Opening(changes), cancellationToken);

        while (await changes.Events.WaitToReadAsync(cancellationToken))
        {
            var batch = new List<Event>();
            while (changes.Events.TryRead(out var change))
            {
                if (change.Error is not null && request.ApiVersion < 1)
                    throw new StateException(StatusCode.Internal, change.Error);
                if (Convert(change) is { } converted)
                    batch.Add(converted);
            }

            await SendAsync(batch, cancellationToken);
        }
    }

    private static StateException Unsupported(string what) => new(StatusCode.Unimplemented, $"unsupported: {what}");

    private static ByteString Bookmark(long revision)
    {
        var bytes = new byte[BookmarkLength];
        BinaryPrimitives.WriteInt64BigEndian(bytes, revision);
        return ByteString.CopyFrom(bytes);
    }

    private IEnumerable<Event> Opening(StoreSubscription changes)
    {
        if (request.HasId && ResumeAfter is null)
        {
            var current = changes.Snapshot.FirstOrDefault(resource => resource.Id == request.Id);
            yield return current is null
                ? new Event { EventType = EventType.Destroyed, Resource = Bare(request.Id) }
                : new Event { EventType = EventType.Created, Resource = current.Wire };
        }

        if (options.BootstrapContents)
        {
            foreach (var resource in changes.Snapshot.Where(query.Matches))
                yield return new Event { EventType = EventType.Created, Resource = resource.Wire };
        }

        if (request.ApiVersion < 1)
            yield break;
        if (options.BootstrapContents)
            yield return new Event { EventType = EventType.Bootstrapped, Resource = Bare(""), Bookmark = Bookmark(changes.Revision) };
        else if (options.BootstrapBookmark)
            yield return new Event { EventType = EventType.Noop, Resource = Bare(""), Bookmark = Bookmark(changes.Revision) };
    }

    /// <summary>The event as this watch sees it: with a query, what moves in or out of it is created or destroyed.</summary>
    private Event? Convert(StoreEvent change)
    {
        if (change.Error is { } error)
            return new Event { EventType = EventType.Errored, Resource = Bare(""), Error = error };
        if (request.HasId && change.Resource.Id != request.Id)
            return null;

        var isIn = query.Matches(change.Resource);
        var wasIn = change.Old is null ? isIn : query.Matches(change.Old);
        EventType? type = (change.Type, wasIn, isIn) switch
        {
            (EventType.Updated, true, true) => EventType.Updated,
            (EventType.Updated, true, false) => EventType.Destroyed,
            (_, _, true) => change.Type == EventType.Updated ? EventType.Created : change.Type,
            _ => null,
        };
        if (type is null)
            return null;
        var converted = new Event { EventType = type.Value, Resource = change.Resource.Wire, Bookmark = Bookmark(change.Revision) };
        if (type == EventType.Updated)
            converted.Old = change.Old!.Wire;
        return converted;
    }

    private Resource Bare(string id) => new()
    {
        Metadata = ResourceTable.Tombstone(request.Namespace, request.Type, id).Metadata,
    };

    private async Task SendAsync(IEnumerable<Event> events, CancellationToken cancellationToken)
    {
        if (options.Aggregated)
        {
            foreach (var chunk in events.Chunk(1000))
                await stream.WriteAsync(new WatchResponse { Event = { chunk } }, cancellationToken);
            return;
        }

        foreach (var single in events)
            await stream.WriteAsync(new WatchResponse { Event = { single } }, cancellationToken);
    }
}
