using System.Collections.Concurrent;
using OmniScale.Proxmox;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.ProxmoxProviders;

/// <summary>What the last look at a Proxmox brought: an inventory, or a failure.</summary>
/// <param name="At">When it ended: a timestamp of the clock.</param>
internal sealed record ProxmoxReading(long At, ProxmoxInventory? Inventory, EffectivePermissions? Permissions, ProxmoxException? Failure);

/// <summary>
/// Looks at each Proxmox at most once an interval: Proxmox cannot be watched, and passes come for many reasons. Keeps the last
/// inventory that could be read, for the checks of machine classes.
/// </summary>
internal sealed class ProxmoxMonitor(TimeProvider time) : IDisposable
{
    /// <summary>A Proxmox that is away is looked for more often than a healthy one is looked at: what waits for it is to go on soon.</summary>
    private static readonly TimeSpan AwayInterval = TimeSpan.FromSeconds(5);

    /// <summary>How long a pass waits for the look that it began.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<NamespacedName, Session> sessions = new();
    private readonly ProxmoxGates gates = new(time);

    /// <summary>A provider's Proxmox has another inventory than it had at the look before.</summary>
    public event Action<NamespacedName>? InventoryChanged;

    /// <summary>A look that took longer than a pass waits has ended.</summary>
    public event Action<NamespacedName>? LookEnded;

    /// <summary>The last inventory of a provider's Proxmox; null when it was never read.</summary>
    public ProxmoxInventory? Inventory(NamespacedName provider) => sessions.TryGetValue(provider, out var session) ? session.LastInventory : null;

    /// <summary>How long after the last look the next one is due, where <paramref name="interval"/> is wanted of a healthy Proxmox.</summary>
    public TimeSpan NextLook(NamespacedName provider, TimeSpan interval) =>
        interval > AwayInterval && sessions.TryGetValue(provider, out var session) && IsPassing(session.Last?.Failure) ? AwayInterval : interval;

    /// <param name="request">A new value asks for a look at once: the generation, and what users ask for by annotation.</param>
    /// <returns>Null while a look goes on; <see cref="LookEnded"/> tells its end.</returns>
    public async Task<ProxmoxReading?> ReadAsync(NamespacedName provider, ProxmoxEndpoint endpoint, TimeSpan interval, string request, CancellationToken ct)
    {
        var session = sessions.GetOrAdd(provider, _ => new Session());
        if (session.Endpoint != endpoint && session.Use(endpoint, time))
        {
            InventoryChanged?.Invoke(provider);
        }

        var hasEnded = session.Look is { IsCompleted: true };
        if (hasEnded)
        {
            await KeepAsync(provider, session);
        }

        if (session.Look is null)
        {
            // Its end brought this pass, which may have waited in a queue for longer than one that is away is left alone.
            var freshFor = hasEnded ? interval : NextLook(provider, interval);
            if (session.Last is { } last && session.Request == request && time.GetElapsedTime(last.At) < freshFor)
            {
                return last;
            }

            session.Begin(request, LookAsync);

            // Nobody else waits for it: what is asked for meanwhile wants a look of its own.
            if (await IsOverSoonAsync(session.Look!, ct))
            {
                await KeepAsync(provider, session);
                return session.Last;
            }
        }

        _ = session.Look!.ContinueWith(_ => LookEnded?.Invoke(provider), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return null;
    }

    public void Forget(NamespacedName provider)
    {
        if (sessions.TryRemove(provider, out var session))
        {
            session.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (var session in sessions.Values)
        {
            session.Dispose();
        }
    }

    /// <summary>Away, or there and starting, or behind a proxy that does not reach it.</summary>
    private static bool IsPassing(ProxmoxException? failure) => ProxmoxGates.IsAway(failure) || failure?.Kind == ProxmoxFailure.ServerError;

    private async Task KeepAsync(NamespacedName provider, Session session)
    {
        if (await session.KeepAsync())
        {
            InventoryChanged?.Invoke(provider);
        }
    }

    /// <summary>Waits for a moment only: one Proxmox that lets each look run into its time limit, as a firewall does, must not take the workers from the others.</summary>
    private async Task<bool> IsOverSoonAsync(Task look, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var over = await Task.WhenAny(look, Task.Delay(Patience, time, limit.Token));
        await limit.CancelAsync();
        ct.ThrowIfCancellationRequested();
        return over == look;
    }

    private async Task<ProxmoxReading> LookAsync(ProxmoxEndpoint endpoint, IProxmoxClient client, CancellationToken ct)
    {
        try
        {
            return await gates.LookAsync(endpoint.Url, async token =>
            {
                var inventory = await client.ReadInventoryAsync(token);
                var permissions = await client.GetPermissionsAsync(token);
                return new ProxmoxReading(time.GetTimestamp(), inventory, permissions, null);
            }, ct);
        }
        catch (ProxmoxException e)
        {
            return new(time.GetTimestamp(), null, null, e);
        }
    }

    /// <summary>Passes over one provider never overlap, so a session needs no lock; <see cref="LastInventory"/> alone is read by others.</summary>
    private sealed class Session : IDisposable
    {
        private CancellationTokenSource? closing;
        private IProxmoxClient? client;
        private volatile ProxmoxInventory? lastInventory;

        public ProxmoxEndpoint? Endpoint { get; private set; }

        /// <summary>The look under way, which may outlive the pass that began it.</summary>
        public Task<ProxmoxReading>? Look { get; private set; }

        public ProxmoxReading? Last { get; private set; }

        /// <summary>What the last look, or the one under way, was begun for.</summary>
        public string? Request { get; private set; }

        public ProxmoxInventory? LastInventory => lastInventory;

        /// <returns>Whether an inventory was known, which is that of another Proxmox.</returns>
        public bool Use(ProxmoxEndpoint endpoint, TimeProvider time)
        {
            var isElsewhere = lastInventory is not null && Endpoint!.Url != endpoint.Url;
            lastInventory = isElsewhere ? null : lastInventory;
            Dispose();
            (Endpoint, client, closing) = (endpoint, new ProxmoxClient(endpoint, time: time), new CancellationTokenSource());
            (Look, Last) = (null, null);
            return isElsewhere;
        }

        public void Begin(string request, Func<ProxmoxEndpoint, IProxmoxClient, CancellationToken, Task<ProxmoxReading>> look)
        {
            Request = request;
            // In the trace of the pass that began it, though it may outlive that.
            Look = look(Endpoint!, client!, closing!.Token);
        }

        /// <returns>Whether the look found another inventory than before.</returns>
        public async Task<bool> KeepAsync()
        {
            var ended = Look!;
            (Look, Last) = (null, null);
            Last = await ended;
            var before = lastInventory;
            lastInventory = Last.Inventory ?? before;
            return Last.Inventory is { } inventory && !inventory.Equals(before);
        }

        public void Dispose()
        {
            closing?.Cancel();
            closing?.Dispose();
            client?.Dispose();
        }
    }
}
