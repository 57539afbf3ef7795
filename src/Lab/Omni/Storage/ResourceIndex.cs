namespace OmniScale.Lab.Omni.Storage;

/// <summary>Resources of each type by the values of the labels that tie them to others, so that a lab of thousands of machines stays quick.</summary>
internal sealed class ResourceIndex(IReadOnlyList<string> labels)
{
    private static readonly SortedDictionary<string, StoredResource> None = [];

    private readonly Dictionary<(string Namespace, string Type, string Label, string Value), SortedDictionary<string, StoredResource>> buckets = [];

    public bool Covers(string label) => labels.Contains(label);

    /// <summary>The resources whose label has the value, ordered by id.</summary>
    public IReadOnlyCollection<StoredResource> Find(string @namespace, string type, string label, string value) =>
        buckets.GetValueOrDefault((@namespace, type, label, value), None).Values;

    public void Replace(StoredResource? old, StoredResource? @new)
    {
        foreach (var label in labels)
        {
            if (old?.Label(label) is { } before && (@new is null || @new.Label(label) != before))
                Remove((old.Metadata.Namespace, old.Metadata.Type, label, before), old.Id);
            if (@new?.Label(label) is { } after)
                Bucket((@new.Metadata.Namespace, @new.Metadata.Type, label, after))[@new.Id] = @new;
        }
    }

    private void Remove((string Namespace, string Type, string Label, string Value) key, string id)
    {
        if (!buckets.TryGetValue(key, out var bucket))
            return;
        bucket.Remove(id);
        if (bucket.Count == 0)
            buckets.Remove(key);
    }

    private SortedDictionary<string, StoredResource> Bucket((string Namespace, string Type, string Label, string Value) key)
    {
        if (!buckets.TryGetValue(key, out var bucket))
            buckets[key] = bucket = new SortedDictionary<string, StoredResource>(StringComparer.Ordinal);
        return bucket;
    }
}
