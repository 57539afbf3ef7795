using Microsoft.Extensions.Logging;
using OmniScale.Omni.Api;

namespace OmniScale.Omni;

/// <summary>
/// Shares connections among all who need the same one. A holder, such as an object of the operator, has one connection at a time; a
/// connection without holders is closed after a grace time.
/// </summary>
public sealed class OmniConnectionPool(OmniCacheSet caches, TimeSpan grace, TimeProvider time, ILoggerFactory loggers, OmniWriteGuard? guard = null) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly Dictionary<OmniConnectionId, Shared> connections = [];
    private readonly Dictionary<string, OmniConnectionId> holders = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool disposed;

    public event Action<OmniConnection, OmniChange>? Changed;

    public event Action<OmniConnection, ResourceType>? Synced;

    public event Action<OmniConnection, OmniHealth>? HealthChanged;

    /// <inheritdoc cref="OmniConnection.CallsResumed"/>
    public event Action<OmniConnection>? CallsResumed;

    /// <summary>Fails when what follows an Omni ended on a defect: its caches would grow old unnoticed. Never completes otherwise.</summary>
    public Task Failure => failure.Task;

    public IReadOnlyList<OmniConnection> Connections
    {
        get
        {
            lock (gate)
            {
                return [.. connections.Values.Select(c => c.Connection)];
            }
        }
    }

    /// <summary>The connection that these settings lead to, opened if need be. It replaces what the holder had before.</summary>
    public OmniConnection GetOrCreate(string holder, OmniConnectionSettings settings)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, this);
            var id = settings.Id;
            if (!connections.TryGetValue(id, out var shared))
            {
                connections[id] = shared = new Shared(Open(settings));
            }

            shared.Holders.Add(holder);
            shared.Closing?.Dispose();
            shared.Closing = null;
            if (holders.TryGetValue(holder, out var former) && former != id)
            {
                LetGo(holder, former);
            }

            holders[holder] = id;
            return shared.Connection;
        }
    }

    public void Release(string holder)
    {
        lock (gate)
        {
            if (holders.Remove(holder, out var id))
            {
                LetGo(holder, id);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Shared[] open;
        lock (gate)
        {
            disposed = true;
            open = [.. connections.Values];
            connections.Clear();
            holders.Clear();
        }

        foreach (var shared in open)
        {
            shared.Closing?.Dispose();
            await shared.Connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private OmniConnection Open(OmniConnectionSettings settings)
    {
        var connection = new OmniConnection(settings, caches, time, loggers.CreateLogger<OmniConnection>(), guard);
        connection.Cache.Changed += change => Changed?.Invoke(connection, change);
        connection.Cache.Synced += type => Synced?.Invoke(connection, type);
        connection.HealthChanged += health => HealthChanged?.Invoke(connection, health);
        connection.CallsResumed += () => CallsResumed?.Invoke(connection);
        connection.LoopFailed += e => failure.TrySetException(e);
        return connection;
    }

    private void LetGo(string holder, OmniConnectionId id)
    {
        if (connections.TryGetValue(id, out var shared) && shared.Holders.Remove(holder) && shared.Holders.Count == 0)
        {
            shared.Closing = time.CreateTimer(_ => CloseIfUnused(id, shared), null, grace, Timeout.InfiniteTimeSpan);
        }
    }

    private void CloseIfUnused(OmniConnectionId id, Shared shared)
    {
        lock (gate)
        {
            // It may have been taken up again while the timer was already firing.
            if (shared.Closing is null || shared.Holders.Count > 0 || disposed)
            {
                return;
            }

            shared.Closing.Dispose();
            connections.Remove(id);
        }

        loggers.CreateLogger<OmniConnectionPool>().LogInformation("Closing the unused connection to {Omni}", shared.Connection);
        _ = shared.Connection.DisposeAsync().AsTask();
    }

    private sealed class Shared(OmniConnection connection)
    {
        public OmniConnection Connection { get; } = connection;

        public HashSet<string> Holders { get; } = new(StringComparer.Ordinal);

        public ITimer? Closing { get; set; }
    }
}
