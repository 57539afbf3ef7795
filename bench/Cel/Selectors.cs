namespace OmniScale.Bench.Cel;

internal static class Selectors
{
    public static readonly string[] Typical =
    [
        "name == \"vm_ssd\"",
        "storageType in [\"rbd\", \"nfs\"] && availableSpace > 107374182400u",
        "name.startsWith(\"vm\") || name.matches(\"^local-(lvm|zfs)$\")",
        "storageType == \"rbd\" ? availableSpace > 1099511627776u : node == \"pve1\" && availableSpace >= 2u * 107374182400u",
        "[\"rbd\", \"lvmthin\", \"zfspool\"].exists(t, t == storageType) && !name.contains(\"backup\")",
    ];
}
