using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>What the cluster should be.</summary>
public sealed record TalosClusterSpec : IOmniScaleSpec
{
    /// <summary>The Secret of type omniscale.dev/omni that leads to Omni. Default: omni.</summary>
    public LocalReference? OmniSecretRef { get; init; }

    /// <summary>Name of the cluster in Omni. Default: the object's name. Immutable.</summary>
    [StringLength(253, MinimumLength = 1)]
    public string? ClusterName { get; init; }

    /// <summary>Labels of the cluster in Omni.</summary>
    [MaxLength(128), ItemLength(4096), Rule(Rules.NotReserved, Rules.NotReservedMessage)]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Annotations of the cluster in Omni.</summary>
    [MaxLength(128), ItemLength(4096), Rule(Rules.NotReserved, Rules.NotReservedMessage)]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Kubernetes on the cluster.</summary>
    [Required]
    public KubernetesSpec Kubernetes { get; init; } = new();

    /// <summary>Talos Linux on the machines.</summary>
    [Required]
    public TalosSpec Talos { get; init; } = new();

    /// <summary>Features of Omni for this cluster.</summary>
    public ClusterFeatures? Features { get; init; }

    /// <summary>Patches of the Talos machine configuration, for all machines, applied in this order.</summary>
    [MaxLength(64)]
    public IReadOnlyList<ConfigPatch>? Patches { get; init; }

    /// <summary>Talos system extensions for all machines. An empty list means none; left out, nothing is said of them.</summary>
    [MaxLength(64), ItemLength(256, Min = 1)]
    public IReadOnlyList<string>? SystemExtensions { get; init; }

    /// <summary>The control-plane machines: of a machine class, or named one by one.</summary>
    [Required]
    public ControlPlaneSpec ControlPlane { get; init; } = new();

    /// <summary>Sets of worker machines, told apart by name. A set that is left without a name is called workers.</summary>
    [ListMap("name"), MaxLength(32)]
    public IReadOnlyList<WorkersSpec>? Workers { get; init; }

    /// <summary>What becomes of the cluster when this object is deleted: Orphan leaves it running, Delete tears it down with all its data.</summary>
    [DefaultValue(DeletionPolicy.Orphan)]
    public DeletionPolicy DeletionPolicy { get; init; }

    /// <summary>What to do when a cluster of this name already exists in Omni.</summary>
    [DefaultValue(AdoptionPolicy.Never)]
    public AdoptionPolicy AdoptionPolicy { get; init; }

    /// <summary>While true, nothing is changed or deleted in Omni; the status goes on to be shown.</summary>
    [DefaultValue(false)]
    public bool Suspend { get; init; }
}

/// <summary>Kubernetes on the cluster.</summary>
public sealed record KubernetesSpec
{
    /// <summary>Version, such as v1.36.2.</summary>
    [Required, StringLength(64, MinimumLength = 1), Rule(Rules.Version, "must be a version such as v1.36.2")]
    public string Version { get; init; } = "";
}

/// <summary>Talos Linux on the machines.</summary>
public sealed record TalosSpec
{
    /// <summary>Version, such as v1.13.6.</summary>
    [Required, StringLength(64, MinimumLength = 1), Rule(Rules.Version, "must be a version such as v1.13.6")]
    public string Version { get; init; } = "";
}

/// <summary>Features of Omni for a cluster.</summary>
public sealed record ClusterFeatures
{
    /// <summary>Lets services of the cluster be reached through Omni.</summary>
    public bool? EnableWorkloadProxy { get; init; }

    /// <summary>Encrypts the disks with a key that Omni keeps. Cannot be changed once the cluster exists.</summary>
    public bool? DiskEncryption { get; init; }

    /// <summary>Uses the discovery service that is built into Omni.</summary>
    public bool? UseEmbeddedDiscoveryService { get; init; }

    /// <summary>Keeps the cluster away from the public discovery service (Omni 1.10).</summary>
    public bool? DisablePublicDiscoveryService { get; init; }

    /// <summary>Lets nodes skip the audit (Omni 1.9).</summary>
    public bool? EnableNodeAuditSkip { get; init; }

    /// <summary>Regular backups of etcd.</summary>
    public BackupConfiguration? BackupConfiguration { get; init; }
}

