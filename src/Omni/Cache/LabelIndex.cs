namespace OmniScale.Omni;

/// <summary>
/// Entries by the value of one label, each bucket sorted by id. Buckets are replaced, never changed: a reader keeps the one it was given.
/// </summary>
internal sealed class LabelIndex<TEntry>(string label)
    where TEntry : class
{
    private static readonly Bucket Empty = new([], []);

    private Dictionary<string, Bucket> buckets = new(StringComparer.Ordinal);

    public string Label { get; } = label;

    public IReadOnlyList<TEntry> this[string value] => buckets.GetValueOrDefault(value, Empty).Entries;

    public void Move(string id, string? from, string? to, TEntry? entry)
    {
        if (from is not null && from != to && buckets.TryGetValue(from, out var left))
        {
            var rest = left.Without(id);
            if (rest.Ids.Length == 0)
            {
                buckets.Remove(from);
            }
            else
            {
                buckets[from] = rest;
            }
        }

        if (to is not null && entry is not null)
        {
            buckets[to] = buckets.GetValueOrDefault(to, Empty).With(id, entry);
        }
    }

    /// <summary>Replaces everything at once: one copy per bucket instead of one per entry.</summary>
    public void Rebuild(IEnumerable<(string Id, string? Value, TEntry Entry)> entries) => buckets = entries
        .Where(e => e.Value is not null)
        .GroupBy(e => e.Value!, StringComparer.Ordinal)
        .ToDictionary(g => g.Key, Sorted, StringComparer.Ordinal);

    private static Bucket Sorted(IEnumerable<(string Id, string? Value, TEntry Entry)> entries)
    {
        var sorted = entries.OrderBy(e => e.Id, StringComparer.Ordinal).ToArray();
        return new Bucket(Array.ConvertAll(sorted, e => e.Id), Array.ConvertAll(sorted, e => e.Entry));
    }

    private sealed record Bucket(string[] Ids, TEntry[] Entries)
    {
        public Bucket With(string id, TEntry entry)
        {
            var at = Array.BinarySearch(Ids, id, StringComparer.Ordinal);
            if (at >= 0)
            {
                var entries = (TEntry[])Entries.Clone();
                entries[at] = entry;
                return new Bucket(Ids, entries);
            }

            return new Bucket([.. Ids[..~at], id, .. Ids[~at..]], [.. Entries[..~at], entry, .. Entries[~at..]]);
        }

        public Bucket Without(string id)
        {
            var at = Array.BinarySearch(Ids, id, StringComparer.Ordinal);
            return at < 0 ? this : new Bucket([.. Ids[..at], .. Ids[(at + 1)..]], [.. Entries[..at], .. Entries[(at + 1)..]]);
        }
    }
}
