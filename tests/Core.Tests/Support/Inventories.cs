using OmniScale.Proxmox;

namespace OmniScale.Core.Tests;

/// <summary>A Proxmox cluster of three nodes that share a Ceph pool.</summary>
internal static class Inventories
{
    public const ulong GiB = 1UL << 30;

    public static ProxmoxInventory Matrix(params ReadOnlySpan<ProxmoxNode> nodes) => new(
        new("9.1.5", "9.1"),
        "matrix",
        Quorate: true,
        nodes.Length > 0 ? ValueList.Create(nodes) : [Node("foxtrot"), Node("golf"), Node("hotel")],
        [new("gpu", null, false, [new("hotel", "0000:01:00.0", null), new("golf", "0000:01:00.0", null), new("golf", "0000:02:00.0", null)])],
        []);

    public static ProxmoxNode Node(string name, NodeState state = NodeState.Online, params ReadOnlySpan<ProxmoxStorage> storages) => new(
        name, state, 32, (long)(128 * GiB), (long)(64 * GiB), null, null,
        storages.Length > 0 ? ValueList.Create(storages) : [Storage("vm_ssd", "rbd", 4000, 1000, shared: true), Storage("local-lvm", "lvmthin", 400, 100)],
        [new("vmbr0", "bridge", true, true, null, null)]);

    /// <summary>Its sizes are in GiB.</summary>
    public static ProxmoxStorage Storage(string name, string type, ulong total, ulong free, bool shared = false, bool active = true, bool enabled = true) =>
        new(name, type, ["rootdir", "images"], enabled, active, shared, total * GiB, (total - free) * GiB, free * GiB);
}
