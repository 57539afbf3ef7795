using OmniScale.Omni.Api.Specs;

namespace OmniScale.Omni.Api;

/// <summary>The resource types of Omni that are read or written, with the namespace that each lives in.</summary>
public static class ResourceTypes
{
    public const string DefaultNamespace = "default";
    public const string EphemeralNamespace = "ephemeral";
    public const string InfraProviderNamespace = "infra-provider";
    public const string InfraProviderEphemeralNamespace = "infra-provider-ephemeral";

    /// <summary>Id: the cluster's name. Written by users.</summary>
    public static readonly ResourceType<ClusterSpec> Clusters = Of<ClusterSpec>("Clusters");

    /// <summary>Id: <c>&lt;cluster&gt;-control-planes</c>, <c>&lt;cluster&gt;-workers</c> or <c>&lt;cluster&gt;-&lt;name&gt;</c>.</summary>
    public static readonly ResourceType<MachineSetSpec> MachineSets = Of<MachineSetSpec>("MachineSets");

    /// <summary>Id: the machine's UUID. Written by users for sets of named machines, by Omni for sets of a machine class.</summary>
    public static readonly ResourceType<MachineSetNodeSpec> MachineSetNodes = Of<MachineSetNodeSpec>("MachineSetNodes");

    public static readonly ResourceType<ConfigPatchSpec> ConfigPatches = Of<ConfigPatchSpec>("ConfigPatches");

    /// <summary>Id by convention: <c>schematic-</c> and the id of the cluster, machine set or machine.</summary>
    public static readonly ResourceType<ExtensionsConfigurationSpec> ExtensionsConfigurations = Of<ExtensionsConfigurationSpec>("ExtensionsConfigurations");

    public static readonly ResourceType<KernelArgsSpec> KernelArgs = Of<KernelArgsSpec>("KernelArgs");

    public static readonly ResourceType<MachineClassSpec> MachineClasses = Of<MachineClassSpec>("MachineClasses");

    public static readonly ResourceType<InfraProviderSpec> InfraProviders = Of<InfraProviderSpec>("InfraProviders", InfraProviderNamespace);

    /// <summary>Written by the provider process when it starts; holds the schema of its provider data.</summary>
    public static readonly ResourceType<InfraProviderStatusSpec> InfraProviderStatuses = Of<InfraProviderStatusSpec>("InfraProviderStatuses", InfraProviderNamespace);

    public static readonly ResourceType<InfraProviderHealthStatusSpec> InfraProviderHealthStatuses =
        Of<InfraProviderHealthStatusSpec>("InfraProviderHealthStatuses", InfraProviderEphemeralNamespace);

    /// <summary>Omni's own judgement of a provider: connected while heartbeats are not older than about 31 seconds.</summary>
    public static readonly ResourceType<InfraProviderCombinedStatusSpec> InfraProviderCombinedStatuses =
        Of<InfraProviderCombinedStatusSpec>("InfraProviderCombinedStatuses", EphemeralNamespace);

    /// <summary>Id: the cluster's name. Has no cluster label.</summary>
    public static readonly ResourceType<ClusterStatusSpec> ClusterStatuses = Of<ClusterStatusSpec>("ClusterStatuses");

    public static readonly ResourceType<DestroyStatusSpec> ClusterDestroyStatuses = Of<DestroyStatusSpec>("ClusterDestroyStatuses");

    public static readonly ResourceType<MachineSetStatusSpec> MachineSetStatuses = Of<MachineSetStatusSpec>("MachineSetStatuses");

    /// <summary>Id: <c>&lt;machine set&gt;-&lt;six random characters&gt;</c>.</summary>
    public static readonly ResourceType<MachineRequestSpec> MachineRequests = Of<MachineRequestSpec>("MachineRequests", InfraProviderNamespace);

    public static readonly ResourceType<MachineRequestStatusSpec> MachineRequestStatuses = Of<MachineRequestStatusSpec>("MachineRequestStatuses", InfraProviderNamespace);

    public static readonly ResourceType<ClusterMachineRequestStatusSpec> ClusterMachineRequestStatuses =
        Of<ClusterMachineRequestStatusSpec>("ClusterMachineRequestStatuses");

    /// <summary>Id: the machine's UUID.</summary>
    public static readonly ResourceType<ClusterMachineStatusSpec> ClusterMachineStatuses = Of<ClusterMachineStatusSpec>("ClusterMachineStatuses");

    public static readonly ResourceType<MachineStatusSpec> MachineStatuses = Of<MachineStatusSpec>("MachineStatuses");

    /// <summary>Id: the id of the control-plane machine set.</summary>
    public static readonly ResourceType<ControlPlaneStatusSpec> ControlPlaneStatuses = Of<ControlPlaneStatusSpec>("ControlPlaneStatuses");

    public static readonly ResourceType<LoadBalancerStatusSpec> LoadBalancerStatuses = Of<LoadBalancerStatusSpec>("LoadBalancerStatuses");

    public static readonly ResourceType<TalosUpgradeStatusSpec> TalosUpgradeStatuses = Of<TalosUpgradeStatusSpec>("TalosUpgradeStatuses");

    public static readonly ResourceType<KubernetesUpgradeStatusSpec> KubernetesUpgradeStatuses = Of<KubernetesUpgradeStatusSpec>("KubernetesUpgradeStatuses");

    /// <summary>Id: a Talos version without <c>v</c>.</summary>
    public static readonly ResourceType<TalosVersionSpec> TalosVersions = Of<TalosVersionSpec>("TalosVersions");

    /// <summary>Id <c>current</c>; any valid signature may read it.</summary>
    public static readonly ResourceType<SysVersionSpec> SysVersions = new("SysVersions.system.sidero.dev", EphemeralNamespace);

    private static ResourceType<TSpec> Of<TSpec>(string prefix, string @namespace = DefaultNamespace)
        where TSpec : class, Google.Protobuf.IMessage<TSpec>, new() => new(prefix + ".omni.sidero.dev", @namespace);
}
