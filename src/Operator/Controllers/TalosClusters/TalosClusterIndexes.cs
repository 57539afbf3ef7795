using OmniScale.Crds;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.TalosClusters;

/// <summary>How TalosClusters are found from what they refer to.</summary>
internal static class TalosClusterIndexes
{
    /// <summary>By the cluster's name in Omni.</summary>
    public const string ClusterName = "clusterName";

    /// <summary>By <c>namespace/name</c> of a machine class.</summary>
    public const string MachineClass = "machineClass";

    /// <summary>By the name of a machine class, which may be one that only Omni knows.</summary>
    public const string ClassName = "className";

    public static void Add(Store<TalosCluster> store)
    {
        store.AddIndex(ClusterName, cluster => [cluster.ClusterName]);
        store.AddIndex(MachineClass, cluster => ClassNames(cluster.Spec).Select(name => ClassKey(cluster.Metadata.NamespaceProperty, name)).Distinct());
        store.AddIndex(ClassName, cluster => ClassNames(cluster.Spec).Distinct());
    }

    public static string ClassKey(string @namespace, string name) => $"{@namespace}/{name}";

    public static IEnumerable<string> ClassNames(TalosClusterSpec spec) => (spec.Workers ?? []).Cast<MachineSetSpecBase>().Prepend(spec.ControlPlane)
        .Select(set => set.MachineClass?.Name).OfType<string>();
}
