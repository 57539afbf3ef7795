namespace OmniScale.Runtime;

public sealed record ControllerOptions
{
    /// <summary>How many passes may run at once, each for another key.</summary>
    public int Workers { get; init; } = 4;

    /// <summary>A quarter of the workers is never given to a namespace that has the rest already: what it waits for may be slow, or not answer at all.</summary>
    internal int WorkersPerNamespace => Math.Max(1, Workers - Math.Max(1, Workers / 4));

    /// <summary>A pass that takes longer is cancelled and tried again with backoff.</summary>
    public TimeSpan ReconcileTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long passes may go on when the process is told to stop.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Every object is looked at again after about this time, changed or not.</summary>
    public TimeSpan ResyncInterval { get; init; } = TimeSpan.FromHours(10);

    /// <summary>The namespaces to follow; empty for all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>Passes are made only while this process leads; null if it has the work for itself.</summary>
    public Leadership? Leadership { get; init; }

    /// <summary>Other caches that must be complete before the first pass.</summary>
    public IReadOnlyList<Func<bool>> WaitFor { get; init; } = [];

    /// <summary>How the objects are followed; its namespace is replaced by each of <see cref="Namespaces"/>.</summary>
    public ReflectorOptions Reflector { get; init; } = new();
}
