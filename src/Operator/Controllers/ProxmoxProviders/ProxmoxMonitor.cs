using System.Collections.Concurrent;
using OmniScale.Proxmox;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.ProxmoxProviders;

/// <summary>What the last look at a Proxmox brought: an inventory, or a failure.</summary>
internal sealed record ProxmoxReading(DateTimeOffset At, ProxmoxInventory? Inventory, EffectivePermissions? Permissions, ProxmoxException? Failure);

/// <summary>
/// Looks at each Proxmox at most once an interval: Proxmox cannot be watched, and passes come for many reasons. Keeps the last
/// inventory that could be read, for the checks of machine classes.
/// </summary>
internal sealed class ProxmoxMonitor(TimeProvider time) : IDisposable
{
    /// <summary>A Proxmox that is away is looked for more often than a healthy one is looked at: what waits for it is to go on soon.</summary>
    private static readonly TimeSpan AwayInterval = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<NamespacedName, Session> sessions = new();
    private readonly ProxmoxGates gates = new(time);

    /// <summary>The last inventory of a provider's Proxmox; null when it was never read.</summary>
    public ProxmoxInventory? Inventory(NamespacedName provider) => sessions.TryGetValue(provider, out var session) ? session.LastInventory : null;

    /// <summary>How long after the last look the next one is due, where <paramref name="interval"/> is wanted of a healthy Proxmox.</summary>
    public TimeSpan NextLook(NamespacedName provider, TimeSpan interval) =>
        interval > AwayInterval && sessions.TryGetValue(provider, out var session) && ProxmoxGates.IsAway(session.Last?.Failure) ? AwayInterval : interval;

    /// <param name="request">A new value asks for a look at once: the generation, and what users ask for by annotation.</param>
    /// <returns>The reading, and whether the inventory is another one than before.</returns>
    public async Task<(ProxmoxReading Reading, bool InventoryChanged)> ReadAsync(NamespacedName provider, ProxmoxEndpoint endpoint, TimeSpan interval, string request, CancellationToken ct)
    {
        var session = sessions.GetOrAdd(provider, _ => new Session());
        if (session.Endpoint != endpoint)
        {
            session.Use(endpoint, time);
        }

        if (session.Last is { } last && session.Request == request && time.GetUtcNow() - last.At < NextLook(provider, interval))
        {
            return (last, false);
        }

        var reading = await LookAsync(endpoint, session.Client!, ct);
        var changed = reading.Inventory is not null && !reading.Inventory.Equals(session.LastInventory);
        session.Keep(reading, request);
        return (reading, changed);
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

    private async Task<ProxmoxReading> LookAsync(ProxmoxEndpoint endpoint, IProxmoxClient client, CancellationToken ct)
    {
        try
        {
            return await gates.LookAsync(endpoint.Url, async token =>
            {
                var inventory = await client.ReadInventoryAsync(token);
                var permissions = await client.GetPermissionsAsync(token);
                return new ProxmoxReading(time.GetUtcNow(), inventory, permissions, null);
            }, ct);
        }
        catch (ProxmoxException e)
        {
            return new(time.GetUtcNow(), null, null, e);
        }
    }

    /// <summary>Passes over one provider never overlap, so a session needs no lock; <see cref="LastInventory"/> alone is read by others.</summary>
    private sealed class Session : IDisposable
    {
        private volatile ProxmoxInventory? lastInventory;

        public ProxmoxEndpoint? Endpoint { get; private set; }

        public IProxmoxClient? Client { get; private set; }

        public ProxmoxReading? Last { get; private set; }

        public string? Request { get; private set; }

        public ProxmoxInventory? LastInventory => lastInventory;

        public void Use(ProxmoxEndpoint endpoint, TimeProvider time)
        {
            Client?.Dispose();
            (Endpoint, Client, Last) = (endpoint, new ProxmoxClient(endpoint, time: time), null);
        }

        public void Keep(ProxmoxReading reading, string request)
        {
            (Last, Request) = (reading, request);
            lastInventory = reading.Inventory ?? lastInventory;
        }

        public void Dispose() => Client?.Dispose();
    }
}
