using OmniScale.Omni.Api.Specs;

namespace OmniScale.Core.Clusters;

/// <summary>What Omni says of a cluster, as read from the caches. Null is what Omni has not said.</summary>
public sealed record ClusterObservation
{
    public ClusterStatusSpec? Status { get; init; }

    /// <summary>Omni's words about a teardown, such as "Destroying: 2 machine sets, 4 machines".</summary>
    public string? DestroyPhase { get; init; }

    /// <summary>By the id of the machine set.</summary>
    public IReadOnlyDictionary<string, MachineSetStatusSpec> Sets { get; init; } = new Dictionary<string, MachineSetStatusSpec>();

    public IReadOnlyList<ObservedMachine> Machines { get; init; } = [];

    public IReadOnlyList<ObservedRequest> Requests { get; init; } = [];

    public ControlPlaneStatusSpec? ControlPlane { get; init; }

    public TalosUpgradeStatusSpec? TalosUpgrade { get; init; }

    public KubernetesUpgradeStatusSpec? KubernetesUpgrade { get; init; }

    /// <summary>Providers of the cluster's machine requests that Omni does not call connected: id and what it says.</summary>
    public IReadOnlyList<(string Id, string? Error)> DisconnectedProviders { get; init; } = [];
}

/// <summary>A machine of the cluster.</summary>
/// <param name="Name">Its host name, else its UUID.</param>
/// <param name="Set">Id of its machine set.</param>
public sealed record ObservedMachine(string Name, string Set, ClusterMachineStatusSpec Status);

/// <summary>A machine that was requested from a provider.</summary>
/// <param name="InUse">It has become a machine of the cluster.</param>
public sealed record ObservedRequest(string Id, bool InUse, ClusterMachineRequestStatusSpec Status);
