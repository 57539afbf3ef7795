using System.Collections;

namespace OmniScale.Cel.Values;

/// <summary>An immutable view of a list. Appending shares storage, so that macros that build a list take linear time.</summary>
internal sealed class CelList : IReadOnlyList<CelValue>
{
    private readonly Store _store;

    public CelList(CelValue[] items)
        : this(new Store { Items = items, Used = items.Length }, items.Length)
    {
    }

    private CelList(Store store, int count)
    {
        _store = store;
        Count = count;
    }

    public int Count { get; }

    public CelValue this[int index] => _store.Items[index];

    public ReadOnlySpan<CelValue> Items => _store.Items.AsSpan(0, Count);

    public CelList Concat(CelList other)
    {
        if (other.Count == 0)
        {
            return this;
        }

        if (Count == 0)
        {
            return other;
        }

        var count = checked(Count + other.Count);
        lock (_store)
        {
            // Only the list that ends where the storage ends may grow into it.
            if (_store.Used == Count)
            {
                if (_store.Items.Length < count)
                {
                    Array.Resize(ref _store.Items, Math.Max(count, Math.Max(4, Count * 2)));
                }

                other.Items.CopyTo(_store.Items.AsSpan(Count));
                _store.Used = count;
                return new CelList(_store, count);
            }
        }

        var items = new CelValue[count];
        Items.CopyTo(items);
        other.Items.CopyTo(items.AsSpan(Count));
        return new CelList(items);
    }

    public IEnumerator<CelValue> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private sealed class Store
    {
        public CelValue[] Items = [];
        public int Used;
    }
}

/// <summary>A map that keeps its insertion order. Keys of different types are different keys, but numeric lookups cross types.</summary>
internal sealed class CelMap : IEnumerable<KeyValuePair<CelValue, CelValue>>
{
    private readonly Dictionary<CelValue, CelValue> _entries = new(KeyComparer.Instance);

    public int Count => _entries.Count;

    public IEnumerable<CelValue> Keys => _entries.Keys;

    public void Set(CelValue key, CelValue value) => _entries[key] = value;

    public bool TryGet(CelValue key, out CelValue value)
    {
        if (_entries.TryGetValue(key, out value))
        {
            return true;
        }

        switch (key.Kind)
        {
            case CelKind.Double:
                return (Numbers.ToIntExactly(key.AsDouble) is { } i && _entries.TryGetValue(CelValue.Int(i), out value))
                    || (Numbers.ToUIntExactly(key.AsDouble) is { } u && _entries.TryGetValue(CelValue.UInt(u), out value));
            case CelKind.Int:
                return key.AsInt >= 0 && _entries.TryGetValue(CelValue.UInt((ulong)key.AsInt), out value);
            case CelKind.UInt:
                return key.AsUInt <= long.MaxValue && _entries.TryGetValue(CelValue.Int((long)key.AsUInt), out value);
            default:
                return false;
        }
    }

    public IEnumerator<KeyValuePair<CelValue, CelValue>> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Equal kind and equal value; lists and maps are keys by identity, and NaN equals nothing.</summary>
    private sealed class KeyComparer : IEqualityComparer<CelValue>
    {
        public static readonly KeyComparer Instance = new();

        public bool Equals(CelValue x, CelValue y) =>
            x.Kind == y.Kind && x.Kind switch
            {
                CelKind.List => ReferenceEquals(x.ListItems, y.ListItems),
                CelKind.Map => ReferenceEquals(x.MapItems, y.MapItems),
                _ => ValueEquality.AreEqual(x, y),
            };

        public int GetHashCode(CelValue value) => value.Kind switch
        {
            CelKind.List or CelKind.Map => (int)value.Kind,
            _ => ValueEquality.Hash(value),
        };
    }
}
