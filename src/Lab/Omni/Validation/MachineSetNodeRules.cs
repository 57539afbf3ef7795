using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Validation;

internal static class MachineSetNodeRules
{
    public static IEnumerable<string> Destroy(ValidationContext context, StoredResource node)
    {
        if (node.Label(OmniLabels.Cluster) is not { } name ||
            context.Cache.Find(KnownTypes.Clusters, name) is not { IsTearingDown: false } cluster ||
            context.Cache.Find(KnownTypes.MachineSets, node.Label(OmniLabels.MachineSet) ?? "") is { IsTearingDown: true })
        {
            yield break;
        }

        if (ClusterRules.IsLocked(cluster))
            yield return $"removing machine set node \"{node.Id}\" is not allowed: the cluster \"{name}\" is locked";
        if (IsLocked(node))
            yield return $"machine set node \"{node.Id}\" is locked";
    }

    public static IEnumerable<string> Check(ValidationContext context, StoredResource? old, StoredResource node)
    {
        var relations = MetadataRules.Relation(OmniLabels.Cluster, old?.Metadata, node.Metadata)
            .Concat(MetadataRules.Relation(OmniLabels.MachineSet, old?.Metadata, node.Metadata)).ToList();
        if (relations.Count > 0)
            return relations;
        var errors = new List<string>();
        if (node.HasLabel(OmniLabels.RoleControlPlane) && IsLocked(node))
            errors.Add("locking control planes is not allowed");
        if (old is not null)
            return errors;

        errors.AddRange(MachineSetRules.OfCluster(context, node.Label(OmniLabels.Cluster)!, "machine set node", node.Id));
        switch (context.Cache.Find(KnownTypes.MachineSets, node.Label(OmniLabels.MachineSet)!))
        {
            case null:
                errors.Add($"the machine set \"{node.Label(OmniLabels.MachineSet)}\" does not exist");
                break;
            case { IsTearingDown: true } set:
                errors.Add($"the machine set \"{set.Id}\" is tearing down");
                break;
            case { } set when MachineSetRules.AllocationOf(set.SpecAs<MachineSetSpec>()) is not null && !node.HasLabel(OmniLabels.ManagedByMachineSetNodeController):
                errors.Add($"adding machine set node to the machine set \"{set.Id}\" is not allowed: the machine set is using automated machine allocation");
                break;
        }

        return errors.Concat(Compatibility(context, node));
    }

    private static bool IsLocked(StoredResource node) => node.Metadata.Annotations.ContainsKey(OmniAnnotations.Locked);

    /// <summary>A machine may join with an older patch or minor, which Omni then upgrades, but not with a newer minor than its cluster's.</summary>
    private static IEnumerable<string> Compatibility(ValidationContext context, StoredResource node)
    {
        var machine = context.Cache.Find(KnownTypes.MachineStatuses, node.Id)?.SpecAs<MachineStatusSpec>();
        var cluster = context.Cache.Find(KnownTypes.Clusters, node.Label(OmniLabels.Cluster)!)?.SpecAs<ClusterSpec>();
        if (machine is null || cluster is null ||
            SemanticVersion.TryParse(machine.TalosVersion.TrimStart('v')) is not { } has ||
            SemanticVersion.TryParse(cluster.TalosVersion) is not { } wants)
        {
            yield break;
        }

        if ((has.Major, has.Minor).CompareTo((wants.Major, wants.Minor)) > 0)
        {
            yield return $"the machine \"{node.Id}\" has Talos version {machine.TalosVersion}, which is newer than the cluster's version {cluster.TalosVersion}: " +
                "the machine would have to be downgraded";
        }
    }
}
