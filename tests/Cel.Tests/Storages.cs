namespace OmniScale.Cel.Tests;

/// <summary>The environment of storage selectors, as the provider declares it.</summary>
internal static class Storages
{
    public static readonly CelEnvironment Environment = CelEnvironment.Create(b => b
        .Variable("name", CelType.String)
        .Variable("node", CelType.String)
        .Variable("storageType", CelType.String)
        .Variable("availableSpace", CelType.UInt));

    public static readonly Storage[] Samples =
    [
        new("local", "pve1", "dir", 68719476736),
        new("local-lvm", "pve1", "lvmthin", 429496729600),
        new("local-zfs", "pve2", "zfspool", 1099511627776),
        new("vm_ssd", "pve1", "rbd", 13194139533312),
        new("cephfs", "pve1", "cephfs", 13194139533313),
        new("nas-nfs", "pve2", "nfs", 0),
        new("pbs-backup", "pve1", "pbs", 5000000000000),
        new("SAN.lvm-01", "pve1", "lvm", 18446744073709551615),
    ];
}

internal sealed class Storage(string name, string node, string type, ulong availableSpace) : ICelActivation
{
    public string Name { get; } = name;

    public CelValue Resolve(CelVariable variable) => variable.Index switch
    {
        0 => CelValue.String(Name),
        1 => CelValue.String(node),
        2 => CelValue.String(type),
        _ => CelValue.UInt(availableSpace),
    };
}
