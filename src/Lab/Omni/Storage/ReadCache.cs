using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Omni.Storage;

/// <summary>
/// The copy that reads and validators are served from. It follows the table with a delay, so that a read right after
/// a write may not see it, as with the cache of Omni's controller runtime.
/// </summary>
internal sealed class ReadCache : IDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Namespace, string Type), SortedDictionary<string, StoredResource>> kinds = [];
    private readonly Queue<(long Stamp, StoreEvent Change)> pending = new();
    private readonly ResourceTable table;
    private readonly TimeProvider time;

    public ReadCache(ResourceTable table, TimeProvider time, TimeSpan lag)
    {
        this.table = table;
        this.time = time;
        Lag = lag;
        foreach (var resource in table.Everything())
            Kind(resource.Metadata.Namespace, resource.Metadata.Type)[resource.Id] = resource;
        table.Committed += Enqueue;
    }

    /// <summary>How far the copy is behind the table.</summary>
    public TimeSpan Lag { get; set; }

    public StoredResource? Find(ResourceKey key)
    {
        lock (gate)
        {
            CatchUp();
            return Kind(key.Namespace, key.Type).GetValueOrDefault(key.Id);
        }
    }

    public StoredResource? Find(string type, string id) => Find(new ResourceKey(KnownTypes.NamespaceOf(type), type, id));

    public IReadOnlyList<StoredResource> List(string @namespace, string type)
    {
        lock (gate)
        {
            CatchUp();
            return [.. Kind(@namespace, type).Values];
        }
    }

    public IReadOnlyList<StoredResource> List(string type) => List(KnownTypes.NamespaceOf(type), type);

    public void Dispose() => table.Committed -= Enqueue;

    private void Enqueue(StoreEvent change)
    {
        lock (gate)
        {
            pending.Enqueue((time.GetTimestamp(), change));
            // Nobody may ever read; what is due is not to pile up.
            CatchUp();
        }
    }

    private void CatchUp()
    {
        while (pending.TryPeek(out var next) && time.GetElapsedTime(next.Stamp) >= Lag)
        {
            pending.Dequeue();
            var (resource, kind) = (next.Change.Resource, Kind(next.Change.Resource.Metadata.Namespace, next.Change.Resource.Metadata.Type));
            if (next.Change.Type == EventType.Destroyed)
                kind.Remove(resource.Id);
            else
                kind[resource.Id] = resource;
        }
    }

    private SortedDictionary<string, StoredResource> Kind(string @namespace, string type)
    {
        if (!kinds.TryGetValue((@namespace, type), out var kind))
            kinds[(@namespace, type)] = kind = new SortedDictionary<string, StoredResource>(StringComparer.Ordinal);
        return kind;
    }
}
