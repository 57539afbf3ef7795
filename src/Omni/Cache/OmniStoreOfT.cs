using OmniScale.Omni.Api;

namespace OmniScale.Omni;

/// <inheritdoc/>
/// <remarks>
/// Fed by one watch and by the answers to this connection's own writes, which may overtake the watch. Only entries that came from
/// an own write can be newer than what the watch tells next; everything else follows the watch, whose order is Omni's.
/// </remarks>
public sealed partial class OmniStore<TEntry> : OmniStore
    where TEntry : class
{
    private readonly Lock gate = new();
    private readonly Cached<TEntry> declaration;
    private readonly LabelIndex<TEntry>[] indexes;
    private readonly Dictionary<string, Held> entries = new(StringComparer.Ordinal);

    /// <summary>Own teardowns and destroys that the watch has not told of yet.</summary>
    private readonly Dictionary<string, Acknowledged> acknowledged = new(StringComparer.Ordinal);

    /// <summary>Own creates and updates without an answer yet, and the latest life of the id that the watch saw end meanwhile.</summary>
    private readonly Dictionary<string, (int Calls, long EndedLife)> underWay = new(StringComparer.Ordinal);

    /// <summary>Used by the watch alone.</summary>
    private readonly SharedStrings strings = new();

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
        foreach (var index in indexes)
        {
            if (index.Label == label)
            {
                lock (gate)
                {
                    return index[value];
                }
            }
        }

        throw new ArgumentException($"{Type} is not indexed by {label}", nameof(label));
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

    private OmniResource AsResource(TEntry entry) => entry as OmniResource ?? throw NotAResource();

    private InvalidOperationException NotAResource() => new($"Only a projection of {Type} is cached");

    private sealed record Held(string Id, Incarnation Incarnation, bool IsOwnWrite, IReadOnlyDictionary<string, string> Labels, TEntry Entry);

    private readonly record struct Acknowledged(Incarnation Life, bool IsDestroyed);
}
