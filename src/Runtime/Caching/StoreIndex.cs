namespace OmniScale.Runtime;

/// <summary>A secondary index: value → keys. Not thread-safe.</summary>
internal sealed class StoreIndex<T>(Func<T, IEnumerable<string>> values)
    where T : class
{
    private readonly Dictionary<string, HashSet<NamespacedName>> _keys = new(StringComparer.Ordinal);

    public IReadOnlyCollection<NamespacedName> Keys(string value) => _keys.TryGetValue(value, out HashSet<NamespacedName>? keys) ? keys : [];

    public void Update(NamespacedName key, T? old, T? @new)
    {
        foreach (string value in old is null ? [] : values(old))
        {
            if (_keys.TryGetValue(value, out HashSet<NamespacedName>? keys) && keys.Remove(key) && keys.Count == 0)
            {
                _keys.Remove(value);
            }
        }

        foreach (string value in @new is null ? [] : values(@new))
        {
            if (!_keys.TryGetValue(value, out HashSet<NamespacedName>? keys))
            {
                _keys.Add(value, keys = []);
            }

            keys.Add(key);
        }
    }
}
