namespace OmniScale.Lab.Proxmox;

/// <summary>The order of a list in one answer: random with a seed, or as it is without one.</summary>
internal sealed class ListOrder(int? seed)
{
    private readonly Lock gate = new();
    private readonly Random? random = seed is { } value ? new Random(value) : null;

    public T[] Apply<T>(IEnumerable<T> rows)
    {
        T[] ordered = [.. rows];
        if (random is not null)
        {
            lock (gate)
                random.Shuffle(ordered);
        }
        return ordered;
    }
}
