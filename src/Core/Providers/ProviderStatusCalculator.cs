using System.Globalization;
using OmniScale.Crds;
using OmniScale.Proxmox;

namespace OmniScale.Core.Providers;

/// <summary>What one pass found out about a ProxmoxProvider.</summary>
public sealed class ProviderFacts : PassFacts
{
    public Finding? ProviderReachable { get; set; }

    public Finding? PermissionsSufficient { get; set; }

    public Finding? ProviderRegistered { get; set; }

    public Finding? ProviderConnected { get; set; }

    public ProxmoxInventory? Inventory { get; set; }

    /// <summary>Version of the provider process, as Omni knows it.</summary>
    public string? ProviderVersion { get; set; }

    /// <summary>Figures that move all the time, such as free space, may be written: the last time is long enough ago.</summary>
    public bool FiguresDue { get; set; }
}

/// <summary>A ProxmoxProvider's status as a function of the object and the facts of a pass.</summary>
public static class ProviderStatusCalculator
{
    private const long GiB = 1L << 30;
    private const long MiB = 1L << 20;

    /// <summary>Sizes are news when they moved by more than this part of the storage's size. Ceph and ZFS move the size itself with every write.</summary>
    private const double NewsworthyPart = 0.05;

    /// <summary>What the schema takes of a node's error.</summary>
    private const int MaxError = 1024;

    /// <returns>The status, and the outcome that it shows.</returns>
    public static (ProxmoxProviderStatus Status, Outcome Outcome) Compute(ProxmoxProvider provider, ProviderFacts facts)
    {
        var before = provider.Status ?? new ProxmoxProviderStatus();
        var generation = provider.Metadata.Generation ?? 0;
        var outcome = facts.Outcome ?? Judge(facts);
        var status = before with
        {
            ObservedGeneration = generation,
            LastHandledReconcileAt = provider.RequestedAt() ?? before.LastHandledReconcileAt,
            Omni = facts.Binding ?? before.Omni,
            ProviderId = provider.ProviderId,
            ProviderVersion = facts.ProviderVersion ?? before.ProviderVersion,
            Conditions = new ConditionSet(before.Conditions, generation)
                .With(ProxmoxProviderConditions.ProviderReachable, facts.ProviderReachable)
                .With(ProxmoxProviderConditions.PermissionsSufficient, facts.PermissionsSufficient)
                .With(ProxmoxProviderConditions.ProviderRegistered, facts.ProviderRegistered)
                .With(ProxmoxProviderConditions.ProviderConnected, facts.ProviderConnected)
                .With(CommonConditions.OmniReachable, facts.OmniReachable)
                .Build(outcome),
        };
        return (facts.Inventory is { } inventory ? Mirror(status, before, inventory, facts.FiguresDue) : status, outcome);
    }

    /// <summary>The first thing that is not as it should be, in the order in which one would look.</summary>
    private static Outcome Judge(ProviderFacts facts)
    {
        var bad = new[] { facts.ProviderReachable, facts.PermissionsSufficient, facts.OmniReachable, facts.ProviderRegistered, facts.ProviderConnected }
            .FirstOrDefault(finding => finding is { Verdict: not Verdict.True });
        if (bad is not null)
        {
            return Outcome.Waiting(bad.Reason, bad.Message);
        }

        if (facts.Inventory is { Quorate: false })
        {
            return Outcome.Waiting(ProxmoxReasons.NoQuorum, "the Proxmox cluster has no quorum: it creates and starts nothing until most of its nodes are back");
        }

        var offline = (facts.Inventory?.Nodes ?? []).Where(n => n.State != NodeState.Online).Select(n => n.Name).ToList();
        return Outcome.Done(offline.Count == 0
            ? $"Proxmox {facts.Inventory?.Version.Version} answers and the provider is connected"
            : $"Proxmox answers and the provider is connected; not online: {string.Join(", ", offline)}");
    }

    private static ProxmoxProviderStatus Mirror(ProxmoxProviderStatus status, ProxmoxProviderStatus before, ProxmoxInventory inventory, bool figuresDue)
    {
        var online = inventory.Nodes.Count(n => n.State == NodeState.Online);
        return status with
        {
            Version = inventory.Version.Version,
            Quorate = inventory.Quorate,
            NodesOnline = string.Create(CultureInfo.InvariantCulture, $"{online}/{inventory.Nodes.Count}"),
            Nodes = [.. inventory.Nodes.Select(n => new NodeStatus
            {
                Name = n.Name,
                Online = n.State == NodeState.Online,
                Cpus = n.MaxCpu,
                MemoryMiB = n.MaxMemoryBytes / MiB,
                Error = n.Error is { } error ? Text.Cut(error, MaxError) : null,
            })],
            Storages = [.. Storages(inventory, before, figuresDue)],
            Bridges = [.. inventory.Nodes.SelectMany(n => n.Bridges.Select(b => (Bridge: b.Name, Node: n.Name)))
                .GroupBy(pair => pair.Bridge, pair => pair.Node)
                .OrderBy(group => group.Key, StringComparer.Ordinal)
                .Select(group => new BridgeStatus { Name = group.Key, Nodes = [.. group.Order(StringComparer.Ordinal)] })],
            PciMappings = [.. inventory.PciMappings
                .Select(m => new PciMappingStatus { Name = m.Id, Nodes = [.. m.Devices.Select(d => d.Node).Distinct().Order(StringComparer.Ordinal)] })],
        };
    }

    private static IEnumerable<StorageStatus> Storages(ProxmoxInventory inventory, ProxmoxProviderStatus before, bool figuresDue)
    {
        var rows = inventory.Nodes.SelectMany(node => node.Storages.Select(storage => (node, storage)));
        foreach (var group in rows.GroupBy(row => row.storage.Name).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var first = group.First().storage;
            var earlier = before.Storages?.FirstOrDefault(s => s.Name == group.Key);
            yield return new StorageStatus
            {
                Name = group.Key,
                Type = first.Type,
                Content = [.. first.Content.Order(StringComparer.Ordinal)],
                Shared = first.Shared,
                Nodes = [.. group
                    .Where(row => row.storage.Enabled)
                    .OrderBy(row => row.node.Name, StringComparer.Ordinal)
                    .Select(row => OnNode(row.node.Name, row.storage, earlier?.Nodes?.FirstOrDefault(n => n.Name == row.node.Name), figuresDue))],
            };
        }
    }

    private static StorageOnNode OnNode(string node, ProxmoxStorage storage, StorageOnNode? earlier, bool figuresDue)
    {
        long total = (long)(storage.TotalBytes / (ulong)GiB), free = (long)(storage.AvailableBytes / (ulong)GiB);
        var shown = earlier is { FreeGiB: not null, TotalGiB: not null } && earlier.Available == storage.Active ? earlier : null;
        var news = shown is null || (figuresDue && (Moved(free, shown.FreeGiB!.Value) || Moved(total, shown.TotalGiB!.Value)));
        return new StorageOnNode { Name = node, Available = storage.Active, TotalGiB = news ? total : shown!.TotalGiB, FreeGiB = news ? free : shown!.FreeGiB };

        bool Moved(long now, long before) => Math.Abs(now - before) > total * NewsworthyPart;
    }
}
