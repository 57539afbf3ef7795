using System.Diagnostics.CodeAnalysis;

namespace OmniScale.Runtime;

/// <summary>
/// Keys ordered by the time they are due, at most one time per key. Not thread-safe. Times are timestamps, which go on steadily: a
/// clock that is set, as after a machine was suspended, holds nothing up.
/// </summary>
internal sealed class DelayedKeys
{
    private static readonly IComparer<(long Due, NamespacedName Key)> ByDueThenKey =
        Comparer<(long Due, NamespacedName Key)>.Create((a, b) =>
        {
            int order = a.Due.CompareTo(b.Due);
            order = order != 0 ? order : string.CompareOrdinal(a.Key.Namespace, b.Key.Namespace);
            return order != 0 ? order : string.CompareOrdinal(a.Key.Name, b.Key.Name);
        });

    private readonly SortedSet<(long Due, NamespacedName Key)> _ordered = new(ByDueThenKey);
    private readonly Dictionary<NamespacedName, long> _due = [];

    public int Count => _due.Count;

    public long? Next => _ordered.Count == 0 ? null : _ordered.Min.Due;

    public void Set(NamespacedName key, long due)
    {
        Remove(key);
        _due.Add(key, due);
        _ordered.Add((due, key));
    }

    public void SetIfEarlier(NamespacedName key, long due)
    {
        if (!_due.TryGetValue(key, out long current) || due < current)
        {
            Set(key, due);
        }
    }

    public bool Remove(NamespacedName key) => _due.Remove(key, out long due) && _ordered.Remove((due, key));

    public bool TryTakeDue(long now, [MaybeNullWhen(false)] out NamespacedName key)
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
