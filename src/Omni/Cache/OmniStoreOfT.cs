using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni;

/// <inheritdoc/>
/// <remarks>
/// Fed by one watch and by the answers to this connection's own writes, which may overtake the watch. Only entries that came from
/// an own write can be newer than what the watch tells next; everything else follows the watch, whose order is Omni's.
/// </remarks>
public sealed class OmniStore<TEntry> : OmniStore
    where TEntry : class
{
    private readonly Lock gate = new();
    private readonly Cached<TEntry> declaration;
    private readonly LabelIndex<TEntry>[] indexes;
    private readonly Dictionary<string, Held> entries = new(StringComparer.Ordinal);

    /// <summary>Own teardowns and destroys that the watch has not told of yet.</summary>
    private readonly Dictionary<string, Acknowledged> acknowledged = new(StringComparer.Ordinal);

    private Dictionary<string, OmniResource>? staged;

    /// <summary>Own writes since the running bootstrap began: its list may be from before them.</summary>
    private readonly HashSet<string> writtenSinceBootstrap = new(StringComparer.Ordinal);

    internal OmniStore(Cached<TEntry> declaration)
        : base(declaration.Type)
    {
        this.declaration = declaration;
        indexes = [.. declaration.Labels.Select(label => new LabelIndex<TEntry>(label))];
    }

    public override int Count
    {
        get
        {
            lock (gate)
            {
                return entries.Count;
            }
        }
    }

    /// <summary>Everything, sorted by id.</summary>
    public IReadOnlyList<TEntry> All
    {
        get
        {
            lock (gate)
            {
                return [.. entries.OrderBy(e => e.Key, StringComparer.Ordinal).Select(e => e.Value.Entry)];
            }
        }
    }

    public TEntry? Find(string id)
    {
        lock (gate)
        {
            return entries.GetValueOrDefault(id)?.Entry;
        }
    }

    /// <summary>Entries whose label has this value, sorted by id. Costs nothing and does not change under the reader.</summary>
    /// <exception cref="ArgumentException">The type is not indexed by this label.</exception>
    public IReadOnlyList<TEntry> ByLabel(string label, string value)
    {
        var index = Array.Find(indexes, i => i.Label == label) ?? throw new ArgumentException($"{Type} is not indexed by {label}", nameof(label));
        lock (gate)
        {
            return index[value];
        }
    }

    public IReadOnlyList<TEntry> ByCluster(string cluster) => ByLabel(OmniLabels.Cluster, cluster);

    internal override OmniResource? FindResource(string id) => Find(id) is { } entry ? AsResource(entry) : null;

    internal override IReadOnlyList<OmniResource> ResourcesByLabel(string label, string value) =>
        ByLabel(label, value) as IReadOnlyList<OmniResource> ?? throw NotAResource();

    internal override Incarnation? IncarnationOf(string id)
    {
        lock (gate)
        {
            return entries.GetValueOrDefault(id)?.Incarnation;
        }
    }

    internal override void BeginBootstrap()
    {
        lock (gate)
        {
            staged = new(StringComparer.Ordinal);
            writtenSinceBootstrap.Clear();
        }
    }

    internal override void Stage(Resource wire)
    {
        var resource = declaration.Decode(wire);
        staged![resource.Id] = resource;
    }

    internal override bool FinishBootstrap()
    {
        List<OmniChange> changes = [];
        lock (gate)
        {
            var listed = staged!;
            var accepted = listed.Values.Select(Accept).OfType<Held>().ToArray();
            foreach (var id in acknowledged.Keys.Where(id => !listed.ContainsKey(id)).ToArray())
            {
                acknowledged.Remove(id);
            }

            foreach (var (id, held) in entries.Where(e => !listed.ContainsKey(e.Key) && !writtenSinceBootstrap.Contains(e.Key)).ToArray())
            {
                entries.Remove(id);
                changes.Add(new OmniChange(Type, id, held.Labels, null));
            }

            changes.AddRange(accepted.Select(next => Store(next)).OfType<OmniChange>());
            foreach (var index in indexes)
            {
                index.Rebuild(entries.Select(e => (e.Key, e.Value.Labels.GetValueOrDefault(index.Label), e.Value.Entry)));
            }

            staged = null;
            writtenSinceBootstrap.Clear();
        }

        var first = MarkSynced();
        Raise(changes);
        return first;
    }

    internal override void Apply(Resource wire)
    {
        var resource = declaration.Decode(wire);
        OmniChange? change;
        lock (gate)
        {
            change = Accept(resource) is { } next ? StoreIndexed(next) : null;
        }

        Raise(change);
    }

    internal override void Remove(Metadata metadata)
    {
        OmniChange? change = null;
        lock (gate)
        {
            var gone = Incarnation.Of(metadata);
            if (acknowledged.TryGetValue(metadata.Id, out var ack) && gone.CreatedNanoseconds <= ack.Life.CreatedNanoseconds)
            {
                acknowledged.Remove(metadata.Id);
            }

            // The end of a former life says nothing about a newer one of our own making.
            if (entries.TryGetValue(metadata.Id, out var held) && !(held.IsOwnWrite && gone.CreatedNanoseconds < held.Incarnation.CreatedNanoseconds))
            {
                change = Drop(metadata.Id, held);
            }
        }

        Raise(change);
    }

    internal override void Written(OmniResource resource)
    {
        OmniChange? change = null;
        lock (gate)
        {
            var incarnation = Incarnation.Of(resource.Metadata);
            var overtaken = entries.TryGetValue(resource.Id, out var held) && incarnation.IsOlderThan(held.Incarnation);
            var alreadyDestroyed = acknowledged.TryGetValue(resource.Id, out var ack) && ack.IsDestroyed && incarnation.CreatedNanoseconds <= ack.Life.CreatedNanoseconds;
            if (!overtaken && !alreadyDestroyed)
            {
                if (staged is not null)
                {
                    writtenSinceBootstrap.Add(resource.Id);
                }

                change = StoreIndexed(new Held(resource.Id, incarnation, true, resource.Metadata.Labels, declaration.Project(resource)));
            }
        }

        Raise(change);
    }

    internal override void TornDown(string id, Incarnation known)
    {
        OmniChange? change = null;
        lock (gate)
        {
            if (entries.TryGetValue(id, out var held) && held.Incarnation.IsSameLifeAs(known) && !(held.Entry is OmniResource { IsTearingDown: true }))
            {
                acknowledged[id] = new Acknowledged(known, IsDestroyed: false);
                if (held.Entry is OmniResource resource)
                {
                    var tearingDown = resource.Clone();
                    tearingDown.Metadata.Phase = OmniResource.TearingDown;
                    change = StoreIndexed(held with { IsOwnWrite = true, Entry = declaration.Project(tearingDown) }, evenIfSameVersion: true);
                }
            }
        }

        Raise(change);
    }

    internal override void Destroyed(string id, Incarnation known)
    {
        OmniChange? change = null;
        lock (gate)
        {
            // If the watch was faster, the entry is gone already, or it is a newer life.
            if (entries.TryGetValue(id, out var held) && held.Incarnation.IsSameLifeAs(known))
            {
                acknowledged[id] = new Acknowledged(known, IsDestroyed: true);
                change = Drop(id, held);
            }
        }

        Raise(change);
    }

    /// <summary>What to hold of a resource that the watch tells of; null if an own write or destroy is known to be newer.</summary>
    private Held? Accept(OmniResource resource)
    {
        var incarnation = Incarnation.Of(resource.Metadata);
        if (entries.TryGetValue(resource.Id, out var held) && held.IsOwnWrite && incarnation.IsOlderThan(held.Incarnation))
        {
            return null;
        }

        if (acknowledged.TryGetValue(resource.Id, out var ack))
        {
            if (incarnation.CreatedNanoseconds > ack.Life.CreatedNanoseconds || (!ack.IsDestroyed && resource.IsTearingDown))
            {
                acknowledged.Remove(resource.Id);
            }
            else if (ack.IsDestroyed)
            {
                return null;
            }
            else
            {
                // A version from before our teardown: a resource never runs again once it is torn down.
                resource.Metadata.Phase = OmniResource.TearingDown;
            }
        }

        return new Held(resource.Id, incarnation, false, resource.Metadata.Labels, declaration.Project(resource));
    }

    private OmniChange? StoreIndexed(Held next, bool evenIfSameVersion = false)
    {
        var before = entries.GetValueOrDefault(next.Id);
        var change = Store(next, evenIfSameVersion);
        if (change is not null)
        {
            foreach (var index in indexes)
            {
                index.Move(next.Id, before?.Labels.GetValueOrDefault(index.Label), next.Labels.GetValueOrDefault(index.Label), next.Entry);
            }
        }

        return change;
    }

    private OmniChange? Store(Held next, bool evenIfSameVersion = false)
    {
        var before = entries.GetValueOrDefault(next.Id);
        if (before is not null && before.Incarnation == next.Incarnation && !evenIfSameVersion)
        {
            entries[next.Id] = before with { IsOwnWrite = before.IsOwnWrite && next.IsOwnWrite };
            return null;
        }

        entries[next.Id] = next;
        return new OmniChange(Type, next.Id, before?.Labels, next.Labels);
    }

    private OmniChange Drop(string id, Held held)
    {
        entries.Remove(id);
        foreach (var index in indexes)
        {
            index.Move(id, held.Labels.GetValueOrDefault(index.Label), null, null);
        }

        return new OmniChange(Type, id, held.Labels, null);
    }

    private OmniResource AsResource(TEntry entry) => entry as OmniResource ?? throw NotAResource();

    private InvalidOperationException NotAResource() => new($"Only a projection of {Type} is cached");

    private sealed record Held(string Id, Incarnation Incarnation, bool IsOwnWrite, IReadOnlyDictionary<string, string> Labels, TEntry Entry);

    private readonly record struct Acknowledged(Incarnation Life, bool IsDestroyed);
}
