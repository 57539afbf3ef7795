using OmniScale.Omni;
using OmniScale.Omni.Api;

namespace OmniScale.Operator.Connections;

/// <summary>What is followed of each Omni. Types that are written are kept whole; of the others, what this version knows.</summary>
internal static class OmniCaches
{
    private static readonly Cached[] All =
    [
        Cached.Of(ResourceTypes.Clusters),
        Cached.Of(ResourceTypes.MachineSets),
        Cached.Of(ResourceTypes.MachineSetNodes),
        Cached.Of(ResourceTypes.ConfigPatches),
        Cached.Of(ResourceTypes.ExtensionsConfigurations),
        Cached.Of(ResourceTypes.MachineClasses),
        Cached.ReadOnly(ResourceTypes.InfraProviders),
        Cached.ReadOnly(ResourceTypes.InfraProviderStatuses),
        Cached.ReadOnly(ResourceTypes.InfraProviderCombinedStatuses),
        Cached.ReadOnly(ResourceTypes.ClusterStatuses),
        Cached.ReadOnly(ResourceTypes.ClusterDestroyStatuses),
        Cached.ReadOnly(ResourceTypes.MachineSetStatuses),
        Cached.ReadOnly(ResourceTypes.ClusterMachineStatuses),
        Cached.ReadOnly(ResourceTypes.ClusterMachineRequestStatuses),
        Cached.ReadOnly(ResourceTypes.ControlPlaneStatuses),
        Cached.ReadOnly(ResourceTypes.TalosUpgradeStatuses),
        Cached.ReadOnly(ResourceTypes.KubernetesUpgradeStatuses),
    ];

    public static readonly OmniCacheSet Set = new(All);

    public static readonly ResourceType[] Types = [.. All.Select(cached => cached.Type)];
}
