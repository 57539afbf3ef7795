using System.Diagnostics.CodeAnalysis;

namespace OmniScale.Runtime;

/// <summary>Keys ordered by the time they are due, at most one time per key. Not thread-safe.</summary>
internal sealed class DelayedKeys
{
    private static readonly IComparer<(DateTimeOffset Due, NamespacedName Key)> ByDueThenKey =
        Comparer<(DateTimeOffset Due, NamespacedName Key)>.Create((a, b) =>
        {
            int order = a.Due.CompareTo(b.Due);
            order = order != 0 ? order : string.CompareOrdinal(a.Key.Namespace, b.Key.Namespace);
            return order != 0 ? order : string.CompareOrdinal(a.Key.Name, b.Key.Name);
        });

    private readonly SortedSet<(DateTimeOffset Due, NamespacedName Key)> _ordered = new(ByDueThenKey);
    private readonly Dictionary<NamespacedName, DateTimeOffset> _due = [];

    public int Count => _due.Count;

    public DateTimeOffset? Next => _ordered.Count == 0 ? null : _ordered.Min.Due;

    public void Set(NamespacedName key, DateTimeOffset due)
    {
        Remove(key);
        _due.Add(key, due);
        _ordered.Add((due, key));
    }

    public void SetIfEarlier(NamespacedName key, DateTimeOffset due)
    {
        if (!_due.TryGetValue(key, out DateTimeOffset current) || due < current)
        {
            Set(key, due);
        }
    }

    public bool Remove(NamespacedName key) => _due.Remove(key, out DateTimeOffset due) && _ordered.Remove((due, key));

    public bool TryTakeDue(DateTimeOffset now, [MaybeNullWhen(false)] out NamespacedName key)
    {
        key = default;
        if (_ordered.Count == 0 || _ordered.Min.Due > now)
        {
            return false;
        }

        key = _ordered.Min.Key;
        return Remove(key);
    }
}
