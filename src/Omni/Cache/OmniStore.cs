using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni;

/// <summary>The cached resources of one type, and how well the cache follows Omni.</summary>
public abstract class OmniStore
{
    private readonly TaskCompletionSource synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long lastHeard;
    private volatile OmniException? error;
    private volatile bool isUp;
    private int restarts;

    private protected OmniStore(ResourceType type) => Type = type;

    public ResourceType Type { get; }

    /// <summary>Whether everything was read once. It stays so when the watch breaks: the store then keeps what it knew.</summary>
    public bool IsSynced => synced.Task.IsCompletedSuccessfully;

    /// <summary>When Omni last said anything about this type, a timestamp of the connection's clock; null if never.</summary>
    public long? LastHeard => Interlocked.Read(ref lastHeard) is not 0 and var timestamp ? timestamp : null;

    /// <summary>How often the watch had to be opened again.</summary>
    public int Restarts => restarts;

    /// <summary>Why the watch does not run now; null while it does, and before it first failed.</summary>
    public OmniException? Error => error;

    /// <summary>Whether the watch runs now.</summary>
    public bool IsUp => isUp;

    public abstract int Count { get; }

    internal Task WhenSynced => synced.Task;

    /// <summary>Raised after a change is visible to readers, outside of any lock.</summary>
    internal event Action<OmniChange>? Changed;

    internal abstract OmniResource? FindResource(string id);

    internal abstract IReadOnlyList<OmniResource> ResourcesByLabel(string label, string value);

    internal abstract Incarnation? IncarnationOf(string id);

    // What the watch tells.
    internal abstract void BeginBootstrap();

    internal abstract void Stage(Resource wire);

    /// <returns>True the first time, when the store can be read from then on.</returns>
    internal abstract bool FinishBootstrap();

    internal abstract void Apply(Resource wire);

    internal abstract void Remove(Metadata metadata);

    // What this connection's own writes tell. Written comes between the two others.
    internal abstract void BeginWrite(string id);

    internal abstract void EndWrite(string id);

    internal abstract void Written(OmniResource resource);

    internal abstract void TornDown(string id, Incarnation known);

    internal abstract void Destroyed(string id, Incarnation known);

    internal void Heard(long timestamp) => Interlocked.Exchange(ref lastHeard, timestamp);

    internal void StreamUp()
    {
        error = null;
        isUp = true;
    }

    internal void StreamDown(OmniException failure)
    {
        error = failure;
        isUp = false;
        Interlocked.Increment(ref restarts);
    }

    private protected bool MarkSynced() => synced.TrySetResult();

    private protected void Raise(OmniChange? change)
    {
        if (change is { } happened)
        {
            Changed?.Invoke(happened);
        }
    }

    private protected void Raise(IEnumerable<OmniChange> changes)
    {
        foreach (var change in changes)
        {
            Changed?.Invoke(change);
        }
    }
}
