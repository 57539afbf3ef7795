using System.ComponentModel.DataAnnotations;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>What the checks and Omni say.</summary>
public sealed record MachineClassStatus : CommonStatus
{
    /// <summary>Name of the class in Omni.</summary>
    [StringLength(253)]
    public string? OmniName { get; init; }

    /// <summary>The storage that the system disk goes to, or several separated by commas where nodes differ.</summary>
    [StringLength(1024)]
    public string? Storage { get; init; }

    /// <summary>What the storage selector of each disk picks on each candidate node.</summary>
    [MaxLength(1024)]
    public IReadOnlyList<StoragePick>? Storages { get; init; }
}

/// <summary>What a storage selector picks on one node.</summary>
public sealed record StoragePick
{
    /// <summary>The system disk, as opposed to an additional one.</summary>
    public const string SystemDisk = "system";

    /// <summary>The disk: system, or the place of an additional disk in its list, counted from 1.</summary>
    [Required, StringLength(32)]
    public string Disk { get; init; } = "";

    /// <summary>Name of the node.</summary>
    [Required, StringLength(253)]
    public string Node { get; init; } = "";

    /// <summary>The storage that is picked, or all that it may pick.</summary>
    [MaxLength(64), ItemLength(253)]
    public IReadOnlyList<string>? Storages { get; init; }
}
