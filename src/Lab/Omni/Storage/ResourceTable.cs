using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Omni.Storage;

/// <summary>A change of one resource, or an error that ends the watches it is sent to.</summary>
/// <param name="Old">The version before, for updates.</param>
internal sealed record StoreEvent(long Revision, EventType Type, StoredResource Resource, StoredResource? Old = null, string? Error = null);

/// <summary>
/// All resources with their history, as an etcd would keep them: a revision that counts every change, a version that
/// counts those of one resource and starts again when the resource is made anew, and a log that watches can resume from.
/// </summary>
internal sealed class ResourceTable(TimeProvider time)
{
    private const int LogLimit = 50_000;

    private readonly Lock gate = new();
    private readonly Dictionary<(string Namespace, string Type), SortedDictionary<string, StoredResource>> kinds = [];
    private readonly ResourceIndex index =
        new([OmniLabels.Cluster, OmniLabels.MachineSet, OmniLabels.MachineRequestSet, OmniLabels.InfraProviderId]);
    private readonly Queue<StoreEvent> log = new();
    private readonly List<StoreSubscription> subscriptions = [];
    private long compacted;

    /// <summary>Called for every change, in order, while no other change can happen. Handlers may read the table.</summary>
    public event Action<StoreEvent>? Committed;

    public long Revision { get; private set; }

    public StoredResource? Find(ResourceKey key)
    {
        lock (gate)
            return Kind(key).GetValueOrDefault(key.Id);
    }

    /// <summary>The resources of a type, ordered by id.</summary>
    public IReadOnlyList<StoredResource> List(string @namespace, string type)
    {
        lock (gate)
            return kinds.TryGetValue((@namespace, type), out var kind) ? [.. kind.Values] : [];
    }

    /// <summary>The resources of a type that carry a label with a value, ordered by id.</summary>
    public IReadOnlyList<StoredResource> With(string @namespace, string type, string label, string value)
    {
        lock (gate)
        {
            return index.Covers(label)
                ? [.. index.Find(@namespace, type, label, value)]
                : [.. List(@namespace, type).Where(resource => resource.Label(label) == value)];
        }
    }

    /// <summary>Everything, at one moment.</summary>
    public IReadOnlyList<StoredResource> Everything()
    {
        lock (gate)
            return [.. kinds.Values.SelectMany(kind => kind.Values)];
    }

    public StoredResource Create(Metadata metadata, ByteString spec, string owner)
    {
        lock (gate)
        {
            var key = KeyOf(metadata);
            if (Kind(key).ContainsKey(key.Id))
                throw StateException.AlreadyExists(key);
            var stored = metadata.Clone();
            stored.Version = "1";
            stored.Owner = owner;
            stored.Created = stored.Updated = Now();
            return Commit(EventType.Created, new StoredResource(stored, spec), old: null);
        }
    }

    /// <summary>Replaces all of a resource but its creation time. The checks come in the order of the etcd backend.</summary>
    public StoredResource Update(Metadata metadata, ByteString spec, string owner, string? expectedPhase)
    {
        lock (gate)
        {
            var key = KeyOf(metadata);
            var current = Kind(key).GetValueOrDefault(key.Id) ?? throw StateException.NotFound(key);
            if (current.Metadata.Version != metadata.Version)
                throw StateException.VersionConflict(key, metadata.Version, current.Metadata.Version);
            if (current.Metadata.Owner != owner)
                throw StateException.OwnerConflict(key, current.Metadata.Owner);
            if (expectedPhase is not null && current.Metadata.Phase != expectedPhase)
                throw StateException.PhaseConflict(key, expectedPhase, current.Metadata.Phase);
            return Replace(current, metadata, spec);
        }
    }

    /// <summary>Marks a resource as being torn down. True when nothing holds it any more.</summary>
    public bool Teardown(ResourceKey key, string owner)
    {
        lock (gate)
        {
            var current = Owned(key, owner);
            if (!current.IsTearingDown)
            {
                var metadata = current.Metadata.Clone();
                metadata.Phase = Phases.TearingDown;
                current = Replace(current, metadata, current.ProtoSpec);
            }

            return current.Metadata.Finalizers.Count == 0;
        }
    }

    public void Destroy(ResourceKey key, string owner)
    {
        lock (gate)
        {
            var current = Owned(key, owner);
            if (current.Metadata.Finalizers.Count > 0)
                throw StateException.PendingFinalizers(key, current.Metadata.Finalizers);
            Commit(EventType.Destroyed, current, old: null);
        }
    }

    /// <summary>Changes a resource whoever owns it, as the server's controllers do. Does nothing when it is gone or nothing changes.</summary>
    public bool Modify(ResourceKey key, Action<Metadata, IMessage?> change)
    {
        lock (gate)
        {
            if (Kind(key).GetValueOrDefault(key.Id) is not { } current)
                return false;
            var metadata = current.Metadata.Clone();
            var spec = current.Spec is null ? null : KnownTypes.Find(key.Type)!.Parser!.ParseFrom(current.ProtoSpec);
            change(metadata, spec);
            var bytes = spec?.ToByteString() ?? current.ProtoSpec;
            if (metadata.Equals(current.Metadata) && bytes == current.ProtoSpec)
                return false;
            Replace(current, metadata, bytes);
            return true;
        }
    }

    /// <summary>Replaces a resource whoever owns it and whatever its version.</summary>
    public void Replace(ResourceKey key, Metadata metadata, ByteString spec)
    {
        lock (gate)
            Replace(Kind(key).GetValueOrDefault(key.Id) ?? throw StateException.NotFound(key), metadata, spec);
    }

