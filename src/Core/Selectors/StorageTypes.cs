namespace OmniScale.Core.Selectors;

/// <summary>What is known of Proxmox's storage types. Plugins add others: a type that is not here may be right all the same.</summary>
internal static class StorageTypes
{
    private static readonly HashSet<string> Known =
    [
        "dir", "btrfs", "nfs", "cifs", "glusterfs", "cephfs", "lvm", "lvmthin", "zfspool", "zfs", "rbd", "iscsi", "iscsidirect", "pbs", "esxi",
    ];

    /// <summary>Proxmox allocates no disk on these, whatever their content says.</summary>
    private static readonly Dictionary<string, string> WithoutDisks = new()
    {
        ["cephfs"] = "a CephFS holds files, not VM disks; VM disks on Ceph are of type rbd",
        ["iscsi"] = "Proxmox cannot create disks on a storage of type iscsi; put an LVM on it",
        ["iscsidirect"] = "Proxmox cannot create disks on a storage of type iscsidirect",
        ["pbs"] = "a Proxmox Backup Server holds backups only",
        ["esxi"] = "an ESXi storage is for imports only",
    };

    /// <summary>What people write, and what Proxmox calls it; several where it depends.</summary>
    private static readonly Dictionary<string, string[]> Mistaken = new(StringComparer.OrdinalIgnoreCase)
    {
        ["zfs"] = ["zfspool"],
        ["zpool"] = ["zfspool"],
        ["zfs-pool"] = ["zfspool"],
        ["lvm-thin"] = ["lvmthin"],
        ["lvm_thin"] = ["lvmthin"],
        ["thin"] = ["lvmthin"],
        ["thinpool"] = ["lvmthin"],
        ["ceph"] = ["rbd", "cephfs"],
        ["ceph-rbd"] = ["rbd"],
        ["cephrbd"] = ["rbd"],
        ["directory"] = ["dir"],
        ["local"] = ["dir"],
        ["smb"] = ["cifs"],
        ["samba"] = ["cifs"],
        ["gluster"] = ["glusterfs"],
        ["backup"] = ["pbs"],
    };

    public static IEnumerable<string> All => Known;

    public static bool IsKnown(string type) => Known.Contains(type);

    /// <summary>Why Proxmox puts no disk on a storage of this type; null when it can.</summary>
    public static string? Obstacle(string type) => WithoutDisks.GetValueOrDefault(type);

    public static IReadOnlyList<string> Meant(string type) => Mistaken.GetValueOrDefault(type) ?? [];
}
