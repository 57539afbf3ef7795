using OmniScale.Core;
using OmniScale.Core.Providers;
using OmniScale.Crds;
using OmniScale.Operator.Controllers.MachineClasses;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.ProxmoxProviders;

/// <summary>Looks at a Proxmox cluster and at its provider in Omni, and says what it sees. Changes nothing in either.</summary>
internal sealed class ProxmoxProviderReconciler(
    ReconcilerServices services, Store<ProxmoxProvider> store, Store<MachineClass> classes, SecretCache secrets, ProxmoxMonitor monitor)
    : Reconciler<ProxmoxProvider, ProviderFacts>(services, store)
{
    private static readonly TimeSpan DefaultInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(10);

    private readonly FigureClock figures = new(services.Time);

    protected override IReadOnlyList<Func<Pass<ProxmoxProvider, ProviderFacts>, CancellationToken, Task>> Steps =>
        [SuspendAsync, LookAtProxmoxAsync, LookAtOmniAsync];

    protected override (CommonStatus Status, Outcome Outcome) Compute(ProxmoxProvider value, ProviderFacts facts)
    {
        facts.FiguresDue = figures.IsDue(value.Key());
        var (status, outcome) = ProviderStatusCalculator.Compute(value, facts);
        if (facts.Inventory is not null)
        {
            figures.Note(value.Key(), value.Status?.Storages, status.Storages);
        }

        // Proxmox cannot be watched: whatever the outcome, it is looked at again.
        return (status, outcome.Kind is OutcomeKind.Suspended ? outcome : outcome with { After = monitor.NextLook(value.Key(), Interval(value)) });
    }

    protected override IEnumerable<NamespacedName> OtherSecrets(ProxmoxProvider value) => ProxmoxSecrets.Of(value);

    protected override void Forget(NamespacedName key)
    {
        base.Forget(key);
        monitor.Forget(key);
        figures.Forget(key);
    }

    protected override Task<bool> DeleteAsync(Pass<ProxmoxProvider, ProviderFacts> pass, CancellationToken ct)
    {
        var users = classes.ByIndex(MachineClassIndexes.Provider, MachineClassIndexes.ProviderKey(pass.Key.Namespace, pass.Key.Name));
        if (users.Count == 0)
        {
            return Task.FromResult(true);
        }

        pass.Facts.Outcome = Outcome.Waiting(CommonReasons.InUse, $"deletion waits for MachineClasses that use this provider: {string.Join(", ", users.Select(c => c.Metadata.Name).Order(StringComparer.Ordinal))}");
        return Task.FromResult(false);
    }

    private static Task SuspendAsync(Pass<ProxmoxProvider, ProviderFacts> pass, CancellationToken ct)
    {
        if (pass.Object.Spec.Suspend)
        {
            pass.Facts.Outcome = Outcome.Suspended("nothing is asked while spec.suspend is true");
        }

        return Task.CompletedTask;
    }

    /// <summary>Reads Proxmox's inventory. Records ProviderReachable and PermissionsSufficient; a Proxmox that is away does not keep Omni from being looked at.</summary>
    private async Task LookAtProxmoxAsync(Pass<ProxmoxProvider, ProviderFacts> pass, CancellationToken ct)
    {
        var (endpoint, problem) = ProxmoxSecrets.Read(pass.Object, secrets);
        if (endpoint is null)
        {
            pass.Facts.ProviderReachable = problem;
            pass.IsConnecting = problem == ProxmoxSecrets.Reading;
            return;
        }

        var request = $"{pass.Object.Metadata.Generation} {pass.Object.RequestedAt()}";
        if (await monitor.ReadAsync(pass.Key, endpoint, Interval(pass.Object), request, ct) is not { } reading)
        {
            pass.IsConnecting = true;
            return;
        }

        pass.Facts.ProviderReachable = ProviderFindings.Reachable(reading.Failure, reading.Inventory);
        pass.Facts.PermissionsSufficient = reading.Inventory is { } inventory ? ProviderFindings.Permissions(inventory, reading.Permissions) : null;
        pass.Facts.Inventory = reading.Inventory;
    }

    /// <summary>Reads what Omni says of the provider. Records ProviderRegistered and ProviderConnected.</summary>
    private async Task LookAtOmniAsync(Pass<ProxmoxProvider, ProviderFacts> pass, CancellationToken ct)
    {
        if (!await OpenOmniAsync(pass, ct))
        {
            // A Proxmox that is away is the earlier cause.
            pass.Facts.Outcome = pass.Facts.Outcome!.Kind == OutcomeKind.Waiting && pass.Facts.ProviderReachable is { Verdict: not Verdict.True } ? null : pass.Facts.Outcome;
            return;
        }

        var cache = pass.Omni.Cache;
        var id = pass.Object.ProviderId;
        pass.Facts.ProviderRegistered = ProviderFindings.Registered(id, cache.All(Omni.Api.ResourceTypes.InfraProviders).Select(p => p.Id));
        pass.Facts.ProviderConnected = ProviderFindings.Connected(id, cache.Find(Omni.Api.ResourceTypes.InfraProviderStatuses, id) is not null,
            cache.Find(Omni.Api.ResourceTypes.InfraProviderCombinedStatuses, id)?.Spec.Health);
        pass.Facts.ProviderVersion = cache.Find(Omni.Api.ResourceTypes.InfraProviderStatuses, id)?.Spec.Version is { Length: > 0 } version ? version : null;
    }

    private static TimeSpan Interval(ProxmoxProvider provider) =>
        provider.Spec.CheckInterval is { } text && Durations.Parse(text) is { } interval ? interval > ShortestInterval ? interval : ShortestInterval : DefaultInterval;
}
