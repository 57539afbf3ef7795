using System.Collections.Frozen;
using OmniScale.Omni.Api;

namespace OmniScale.Core.Clusters;

/// <summary>The types that a cluster is made of, and their order.</summary>
public static class ClusterResources
{
    /// <summary>The types that carry the cluster's label, in the order of creation. The Cluster itself comes before them.</summary>
    public static readonly IReadOnlyList<ResourceType> Labelled =
    [
        ResourceTypes.ExtensionsConfigurations,
        ResourceTypes.ConfigPatches,
        ResourceTypes.MachineSets,
        ResourceTypes.MachineSetNodes,
    ];

    /// <summary>Fields of a spec that this version does not manage: they stay as they are in Omni.</summary>
    private static readonly FrozenDictionary<ResourceType, FrozenSet<string>> Kept = new Dictionary<ResourceType, FrozenSet<string>>
    {
        [ResourceTypes.MachineSets] = FrozenSet.Create("bootstrap_spec"),
    }.ToFrozenDictionary();

    public static int CreationOrder(ResourceType type)
    {
        for (var i = 0; i < Labelled.Count; i++)
        {
            if (Labelled[i] == type)
            {
                return i + 1;
            }
        }

        return 0;
    }

    /// <summary>What people call one resource of a type.</summary>
    public static string Noun(ResourceType type) => type == ResourceTypes.Clusters ? "cluster"
        : type == ResourceTypes.MachineSets ? "machine set"
        : type == ResourceTypes.MachineSetNodes ? "machine"
        : type == ResourceTypes.ConfigPatches ? "config patch"
        : "extensions configuration";

    public static IReadOnlySet<string> KeptFields(ResourceType type) => Kept.GetValueOrDefault(type) ?? FrozenSet<string>.Empty;
}
