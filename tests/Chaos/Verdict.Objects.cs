using OmniScale.Core;
using OmniScale.Core.Classes;
using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;

namespace OmniScale.Chaos;

/// <summary>What each object is to say of itself, and what it is to have in Omni.</summary>
internal sealed partial class Verdict
{
    private string? Expected(IOmniScaleObject value) => value switch
    {
        TalosCluster cluster => cluster.Metadata.DeletionTimestamp is null ? Expected(cluster) : ExpectedOfDeletion(cluster),
        MachineClass machineClass => machineClass.Metadata.DeletionTimestamp is null ? Expected(machineClass) : ExpectedOfDeletion(machineClass),
        { Metadata.DeletionTimestamp: not null } => classes.Any(c => c.Metadata.NamespaceProperty == value.Metadata.NamespaceProperty) ? CommonReasons.InUse : "gone",
        _ => value.Suspended ? CommonReasons.Suspended : null,
    };

    private string? Expected(MachineClass machineClass)
    {
        var owner = Owner(machineClass);
        if (machineClass.Spec.Suspend)
        {
            return CommonReasons.Suspended;
        }

        if (!providers.Any(p => p.Metadata.NamespaceProperty == machineClass.Metadata.NamespaceProperty))
        {
            return MachineClassReasons.ProviderNotFound;
        }

        var stored = Find(ResourceTypes.MachineClasses, machineClass.OmniName);
        if (stored is not null && !owner.MayTake(stored.Metadata, machineClass.Spec.AdoptionPolicy))
        {
            return CommonReasons.NameConflict;
        }

        Compare(machineClass, MachineClassRenderer.Render(machineClass, World.Provider, owner), stored);
        return null;
    }

    private string ExpectedOfDeletion(MachineClass machineClass)
    {
        var @namespace = machineClass.Metadata.NamespaceProperty;
        if (clusters.Any(c => c.Metadata.NamespaceProperty == @namespace && ClassNames(c).Contains(machineClass.Metadata.Name)))
        {
            return CommonReasons.InUse;
        }

        return machineClass.Spec is { Suspend: true, DeletionPolicy: DeletionPolicy.Delete } ? CommonReasons.Suspended
            : clusters.Any(c => Part(c).Any(r => r.RawSpec is Omni.Api.Specs.MachineSetSpec set && set.MachineAllocation?.Name == machineClass.OmniName)) ? CommonReasons.InUse
            : "gone";
    }

    private string? Expected(TalosCluster cluster)
    {
        foreach (var name in ClassNames(cluster))
        {
            var machineClass = ClassOf(cluster, name);
            var found = Find(ResourceTypes.MachineClasses, machineClass?.OmniName ?? name);
            if (machineClass is not null && (found is null || Owner(machineClass).Judge(found.Metadata) != Ownership.Ours))
            {
                return TalosClusterReasons.ClassNotReady;
            }

            if (found is null)
            {
                return TalosClusterReasons.ClassNotFound;
            }
        }

        var (owner, stored) = (Owner(cluster), Find(ResourceTypes.Clusters, cluster.ClusterName));
        if (stored is null && cluster.Status?.CreatedInOmni is { } created
            && cluster.Metadata.Annotations.Value(UserAnnotations.Recreate) != Actors.Stamp(created))
        {
            return TalosClusterReasons.DeletedInOmni;
        }

        if (stored is not null && !owner.MayTake(stored.Metadata, cluster.Spec.AdoptionPolicy))
        {
            return CommonReasons.NameConflict;
        }

        var wanted = ClusterRenderer.Render(cluster, owner, name => ClassOf(cluster, name)?.OmniName ?? name, _ => null);
        if (wanted.Any(w => Find(w.Type, w.Id) is { } part && !owner.MayTake(part.Metadata, cluster.Spec.AdoptionPolicy)
            && !(cluster.Spec.AdoptionPolicy == AdoptionPolicy.Adopt && part.Metadata.Labels.ContainsKey(OmniLabels.Cluster))))
        {
            return CommonReasons.NameConflict;
        }

        var surplus = Part(cluster).Where(r => r.Type != ResourceTypes.Clusters && !wanted.Any(w => w.Type == r.Type && w.Id == r.Id)).ToList();
        var unconfirmed = surplus.Where(r => r.Type == ResourceTypes.MachineSets && !IsConfirmed(cluster, r.Id)).Select(r => r.Id).ToHashSet();
        surplus.RemoveAll(r => unconfirmed.Contains(r.Id) || unconfirmed.Contains(r.Metadata.Labels.Value(OmniLabels.MachineSet) ?? ""));
        var found0 = differences.Count;
        foreach (var resource in wanted)
        {
            Compare(cluster, resource, Find(resource.Type, resource.Id));
        }

        differences.AddRange(surplus.Select(r => $"{Name(cluster)}: {r} is in Omni and not in the spec"));
        var held = stored?.Metadata.Annotations.ContainsKey(OmniAnnotations.ClusterLocked) == true ? TalosClusterReasons.ClusterLocked
            : cluster.Spec.Suspend ? CommonReasons.Suspended
            : null;
        if (held is not null && differences.Count > found0)
        {
            differences.RemoveRange(found0, differences.Count - found0);
            return held;
        }

        return unconfirmed.Count > 0 ? TalosClusterReasons.RemovalNotConfirmed : null;
    }

    private string ExpectedOfDeletion(TalosCluster cluster)
    {
        var stored = Find(ResourceTypes.Clusters, cluster.ClusterName);
        return cluster.Spec.DeletionPolicy == DeletionPolicy.Orphan ? "gone"
            : cluster.Spec.Suspend ? CommonReasons.Suspended
            : stored is not null && Owner(cluster).Judge(stored.Metadata) == Ownership.Ours && stored.Metadata.Annotations.ContainsKey(OmniAnnotations.ClusterLocked)
                ? TalosClusterReasons.ClusterLocked
            : "gone";
    }

    /// <summary>What an object owns of its cluster.</summary>
    private IEnumerable<OmniResource> Part(TalosCluster cluster) => resources.Where(r => r.Type != ResourceTypes.MachineClasses && Owner(cluster).Judge(r.Metadata) == Ownership.Ours);

    private MachineClass? ClassOf(TalosCluster cluster, string name) =>
        classes.FirstOrDefault(c => c.Metadata.NamespaceProperty == cluster.Metadata.NamespaceProperty && c.Metadata.Name == name);

    private static IEnumerable<string> ClassNames(TalosCluster cluster) => (cluster.Spec.Workers ?? []).Cast<MachineSetSpecBase>().Prepend(cluster.Spec.ControlPlane)
        .Select(set => set.MachineClass?.Name).OfType<string>().Distinct();

    private static bool IsConfirmed(TalosCluster cluster, string set) =>
        cluster.Metadata.Annotations.Value(UserAnnotations.ConfirmRemoval)?.Split(',').Contains(ClusterIds.SetName(cluster.ClusterName, set)) == true;
}
