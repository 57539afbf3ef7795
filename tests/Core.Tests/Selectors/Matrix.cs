using OmniScale.Core.Selectors;
using OmniScale.Proxmox;

namespace OmniScale.Core.Tests.Selectors;

/// <summary>Three nodes with the same storages: local without images, local-lvm, and the Ceph pool vm_ssd.</summary>
internal static class Matrix
{
    public static readonly ProxmoxStorage Local = Storage("local", "dir", ["backup", "iso", "vztmpl"], 88);
    public static readonly ProxmoxStorage LocalLvm = Storage("local-lvm", "lvmthin", ["images", "rootdir"], 640);
    public static readonly ProxmoxStorage VmSsd = Storage("vm_ssd", "rbd", ["images", "rootdir"], 8400);

    public static readonly ProxmoxInventory Inventory = Of(Node("foxtrot"), Node("golf"), Node("hotel"));

    public static readonly SelectorScope Scope = SelectorScope.Of(Inventory, pinned: null);

    public static ProxmoxInventory Of(params ProxmoxNode[] nodes) => new(new("9.1.5", "9.1"), "matrix", true, [.. nodes], [], []);

    public static ProxmoxNode Node(string name) => Node(name, Local, LocalLvm, VmSsd);

    public static ProxmoxNode Node(string name, params ProxmoxStorage[] storages) =>
        new(name, NodeState.Online, 16, 64L << 30, 0, null, null, [.. storages], []);

    public static ProxmoxStorage Storage(string name, string type, IReadOnlyList<string> content, ulong availableGiB) =>
        new(name, type, [.. content], Enabled: true, Active: true, Shared: type == "rbd", availableGiB << 31, availableGiB << 30, availableGiB << 30);

    /// <summary>As Proxmox shows a storage that it cannot reach.</summary>
    public static ProxmoxStorage Away(ProxmoxStorage storage) => storage with { Active = false, TotalBytes = 0, UsedBytes = 0, AvailableBytes = 0 };
}
