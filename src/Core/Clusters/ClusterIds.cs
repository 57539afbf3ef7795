namespace OmniScale.Core.Clusters;

/// <summary>How Omni's resources of a cluster are named: by the rules of cluster templates.</summary>
public static class ClusterIds
{
    public const string ControlPlaneSet = "control-planes";

    public static string MachineSet(string cluster, string set) => $"{cluster}-{set}";

    public static string ControlPlane(string cluster) => MachineSet(cluster, ControlPlaneSet);

    /// <param name="target">Id of the cluster, machine set or machine.</param>
    public static string Extensions(string target) => "schematic-" + target;

    /// <param name="weight">Its base weight plus the place in its list: patches apply in the order of their ids.</param>
    /// <param name="scope"><c>cluster-NAME</c>, or the id of a machine set.</param>
    public static string Patch(int weight, string scope, string name) => $"{weight:D3}-{scope}-{name}";

    /// <summary>The part of a machine set's id after the cluster's name.</summary>
    public static string SetName(string cluster, string machineSetId) =>
        machineSetId.StartsWith(cluster + "-", StringComparison.Ordinal) ? machineSetId[(cluster.Length + 1)..] : machineSetId;
}