/// <summary>Regular backups of etcd.</summary>
public sealed record BackupConfiguration
{
    /// <summary>Time between two backups, such as 1h or 1h30m.</summary>
    [Required, StringLength(32, MinimumLength = 1), Rule(Rules.Duration, "must be a duration such as 30m, 1h or 1h30m")]
    public string Interval { get; init; } = "";
}

/// <summary>The control-plane machines: of a machine class, or named one by one.</summary>
[Rule(Rules.MachinesOrClass, Rules.MachinesOrClassMessage)]
public sealed record ControlPlaneSpec : MachineSetSpecBase;

/// <summary>A set of worker machines: of a machine class, or named one by one.</summary>
[Rule(Rules.MachinesOrClass, Rules.MachinesOrClassMessage)]
public sealed record WorkersSpec : MachineSetSpecBase
{
    /// <summary>Name of the set. In Omni the machine set is called CLUSTER-NAME, such as talos-prod-01-workers.</summary>
    [DefaultValue("workers"), StringLength(253, MinimumLength = 1)]
    [Rule("self.matches('^[A-Za-z0-9_-]+$')", "may hold letters, digits, dashes and underscores only")]
    [Rule("self != 'control-planes'", "is the name of the control plane's own set")]
    public string Name { get; init; } = "workers";

    /// <summary>How changes of the configuration are rolled out. Default: one machine after the other.</summary>
    public RolloutStrategy? UpdateStrategy { get; init; }

    /// <summary>How machines are removed. Default: all at once.</summary>
    public RolloutStrategy? DeleteStrategy { get; init; }
}

/// <summary>What control plane and workers have in common.</summary>
public abstract record MachineSetSpecBase
{
    /// <summary>Labels of the machine set in Omni.</summary>
    [MaxLength(128), ItemLength(4096), Rule(Rules.NotReserved, Rules.NotReservedMessage)]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Annotations of the machine set in Omni.</summary>
    [MaxLength(128), ItemLength(4096), Rule(Rules.NotReserved, Rules.NotReservedMessage)]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    /// <summary>Takes a number of machines of a class. Give this or machines.</summary>
    public MachineClassAllocation? MachineClass { get; init; }

    /// <summary>Takes these machines, by the UUIDs that Omni knows them by. Give this or machineClass.</summary>
    [MaxLength(256), ItemLength(36), ListSet]
    [Rule("self.all(m, m.matches('^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$'))", "must be UUIDs as `omnictl get machines` shows them")]
    public IReadOnlyList<string>? Machines { get; init; }

    /// <summary>Patches of the Talos machine configuration for this set, applied in this order after the cluster's.</summary>
    [MaxLength(64)]
    public IReadOnlyList<ConfigPatch>? Patches { get; init; }

    /// <summary>Talos system extensions for this set, instead of the cluster's. An empty list means none.</summary>
    [MaxLength(64), ItemLength(256, Min = 1)]
    public IReadOnlyList<string>? SystemExtensions { get; init; }

    /// <summary>How upgrades of Talos are rolled out. Default: one machine after the other.</summary>
    public RolloutStrategy? UpgradeStrategy { get; init; }
}

/// <summary>A number of machines of a class.</summary>
public sealed record MachineClassAllocation
{
    /// <summary>Name of a MachineClass of this namespace, else of a class that exists in Omni.</summary>
    [Required, StringLength(253, MinimumLength = 1)]
    public string Name { get; init; } = "";

    /// <summary>How many machines, from 0 to 10000, or Unlimited for all that match (classes with matchLabels only). Left out, it is what somebody else sets in Omni, such as an autoscaler.</summary>
    public MachineCount? Size { get; init; }
}

/// <summary>How a change is rolled out.</summary>
public sealed record RolloutStrategy
{
    /// <summary>Rolling, or Unset for all at once.</summary>
    public RolloutType? Type { get; init; }

    /// <summary>Settings of a rolling change.</summary>
    public RollingSettings? Rolling { get; init; }
}

/// <summary>Kinds of a rollout.</summary>
public enum RolloutType
{
    /// <summary>All at once.</summary>
    Unset,

    /// <summary>Some at a time.</summary>
    Rolling,
}

/// <summary>Settings of a rolling change.</summary>
public sealed record RollingSettings
{
    /// <summary>How many machines at a time.</summary>
    [Range(1, 1000)]
    public int? MaxParallelism { get; init; }
}
