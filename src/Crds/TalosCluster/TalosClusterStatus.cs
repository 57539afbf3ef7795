using System.ComponentModel.DataAnnotations;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>What Omni says of the cluster.</summary>
public sealed record TalosClusterStatus : CommonStatus
{
    /// <summary>A word for people: Pending, ScalingUp, ScalingDown, Running, Upgrading, Destroying, Deleting or Unknown. Programs read the conditions.</summary>
    [StringLength(64)]
    public string? Phase { get; init; }

    /// <summary>Name of the cluster in Omni.</summary>
    [StringLength(253)]
    public string? ClusterName { get; init; }

    /// <summary>When Omni created the cluster that this object owns. Once set, a cluster that is gone was deleted by somebody else.</summary>
    public DateTime? CreatedInOmni { get; init; }

    /// <summary>Version of Kubernetes that runs, as far as Omni finished upgrading to it.</summary>
    [StringLength(64)]
    public string? KubernetesVersion { get; init; }

    /// <summary>Version of Talos that runs, as far as Omni finished upgrading to it.</summary>
    [StringLength(64)]
    public string? TalosVersion { get; init; }

    /// <summary>Healthy control-plane machines of those wanted, such as 3/3.</summary>
    [StringLength(32)]
    public string? ControlPlaneReady { get; init; }

    /// <summary>Healthy workers of those wanted, such as 4/5.</summary>
    [StringLength(32)]
    public string? WorkersReady { get; init; }

    /// <summary>The machine sets.</summary>
    [ListMap("name"), MaxLength(64)]
    public IReadOnlyList<MachineSetStatus>? MachineSets { get; init; }
}

/// <summary>What Omni says of a machine set.</summary>
public sealed record MachineSetStatus
{
    /// <summary>Name of the set; the control plane's is control-planes.</summary>
    [Required, StringLength(253)]
    public string Name { get; init; } = "";

    /// <summary>Phase in Omni's words.</summary>
    [StringLength(64)]
    public string? Phase { get; init; }

    /// <summary>Number of machines wanted.</summary>
    public long Requested { get; init; }

    /// <summary>Number of machines that belong to the set.</summary>
    public long Total { get; init; }

    /// <summary>Number of machines that run and are ready.</summary>
    public long Healthy { get; init; }

    /// <summary>Number of machines that are connected to Omni.</summary>
    public long Connected { get; init; }
}
