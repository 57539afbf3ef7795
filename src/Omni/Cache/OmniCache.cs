using Google.Protobuf;
using OmniScale.Omni.Api;

namespace OmniScale.Omni;

/// <summary>
/// What is known of one Omni without asking it. A type is followed from the first time it is asked for through <see cref="Follow"/> or
/// <see cref="WhenSyncedAsync"/>; reading one that was not read completely yet is an error, since absence would prove nothing.
/// Resources in it are shared: change a clone.
/// </summary>
public sealed class OmniCache
{
    private readonly Dictionary<ResourceType, OmniStore> stores;
    private readonly Action<OmniStore> start;
    private readonly HashSet<OmniStore> started = [];

    internal OmniCache(OmniCacheSet set, Action<OmniStore> start)
    {
        this.start = start;
        stores = set.Types.ToDictionary(t => t.Type, t => t.CreateStore());
        foreach (var store in stores.Values)
        {
            store.Changed += change => Changed?.Invoke(change);
        }
    }

    /// <summary>Raised after a change is visible, once per resource; for the first complete reading too.</summary>
    public event Action<OmniChange>? Changed;

    /// <summary>Raised when a type was read completely for the first time.</summary>
    public event Action<ResourceType>? Synced;

    /// <summary>Makes sure that these types are followed.</summary>
    /// <returns>Whether all of them can be read. If not, <see cref="Synced"/> tells when.</returns>
    public bool Follow(params ReadOnlySpan<ResourceType> types)
    {
        var synced = true;
        foreach (var type in types)
        {
            synced &= Started(type).IsSynced;
        }

        return synced;
    }

    public Task WhenSyncedAsync(IEnumerable<ResourceType> types, CancellationToken cancellationToken) =>
        Task.WhenAll(types.Select(type => Started(type).WhenSynced)).WaitAsync(cancellationToken);

    /// <summary>The types that are followed, for readings.</summary>
    public IReadOnlyList<OmniStore> Followed
    {
        get
        {
            lock (started)
            {
                return [.. started];
            }
        }
    }

    /// <summary>The state of the watch of a type, whether it can be read or not.</summary>
    public OmniStore Status(ResourceType type) => stores.GetValueOrDefault(type) ?? throw new InvalidOperationException($"{type} is not among the cached types");

    /// <summary>The entries of a type.</summary>
    public OmniStore<TEntry> Of<TEntry>(Cached<TEntry> declaration)
        where TEntry : class => (OmniStore<TEntry>)Readable(declaration.Type);

    public OmniResource<TSpec>? Find<TSpec>(ResourceType<TSpec> type, string id)
        where TSpec : class, IMessage<TSpec>, new() => Resources(type).Find(id);

    public OmniResource? Find(ResourceType type, string id) => Readable(type).FindResource(id);

    /// <summary>The resources that carry this cluster's label, sorted by id.</summary>
    public IReadOnlyList<OmniResource<TSpec>> ByCluster<TSpec>(ResourceType<TSpec> type, string cluster)
        where TSpec : class, IMessage<TSpec>, new() => Resources(type).ByCluster(cluster);

    /// <inheritdoc cref="ByCluster{TSpec}(ResourceType{TSpec}, string)"/>
    public IReadOnlyList<OmniResource> ByCluster(ResourceType type, string cluster) => Readable(type).ResourcesByLabel(OmniLabels.Cluster, cluster);

    /// <summary>The resources whose label has this value, sorted by id; the type must be indexed by the label.</summary>
    public IReadOnlyList<OmniResource<TSpec>> ByLabel<TSpec>(ResourceType<TSpec> type, string label, string value)
        where TSpec : class, IMessage<TSpec>, new() => Resources(type).ByLabel(label, value);

    public IReadOnlyList<OmniResource<TSpec>> All<TSpec>(ResourceType<TSpec> type)
        where TSpec : class, IMessage<TSpec>, new() => Resources(type).All;

    internal void RaiseSynced(ResourceType type) => Synced?.Invoke(type);

    internal Incarnation? IncarnationOf(ResourceType type, string id) => stores.GetValueOrDefault(type)?.IncarnationOf(id);

    /// <summary>Makes a write and tells the store of its outcome.</summary>
    internal async Task<OmniResource> WriteAsync(ResourceType type, string id, Func<Task<OmniResource>> write)
    {
        var store = stores.GetValueOrDefault(type);
        store?.BeginWrite(id);
        try
        {
            var written = await write().ConfigureAwait(false);
            store?.Written(written);
            return written;
        }
        finally
        {
            store?.EndWrite(id);
        }
    }

    internal void TornDown(ResourceType type, string id, Incarnation? known)
    {
        if (known is { } life)
        {
            stores[type].TornDown(id, life);
        }
    }

    internal void Destroyed(ResourceType type, string id, Incarnation? known)
    {
        if (known is { } life)
        {
            stores[type].Destroyed(id, life);
        }
    }

    private OmniStore<OmniResource<TSpec>> Resources<TSpec>(ResourceType<TSpec> type)
        where TSpec : class, IMessage<TSpec>, new() =>
        Readable(type) as OmniStore<OmniResource<TSpec>> ?? throw new InvalidOperationException($"Only a projection of {type} is cached");

    private OmniStore Readable(ResourceType type) => Status(type) is { IsSynced: true } store
        ? store
        : throw new InvalidOperationException($"{type} was not read completely yet");

    private OmniStore Started(ResourceType type)
    {
        var store = Status(type);
        lock (started)
        {
            if (started.Add(store))
            {
                start(store);
            }
        }

        return store;
    }
}
