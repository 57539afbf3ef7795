using System.Globalization;

namespace OmniScale.Proxmox;

/// <param name="Version">Such as <c>9.1.5</c>, or <c>7.4-17</c>.</param>
/// <param name="Release">Such as <c>9.1</c>.</param>
public sealed record ProxmoxVersion(string Version, string Release)
{
    /// <summary>0 when the version does not begin with a number.</summary>
    public int Major => int.TryParse(Version.Split('.', '-')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0;
}

/// <summary>One look at a Proxmox cluster with one account's eyes: what the account may not see is missing without a trace.</summary>
/// <param name="ClusterName">Null for a stand-alone host, or when the account may not see it.</param>
/// <param name="Quorate">True also for a stand-alone host; null when it could not be read (it takes Sys.Audit on <c>/</c>).</param>
/// <param name="Nodes">By name.</param>
/// <param name="PciMappings">By id; empty before Proxmox VE 8.</param>
/// <param name="Errors">What else of the cluster as a whole could not be read, in the user's terms. Failures of single nodes are in the nodes.</param>
public sealed record ProxmoxInventory(
    ProxmoxVersion Version,
    string? ClusterName,
    bool? Quorate,
    ValueList<ProxmoxNode> Nodes,
    ValueList<ProxmoxPciMapping> PciMappings,
    ValueList<string> Errors);

public enum NodeState
{
    /// <summary>As Proxmox itself says, for example of a node that has only just started.</summary>
    Unknown,

    Online,

    Offline,
}

/// <param name="MaxCpu">Threads; null without Sys.Audit on the node, as are the memory figures.</param>
/// <param name="UsedMemoryBytes">Null also when the node is not online: its memory is not free then.</param>
/// <param name="TlsFingerprint">SHA-256 of the certificate that the node serves, upper-case with colons.</param>
/// <param name="Error">Why storages or bridges are incomplete; null when they were read. An offline node is not asked and has an error, too.</param>
public sealed record ProxmoxNode(
    string Name,
    NodeState State,
    int? MaxCpu,
    long? MaxMemoryBytes,
    long? UsedMemoryBytes,
    string? TlsFingerprint,
    string? Error,
    ValueList<ProxmoxStorage> Storages,
    ValueList<ProxmoxBridge> Bridges);

/// <summary>A storage as one node sees it. Proxmox lists storages in no particular order; a node's list keeps the order of the answer.</summary>
/// <param name="Type">Such as <c>dir</c>, <c>lvmthin</c>, <c>zfspool</c> or <c>rbd</c>; plugins add others.</param>
/// <param name="Content">Such as <c>images</c> or <c>iso</c>, sorted.</param>
/// <param name="Enabled">False also when the storage is restricted to other nodes.</param>
/// <param name="Active">Enabled and reachable from this node; otherwise the figures are 0.</param>
public sealed record ProxmoxStorage(
    string Name,
    string Type,
    ValueList<string> Content,
    bool Enabled,
    bool Active,
    bool Shared,
    ulong TotalBytes,
    ulong UsedBytes,
    ulong AvailableBytes);

/// <summary>A bridge of a node, or an SDN vnet that serves as one.</summary>
/// <param name="Type"><c>bridge</c>, <c>OVSBridge</c> or <c>vnet</c>.</param>
/// <param name="VlanIds">The VLANs that a VLAN-aware bridge lets through, such as <c>2-4094</c>.</param>
/// <param name="Ports">The interfaces in the bridge, separated by spaces.</param>
public sealed record ProxmoxBridge(string Name, string Type, bool Active, bool VlanAware, string? VlanIds, string? Ports);

/// <param name="MediatedDevices">The mapping may be split into mediated devices.</param>
public sealed record ProxmoxPciMapping(string Id, string? Description, bool MediatedDevices, ValueList<ProxmoxPciDevice> Devices);

/// <param name="Path">PCI addresses, separated by semicolons when the device has several functions.</param>
/// <param name="DeviceId"><c>vendor:device</c>.</param>
public sealed record ProxmoxPciDevice(string Node, string Path, string? DeviceId);

/// <summary>The privileges that the account effectively has, on the paths that were asked for.</summary>
public sealed record EffectivePermissions(IReadOnlyDictionary<string, IReadOnlySet<string>> ByPath)
{
    /// <summary>
    /// Not a single privilege on any of the paths. When the login works all the same, that is the sign of a token with privilege separation and without ACLs of
    /// its own.
    /// </summary>
    public bool IsEmpty => ByPath.Values.All(p => p.Count == 0);

    public bool Has(string path, string privilege) => ByPath.TryGetValue(path, out var privileges) && privileges.Contains(privilege);
}