    /// <summary>Removes a resource whatever holds it.</summary>
    public bool Remove(ResourceKey key)
    {
        lock (gate)
        {
            if (Kind(key).GetValueOrDefault(key.Id) is not { } current)
                return false;
            Commit(EventType.Destroyed, current, old: null);
            return true;
        }
    }

    /// <summary>Forgets the log: a watch can only resume from what happens after this.</summary>
    public void Compact()
    {
        lock (gate)
        {
            log.Clear();
            compacted = Revision;
        }
    }

    /// <summary>Subscribes to the changes of a type after a revision, or from now on, together with what there is now.</summary>
    /// <exception cref="StateException">The revision is no longer, or not yet, known.</exception>
    public StoreSubscription Subscribe(string @namespace, string type, long? after)
    {
        lock (gate)
        {
            if (after < compacted)
                throw StateException.InvalidBookmark("the required revision has been compacted");
            if (after > Revision)
                throw StateException.InvalidBookmark("the revision is in the future");
            var subscription = new StoreSubscription(@namespace, type, List(@namespace, type), Revision, Unsubscribe);
            if (after is not null)
            {
                foreach (var missed in log.Where(entry => entry.Revision > after))
                    subscription.Offer(missed);
            }

            subscriptions.Add(subscription);
            return subscription;
        }
    }

    /// <summary>Ends watches with an error, as a buffer overrun or a failure of the backend does. Null means those of every type.</summary>
    public int FailSubscriptions(string? type, string error)
    {
        lock (gate)
        {
            var hit = subscriptions.Where(subscription => type is null || subscription.Type == type).ToList();
            foreach (var subscription in hit)
                subscription.Fail(new StoreEvent(Revision, EventType.Errored, Tombstone(subscription.Namespace, subscription.Type, ""), Error: error));
            return hit.Count;
        }
    }

    /// <summary>A resource without a spec, for events that are about none.</summary>
    public static StoredResource Tombstone(string @namespace, string type, string id) =>
        new(new Metadata { Namespace = @namespace, Type = type, Id = id, Version = "undefined", Phase = Phases.Running }, ByteString.Empty);

    private static ResourceKey KeyOf(Metadata metadata) => new(metadata.Namespace, metadata.Type, metadata.Id);

    private StoredResource Owned(ResourceKey key, string owner)
    {
        var current = Kind(key).GetValueOrDefault(key.Id) ?? throw StateException.NotFound(key);
        return current.Metadata.Owner == owner ? current : throw StateException.OwnerConflict(key, current.Metadata.Owner);
    }

    private StoredResource Replace(StoredResource current, Metadata metadata, ByteString spec)
    {
        var stored = metadata.Clone();
        stored.Version = (ulong.Parse(current.Metadata.Version, System.Globalization.CultureInfo.InvariantCulture) + 1)
            .ToString(System.Globalization.CultureInfo.InvariantCulture);
        stored.Created = current.Metadata.Created;
        stored.Updated = Now();
        return Commit(EventType.Updated, new StoredResource(stored, spec), current);
    }

    private StoredResource Commit(EventType type, StoredResource resource, StoredResource? old)
    {
        var kind = Kind(resource.Key);
        if (type == EventType.Destroyed)
            kind.Remove(resource.Id);
        else
            kind[resource.Id] = resource;
        index.Replace(type == EventType.Destroyed ? resource : old, type == EventType.Destroyed ? null : resource);
        var change = new StoreEvent(++Revision, type, resource, old);
        log.Enqueue(change);
        while (log.Count > LogLimit)
            compacted = log.Dequeue().Revision;
        foreach (var subscription in subscriptions)
            subscription.Offer(change);
        Committed?.Invoke(change);
        return resource;
    }

    private SortedDictionary<string, StoredResource> Kind(ResourceKey key)
    {
        if (!kinds.TryGetValue((key.Namespace, key.Type), out var kind))
            kinds[(key.Namespace, key.Type)] = kind = new SortedDictionary<string, StoredResource>(StringComparer.Ordinal);
        return kind;
    }

    private void Unsubscribe(StoreSubscription subscription)
    {
        lock (gate)
            subscriptions.Remove(subscription);
    }

    private Timestamp Now() => Timestamp.FromDateTimeOffset(time.GetUtcNow());
}

/// <summary>The changes of one type, and what there was when they began to be followed.</summary>
internal sealed class StoreSubscription(
    string @namespace, string type, IReadOnlyList<StoredResource> snapshot, long revision, Action<StoreSubscription> onDispose) : IDisposable
{
    private readonly Channel<StoreEvent> channel = Channel.CreateUnbounded<StoreEvent>();

    public string Namespace { get; } = @namespace;

    public string Type { get; } = type;

    public IReadOnlyList<StoredResource> Snapshot { get; } = snapshot;

    /// <summary>The revision of the snapshot.</summary>
    public long Revision { get; } = revision;

    public ChannelReader<StoreEvent> Events => channel.Reader;

    public void Offer(StoreEvent change)
    {
        if (change.Resource.Metadata.Namespace == Namespace && change.Resource.Metadata.Type == Type)
            channel.Writer.TryWrite(change);
    }

    public void Fail(StoreEvent error)
    {
        channel.Writer.TryWrite(error);
        channel.Writer.TryComplete();
    }

    public void Dispose() => onDispose(this);
}
