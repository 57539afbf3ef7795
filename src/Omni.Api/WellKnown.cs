namespace OmniScale.Omni.Api;

/// <summary>Label keys that Omni gives a meaning.</summary>
public static class OmniLabels
{
    /// <summary>Users' own labels may not begin with this.</summary>
    public const string Prefix = "omni.sidero.dev/";

    public const string Cluster = Prefix + "cluster";
    public const string MachineSet = Prefix + "machine-set";
    public const string ClusterMachine = Prefix + "cluster-machine";
    public const string RoleControlPlane = Prefix + "role-controlplane";
    public const string RoleWorker = Prefix + "role-worker";
    public const string Hostname = Prefix + "hostname";

    /// <summary>On a MachineSetNode that Omni made itself for a set of a machine class: never to be touched by a client.</summary>
    public const string ManagedByMachineSetNodeController = Prefix + "managed-by-machine-set-node-controller";

    public const string InfraProviderId = Prefix + "infra-provider-id";
    public const string MachineRequest = Prefix + "machine-request";
    public const string MachineRequestSet = Prefix + "machine-request-set";
    public const string MachineRequestInUse = Prefix + "machine-request-in-use";

    public const string Available = Prefix + "available";
    public const string Connected = Prefix + "connected";
    public const string ReadyToUse = Prefix + "ready-to-use";
    public const string ReportingEvents = Prefix + "reporting-events";
    public const string NoManualAllocation = Prefix + "no-manual-allocation";
}

/// <summary>Annotation keys that Omni gives a meaning.</summary>
public static class OmniAnnotations
{
    /// <summary>Omni's UI warns before it changes a resource that carries this; the value names the tool.</summary>
    public const string ManagedByGitOpsTools = OmniLabels.Prefix + "managed-by-gitops-tools";

    /// <summary>On a Cluster: refuses every change until it is removed.</summary>
    public const string ClusterLocked = OmniLabels.Prefix + "cluster-locked";

    /// <summary>On a MachineSetNode: holds updates of this machine back.</summary>
    public const string Locked = OmniLabels.Prefix + "locked";

    public const string Name = "name";
    public const string Description = "description";
}
