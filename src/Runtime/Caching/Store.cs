using System.Diagnostics.CodeAnalysis;
using k8s;
using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>What happened to one object in a store. <paramref name="Old"/> is null for a new object, <paramref name="New"/> for a deleted one.</summary>
public readonly record struct StoreChange<T>(NamespacedName Key, T? Old, T? New)
    where T : class;

/// <summary>
/// The objects of one kind as last seen on the API server. Readers share the objects: they must not be changed.
/// </summary>
public sealed class Store<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, T> _objects = [];
    private readonly Dictionary<string, StoreIndex<T>> _indexes = new(StringComparer.Ordinal);
    private readonly Dictionary<NamespacedName, (ulong Version, long Sequence)> _expected = [];
    private long _sequence;

    /// <summary>
    /// Raised after each change, by the thread that brought it, in the order of the changes of a key. Handlers must be quick
    /// and must not throw.
    /// </summary>
    public event Action<StoreChange<T>>? Changed;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _objects.Count;
            }
        }
    }

    /// <summary>Adds a secondary index. <paramref name="values"/> must not throw.</summary>
    public void AddIndex(string name, Func<T, IEnumerable<string>> values)
    {
        lock (_gate)
        {
            var index = new StoreIndex<T>(values);
            _indexes.Add(name, index);
            foreach ((NamespacedName key, T value) in _objects)
            {
                index.Update(key, null, value);
            }
        }
    }

    public bool TryGet(NamespacedName key, [NotNullWhen(true)] out T? value)
    {
        lock (_gate)
        {
            return _objects.TryGetValue(key, out value);
        }
    }

    public IReadOnlyList<T> List()
    {
        lock (_gate)
        {
            return [.. _objects.Values];
        }
    }

    public IReadOnlyList<T> List(string @namespace)
    {
        lock (_gate)
        {
            return [.. _objects.Where(pair => pair.Key.Namespace == @namespace).Select(pair => pair.Value)];
        }
    }

    public IReadOnlyList<NamespacedName> Keys()
    {
        lock (_gate)
        {
            return [.. _objects.Keys];
        }
    }

    /// <summary>The objects for which the index gave <paramref name="value"/>, ordered by key.</summary>
    /// <exception cref="KeyNotFoundException">No such index was added.</exception>
    public IReadOnlyList<T> ByIndex(string index, string value)
    {
        lock (_gate)
        {
            return [.. _indexes[index].Keys(value)
                .OrderBy(key => key.Namespace, StringComparer.Ordinal).ThenBy(key => key.Name, StringComparer.Ordinal)
                .Select(key => _objects[key])];
        }
    }

    /// <summary>
    /// Tells the store of an object that this process wrote, as the API server returned it. Until the store has seen that
    /// version or a later one, or that the object is gone, <see cref="IsCaughtUp"/> is false for it.
    /// </summary>
    public void Expect(T written)
    {
        NamespacedName key = written.Key();
        if (!ulong.TryParse(written.Metadata.ResourceVersion, out ulong version))
        {
            return;
        }

        lock (_gate)
        {
            // An object that is not here was deleted meanwhile: nothing of it will be seen any more. One whose last finalizer
            // was taken off is returned with the version that it had before: no later one will come, only its end.
            ulong wanted = IsGone(written) ? ulong.MaxValue : version;
            if (_objects.TryGetValue(key, out T? current) && current.Metadata.Uid == written.Metadata.Uid && !Reaches(current, wanted))
            {
                ulong expected = Math.Max(wanted, _expected.GetValueOrDefault(key).Version);
                _expected[key] = (expected, ++_sequence);
            }
        }
    }

    /// <summary>Whether the object is at least as new as this process's own last write to it.</summary>
    public bool IsCaughtUp(NamespacedName key)
    {
        lock (_gate)
        {
            return !_expected.ContainsKey(key);
        }
    }

    /// <summary>Adds the object or takes its place, unless it is the version that is here already.</summary>
    public void Set(T value)
    {
        StoreChange<T>? change;
        lock (_gate)
        {
            change = SetLocked(value.Key(), value);
        }

        Notify(change);
    }

    /// <summary>Removes the object, which is reported with its last known state.</summary>
    public void Remove(NamespacedName key)
    {
        StoreChange<T>? change;
        lock (_gate)
        {
            change = SetLocked(key, null);
        }

        Notify(change);
    }

    /// <summary>A mark to hand to <see cref="Replace"/>, taken before the list was requested.</summary>
    internal long Mark()
    {
        lock (_gate)
        {
            return _sequence;
        }
    }

    /// <summary>
    /// Takes over the result of a list: what is in <paramref name="scope"/> and neither in <paramref name="values"/> nor in
    /// <paramref name="keep"/> is removed. What was expected before <paramref name="mark"/> is part of the list by then.
    /// </summary>
    internal void Replace(IEnumerable<T> values, IReadOnlySet<NamespacedName> keep, Func<NamespacedName, bool> scope, long mark)
    {
        var changes = new List<StoreChange<T>?>();
        lock (_gate)
        {
            // Resource versions start anew when etcd was restored from a backup: an old expectation would never be met.
            foreach (NamespacedName key in _expected.Where(pair => pair.Value.Sequence <= mark && scope(pair.Key)).Select(pair => pair.Key).ToList())
            {
                _expected.Remove(key);
            }

            Dictionary<NamespacedName, T> listed = values.ToDictionary(value => value.Key());
            foreach (NamespacedName key in _objects.Keys.Where(key => scope(key) && !listed.ContainsKey(key) && !keep.Contains(key)).ToList())
            {
                changes.Add(SetLocked(key, null));
            }

            foreach ((NamespacedName key, T value) in listed)
            {
                changes.Add(SetLocked(key, value));
            }
        }

        changes.ForEach(Notify);
    }

    private static bool Reaches(T value, ulong version) =>
        !ulong.TryParse(value.Metadata.ResourceVersion, out ulong current) || current >= version;

    private static bool IsGone(T written) =>
        written.Metadata is { DeletionTimestamp: not null, DeletionGracePeriodSeconds: null or 0 } && (written.Metadata.Finalizers?.Count ?? 0) == 0;

    private StoreChange<T>? SetLocked(NamespacedName key, T? value)
    {
        T? old = _objects.GetValueOrDefault(key);
        if (old?.Metadata.ResourceVersion is { } version && version == value?.Metadata.ResourceVersion)
        {
            return null;
        }

        if (value is null)
        {
            _expected.Remove(key);
            if (!_objects.Remove(key))
            {
                return null;
            }
        }
        else
        {
            _objects[key] = value;
            if (_expected.TryGetValue(key, out (ulong Version, long Sequence) expected)
                && (Reaches(value, expected.Version) || old?.Metadata.Uid != value.Metadata.Uid))
            {
                _expected.Remove(key);
            }
        }

        foreach (StoreIndex<T> index in _indexes.Values)
        {
            index.Update(key, old, value);
        }

        return new StoreChange<T>(key, old, value);
    }

    private void Notify(StoreChange<T>? change)
    {
        if (change is { } made)
        {
            Changed?.Invoke(made);
        }
    }
}
