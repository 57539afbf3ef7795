using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using AllocationType = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.MachineAllocation.Types.Type;

namespace OmniScale.Lab.Omni.Validation;

internal static class MachineSetRules
{
    public static IEnumerable<string> Destroy(ValidationContext context, StoredResource set)
    {
        if (set.Label(OmniLabels.Cluster) is { } name && context.Cache.Find(KnownTypes.Clusters, name) is { IsTearingDown: false } cluster && ClusterRules.IsLocked(cluster))
            yield return $"removing machine set \"{set.Id}\" is not allowed: the cluster \"{name}\" is locked";
    }

    public static IEnumerable<string> Check(ValidationContext context, StoredResource? old, StoredResource set)
    {
        var relation = MetadataRules.Relation(OmniLabels.Cluster, old?.Metadata, set.Metadata).ToList();
        if (relation.Count > 0)
            return relation;
        var cluster = set.Label(OmniLabels.Cluster)!;
        return OfCluster(context, cluster, "machine set", set.Id)
            .Concat(Roles(context, cluster, old, set))
            .Concat(Allocation(context, old, set))
            .Concat(Bootstrap(old, set));
    }

    /// <summary>The machine set's cluster must be one that can be changed.</summary>
    public static IEnumerable<string> OfCluster(ValidationContext context, string name, string what, string id)
    {
        switch (context.Cache.Find(KnownTypes.Clusters, name))
        {
            case null:
                yield return $"the cluster \"{name}\" of the {what} \"{id}\" does not exist";
                break;
            case { IsTearingDown: true }:
                yield return $"the cluster \"{name}\" of the {what} \"{id}\" is tearing down";
                break;
            case { } cluster when ClusterRules.IsLocked(cluster):
                yield return $"changing the {what} \"{id}\" is not allowed: the cluster \"{name}\" is locked";
                break;
        }
    }

    private static IEnumerable<string> Roles(ValidationContext context, string cluster, StoredResource? old, StoredResource set)
    {
        var isControlPlane = set.HasLabel(OmniLabels.RoleControlPlane);
        if (isControlPlane == set.HasLabel(OmniLabels.RoleWorker))
        {
            yield return $"machine set must have either \"{OmniLabels.RoleControlPlane}\" or \"{OmniLabels.RoleWorker}\" label";
            yield break;
        }

        var controlPlaneId = $"{cluster}-control-planes";
        if (!set.Id.StartsWith($"{cluster}-", StringComparison.Ordinal))
            yield return $"machine set of cluster \"{cluster}\" ID must have \"{cluster}-\" as prefix";
        if (isControlPlane && set.Id != controlPlaneId)
            yield return $"control plane machine set must have ID \"{controlPlaneId}\"";
        if (!isControlPlane && set.Id == controlPlaneId)
            yield return $"worker machine set must not have ID \"{controlPlaneId}\"";
        if (isControlPlane && old is null && context.Cache.Find(KnownTypes.ClusterStatuses, cluster)?.SpecAs<ClusterStatusSpec>().Available == true)
            yield return "adding control plane machine set to an already bootstrapped cluster is not allowed";
    }

    private static IEnumerable<string> Allocation(ValidationContext context, StoredResource? old, StoredResource set)
    {
        var allocation = AllocationOf(set.SpecAs<MachineSetSpec>());
        if (old is not null)
        {
            var before = AllocationOf(old.SpecAs<MachineSetSpec>());
            var hasNodes = context.Cache.List(KnownTypes.MachineSetNodes).Any(node => node.Label(OmniLabels.MachineSet) == set.Id);
            if (hasNodes && (before is null) != (allocation is null))
                yield return $"machine set is not empty and is using {(before is null ? "manual nodes" : "automatic machine")} allocation mode";
        }

        if (allocation is null)
            yield break;
        if (allocation.Name.Length == 0)
        {
            yield return "machine allocation source name is not set";
            yield break;
        }

        if (allocation.AllocationType != AllocationType.Static && allocation.MachineCount != 0)
            yield return "machine count can be set only if static allocation type is used";
        if (context.Cache.Find(KnownTypes.MachineClasses, allocation.Name) is not { } @class)
            yield return $"machine class with name \"{allocation.Name}\" doesn't exist";
        else if (@class.SpecAs<MachineClassSpec>().AutoProvision is not null && allocation.AllocationType == AllocationType.Unlimited)
            yield return "unlimited machine set allocation is not supported for machine classes with auto provision";
    }

    private static IEnumerable<string> Bootstrap(StoredResource? old, StoredResource set)
    {
        var bootstrap = set.SpecAs<MachineSetSpec>().BootstrapSpec;
        if (bootstrap is not null && !set.HasLabel(OmniLabels.RoleControlPlane))
            yield return "bootstrap spec is not allowed for worker machine sets";
        if (old is not null && bootstrap is not null && !bootstrap.Equals(old.SpecAs<MachineSetSpec>().BootstrapSpec))
            yield return "bootstrap spec is immutable after creation";
    }

    /// <summary>The allocation; the older field for it still counts.</summary>
    public static MachineSetSpec.Types.MachineAllocation? AllocationOf(MachineSetSpec spec) => spec.MachineAllocation ?? spec.MachineClass;
}
