namespace OmniScale.Runtime;

/// <summary>Which Secrets the objects of one kind refer to.</summary>
public sealed class SecretReferences
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NamespacedName, HashSet<NamespacedName>> _byOwner = [];
    private readonly SecretCache _cache;
    private readonly Action<NamespacedName> _notify;

    internal SecretReferences(SecretCache cache, Action<NamespacedName> notify)
    {
        _cache = cache;
        _notify = notify;
    }

    /// <summary>States all Secrets that the owner refers to now. Cheap when nothing changed: meant to be called in every pass.</summary>
    public void Set(NamespacedName owner, params IEnumerable<NamespacedName> secrets)
    {
        var wanted = secrets.ToHashSet();
        lock (_gate)
        {
            HashSet<NamespacedName> present = _byOwner.GetValueOrDefault(owner) ?? [];
            foreach (NamespacedName secret in wanted.Except(present))
            {
                _cache.Add(secret, this, owner);
            }

            foreach (NamespacedName secret in present.Except(wanted))
            {
                _cache.Remove(secret, this, owner);
            }

            if (wanted.Count == 0)
            {
                _byOwner.Remove(owner);
            }
            else
            {
                _byOwner[owner] = wanted;
            }
        }
    }

    /// <summary>The owner is gone.</summary>
    public void Clear(NamespacedName owner) => Set(owner);

    internal void Notify(NamespacedName owner) => _notify(owner);
}
