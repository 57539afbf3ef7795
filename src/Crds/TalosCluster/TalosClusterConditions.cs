namespace OmniScale.Crds;

/// <summary>Condition types of a TalosCluster, beside the common ones.</summary>
public static class TalosClusterConditions
{
    /// <summary>The spec can be rendered to Omni's resources, and Omni rejected none of them.</summary>
    public const string ConfigurationValid = "ConfigurationValid";

    /// <summary>Every machine class that the spec names exists in Omni.</summary>
    public const string MachineClassesReady = "MachineClassesReady";

    /// <summary>Omni says that etcd and the control-plane machines are well.</summary>
    public const string ControlPlaneReady = "ControlPlaneReady";

    /// <summary>The cluster's Kubernetes API answers.</summary>
    public const string Available = "Available";
}

/// <summary>Reasons of a TalosCluster's conditions.</summary>
public static class TalosClusterReasons
{
    /// <summary>Surfaces on ConfigurationValid.</summary>
    public const string Valid = "Valid";

    /// <summary>Surfaces on MachineClassesReady when all are MachineClasses of the namespace, or sets of named machines.</summary>
    public const string ClassesReady = "ClassesReady";

    /// <summary>Surfaces on MachineClassesReady when a class exists in Omni only.</summary>
    public const string External = "External";

    /// <summary>Surfaces when a machine class exists neither here nor in Omni.</summary>
    public const string ClassNotFound = "ClassNotFound";

    /// <summary>Surfaces when a MachineClass exists but is not in Omni yet.</summary>
    public const string ClassNotReady = "ClassNotReady";

    /// <summary>Surfaces when the cluster was deleted in Omni by another hand.</summary>
    public const string DeletedInOmni = "DeletedInOmni";

    /// <summary>Surfaces when worker sets are gone from the spec and their removal was not confirmed.</summary>
    public const string RemovalNotConfirmed = "RemovalNotConfirmed";

    /// <summary>Surfaces when somebody locked the cluster in Omni.</summary>
    public const string ClusterLocked = "ClusterLocked";

    /// <summary>Surfaces while Omni adds machines.</summary>
    public const string ScalingUp = "ScalingUp";

    /// <summary>Surfaces while Omni removes machines.</summary>
    public const string ScalingDown = "ScalingDown";

    /// <summary>Surfaces while Omni upgrades Talos or Kubernetes.</summary>
    public const string Upgrading = "Upgrading";

    /// <summary>Surfaces while Omni tears the cluster down.</summary>
    public const string Destroying = "Destroying";

    /// <summary>Surfaces when machines are not healthy; the message names them.</summary>
    public const string MachinesNotReady = "MachinesNotReady";

    /// <summary>Surfaces when a machine could not be provisioned; the message holds the provider's words.</summary>
    public const string ProvisioningFailed = "ProvisioningFailed";

    /// <summary>Surfaces when the infrastructure provider is not connected to Omni.</summary>
    public const string ProviderDisconnected = "ProviderDisconnected";

    /// <summary>Surfaces when a machine's configuration could not be applied; the message holds Talos's words.</summary>
    public const string ConfigurationFailed = "ConfigurationFailed";

    /// <summary>Surfaces on ControlPlaneReady and Available.</summary>
    public const string Healthy = "Healthy";

    /// <summary>Surfaces when the control plane or the API is not well.</summary>
    public const string Unhealthy = "Unhealthy";

    /// <summary>Surfaces before Omni says anything of the cluster.</summary>
    public const string Pending = "Pending";
}
