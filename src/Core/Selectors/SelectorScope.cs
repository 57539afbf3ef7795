using OmniScale.Proxmox;

namespace OmniScale.Core.Selectors;

/// <summary>What a selector is judged against: the nodes that a VM can land on, and what else the cluster has, for hints.</summary>
public sealed class SelectorScope
{
    /// <summary>Nothing is known of the cluster.</summary>
    public static readonly SelectorScope Unknown = new(null, [], pinned: false);

    private SelectorScope(IReadOnlyList<SelectorNode>? candidates, IReadOnlyList<SelectorNode> cluster, bool pinned)
    {
        Candidates = candidates;
        IsPinned = pinned;
        Nodes = [.. cluster.Select(n => n.Name).Distinct().Order(StringComparer.Ordinal)];
        Names = [.. cluster.SelectMany(n => n.Storages).Select(s => s.Name).Distinct().Order(StringComparer.Ordinal)];
        Types = [.. cluster.SelectMany(n => n.Storages).Select(s => s.Type).Distinct().Order(StringComparer.Ordinal)];
    }

    /// <summary>The nodes that a VM can land on, as far as they could be read; null when they are not known.</summary>
    public IReadOnlyList<SelectorNode>? Candidates { get; }

    public bool IsPinned { get; }

    /// <summary>Candidates whose storages could not be read.</summary>
    public IReadOnlyList<string> Unread { get; private init; } = [];

    /// <summary>Why there are no candidates although the cluster is known; null when there are.</summary>
    public Finding? Problem { get; private init; }

    /// <summary>Names of all nodes, storages and storage types of the cluster.</summary>
    internal IReadOnlyList<string> Nodes { get; }

    internal IReadOnlyList<string> Names { get; }

    internal IReadOnlyList<string> Types { get; }

    /// <summary>For storages that are given instead of read from Proxmox: each node that one of them is on is a candidate, unless one is named.</summary>
    public static SelectorScope Of(IReadOnlyList<SelectorStorage> storages, string? pinned = null)
    {
        var nodes = storages.GroupBy(s => s.Node).Select(g => new SelectorNode(g.Key, [.. g])).OrderBy(n => n.Name, StringComparer.Ordinal).ToList();
        return pinned is null ? new(nodes, nodes, pinned: false)
            : nodes.Find(n => n.Name == pinned) is { } node ? new([node], nodes, pinned: true)
            : new(null, nodes, pinned: true) { Problem = NoNode(pinned, nodes.Select(n => n.Name)) };
    }

    /// <param name="inventory">Null when it was never read.</param>
    /// <param name="pinned">The node that the class is pinned to; null when any node that is online may be chosen.</param>
    public static SelectorScope Of(ProxmoxInventory? inventory, string? pinned)
    {
        if (inventory is null)
        {
            return Unknown;
        }

        var cluster = inventory.Nodes.Select(SelectorNode.Of).ToList();
        var candidates = inventory.Nodes.Where(n => pinned is null ? n.State == NodeState.Online : n.Name == pinned).ToList();
        if (candidates.Find(n => n.State != NodeState.Online) is { } away)
        {
            return new(null, cluster, pinned: true)
            {
                Problem = away.State == NodeState.Offline
                    ? Finding.False(Crds.SelectorReasons.NoCandidateNode, $"node {pinned}, to which the class is pinned, is offline")
                    : Finding.Unknown(Crds.SelectorReasons.InventoryUnknown, $"Proxmox does not know yet whether node {pinned}, to which the class is pinned, is online"),
            };
        }

        if (candidates.Count == 0)
        {
            return new(null, cluster, pinned is not null)
            {
                Problem = pinned is null
                    ? Finding.False(Crds.SelectorReasons.NoCandidateNode, $"no node is online ({string.Join(", ", inventory.Nodes.Select(n => n.Name))})")
                    : NoNode(pinned, inventory.Nodes.Select(n => n.Name)),
            };
        }

        var unread = candidates.Where(n => n.Error is not null && n.Storages.Count == 0).Select(n => n.Name).ToList();
        return new([.. cluster.Where(n => candidates.Any(c => c.Name == n.Name) && !unread.Contains(n.Name))], cluster, pinned is not null) { Unread = unread };
    }

    private static Finding NoNode(string pinned, IEnumerable<string> nodes)
    {
        var names = nodes.ToList();
        var near = NearNames.Nearest(pinned, names);
        return Finding.False(Crds.SelectorReasons.NoCandidateNode,
            $"there is no node \"{pinned}\", to which the class is pinned: the nodes are {string.Join(", ", names)}.{(near is null ? "" : $" Did you mean: {near}")}");
    }
}
