using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>What Proxmox and Omni say.</summary>
public sealed record ProxmoxProviderStatus : CommonStatus
{
    /// <summary>The provider's id in Omni.</summary>
    [JsonPropertyName("providerID"), StringLength(253)]
    public string? ProviderId { get; init; }

    /// <summary>Version of the provider process, as it reported it to Omni.</summary>
    [StringLength(128)]
    public string? ProviderVersion { get; init; }

    /// <summary>Version of Proxmox VE.</summary>
    [StringLength(128)]
    public string? Version { get; init; }

    /// <summary>Whether the Proxmox cluster has a quorum. Without one it creates and starts nothing.</summary>
    public bool? Quorate { get; init; }

    /// <summary>Nodes online of all nodes, such as 3/3.</summary>
    [StringLength(32)]
    public string? NodesOnline { get; init; }

    /// <summary>The nodes of the cluster.</summary>
    [ListMap("name"), MaxLength(256)]
    public IReadOnlyList<NodeStatus>? Nodes { get; init; }

    /// <summary>The storages of the cluster.</summary>
    [ListMap("name"), MaxLength(256)]
    public IReadOnlyList<StorageStatus>? Storages { get; init; }

    /// <summary>The network bridges, by name.</summary>
    [ListMap("name"), MaxLength(256)]
    public IReadOnlyList<BridgeStatus>? Bridges { get; init; }

    /// <summary>The PCI mappings, by name.</summary>
    [ListMap("name"), MaxLength(256)]
    public IReadOnlyList<PciMappingStatus>? PciMappings { get; init; }
}

/// <summary>A Proxmox node.</summary>
public sealed record NodeStatus
{
    /// <summary>Name of the node.</summary>
    [Required, StringLength(253)]
    public string Name { get; init; } = "";

    /// <summary>Whether the node is online.</summary>
    public bool Online { get; init; }

    /// <summary>Number of CPU threads.</summary>
    public int? Cpus { get; init; }

    /// <summary>Memory of the node in MiB.</summary>
    public long? MemoryMiB { get; init; }

    /// <summary>Why the node could not be asked.</summary>
    [StringLength(1024)]
    public string? Error { get; init; }
}

/// <summary>A storage, on all nodes that have it.</summary>
public sealed record StorageStatus
{
    /// <summary>Id of the storage.</summary>
    [Required, StringLength(253)]
    public string Name { get; init; } = "";

    /// <summary>Type, as storageType in a storage selector.</summary>
    [StringLength(64)]
    public string? Type { get; init; }

    /// <summary>What may be stored there, such as images or iso.</summary>
    [MaxLength(32), ItemLength(64)]
    public IReadOnlyList<string>? Content { get; init; }

    /// <summary>Whether all nodes see the same data.</summary>
    public bool Shared { get; init; }

    /// <summary>The nodes that have it.</summary>
    [ListMap("name"), MaxLength(256)]
    public IReadOnlyList<StorageOnNode>? Nodes { get; init; }
}

/// <summary>A storage on one node.</summary>
public sealed record StorageOnNode
{
    /// <summary>Name of the node.</summary>
    [Required, StringLength(253)]
    public string Name { get; init; } = "";

    /// <summary>Whether it is enabled there and answers.</summary>
    public bool Available { get; init; }

    /// <summary>Size in GiB.</summary>
    public long? TotalGiB { get; init; }

    /// <summary>Free space in GiB; moves are shown when they matter, not at once.</summary>
    public long? FreeGiB { get; init; }
}

/// <summary>A network bridge.</summary>
public sealed record BridgeStatus
{
    /// <summary>Name of the bridge.</summary>
    [Required, StringLength(253)]
    public string Name { get; init; } = "";

    /// <summary>The nodes that have it.</summary>
    [MaxLength(256), ItemLength(253), ListSet]
    public IReadOnlyList<string>? Nodes { get; init; }
}

/// <summary>A PCI mapping.</summary>
public sealed record PciMappingStatus
{
    /// <summary>Id of the mapping.</summary>
    [Required, StringLength(253)]
    public string Name { get; init; } = "";

    /// <summary>The nodes that it maps a device of.</summary>
    [MaxLength(256), ItemLength(253), ListSet]
    public IReadOnlyList<string>? Nodes { get; init; }
}
