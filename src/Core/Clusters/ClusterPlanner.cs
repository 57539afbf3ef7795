using OmniScale.Crds;
using OmniScale.Omni.Api;

namespace OmniScale.Core.Clusters;

/// <summary>Compares what the spec wants with what Omni holds. Touches only what the owner owns.</summary>
public static class ClusterPlanner
{
    private static readonly string[] ScopeLabels = [OmniLabels.MachineSet, OmniLabels.ClusterMachine];

    /// <param name="wanted">As <see cref="ClusterRenderer"/> gives it.</param>
    /// <param name="confirmedRemovals">Names of worker sets whose machines may be wiped.</param>
    public static ClusterPlan Plan(string cluster, IReadOnlyList<OmniResource> wanted, StoredCluster stored, Owner owner,
        AdoptionPolicy adoption, IReadOnlySet<string> confirmedRemovals)
    {
        var kept = wanted.Select(r => (r.Type, r.Id)).ToHashSet();
        var surplus = stored.Labelled.Where(r => !kept.Contains((r.Type, r.Id)) && !IsOmnisOwn(r) && owner.Judge(r.Metadata) == Ownership.Ours).ToList();
        var unconfirmed = surplus
            .Where(r => r.Type == ResourceTypes.MachineSets && !r.IsTearingDown && !confirmedRemovals.Contains(ClusterIds.SetName(cluster, r.Id)))
            .Select(r => r.Id).ToHashSet();

        List<OmniResource> creates = [], updates = [], doomed = [], awaited = [];
        foreach (var resource in wanted)
        {
            var existing = resource.Type == ResourceTypes.Clusters ? stored.Cluster : stored.Find(resource.Type, resource.Id);
            if (existing is null)
            {
                creates.Add(resource);
            }
            else if (Conflict(cluster, existing, owner, adoption) is { } conflict)
            {
                return new ClusterPlan { Conflict = conflict };
            }
            else if (existing.IsTearingDown || ChangesScope(existing, resource))
            {
                // Omni refuses to change what a resource belongs to: it is deleted, which wipes a machine, and made anew once it is gone.
                if (!BelongsTo(existing, unconfirmed))
                {
                    doomed.Add(existing);
                    awaited.Add(existing);
                }
            }
            else if (ResourceDiff.Update(existing, resource, ClusterResources.KeptFields(resource.Type)) is { } update)
            {
                updates.Add(update);
            }
        }

        // Omni refuses nodes and patches of a machine set on its way out.
        var closing = awaited.Where(r => r.Type == ResourceTypes.MachineSets).Select(r => r.Id).ToHashSet();
        creates.RemoveAll(r => BelongsTo(r, closing));
        updates.RemoveAll(r => BelongsTo(r, closing));

        doomed.AddRange(surplus.Where(r => !BelongsTo(r, unconfirmed) && !IsDeletedWithItsSet(r, surplus)));
        var waiting = doomed.Where(r => r.IsTearingDown && r.Metadata.Finalizers.Count > 0).ToHashSet();

        return new ClusterPlan
        {
            Creates = creates,
            Updates = updates,
            Takeover = stored.Cluster is { } there && owner.Judge(there.Metadata) != Ownership.Ours ? updates.Find(r => r.Type == ResourceTypes.Clusters) : null,
            Deletes = [.. doomed.Where(r => !waiting.Contains(r)).OrderByDescending(r => r.Type == ResourceTypes.MachineSetNodes).ThenByDescending(r => r.Type == ResourceTypes.MachineSets)],
            Awaited = [.. awaited.Union(waiting)],
            UnconfirmedRemovals = [.. unconfirmed.Select(id => ClusterIds.SetName(cluster, id)).Order(StringComparer.Ordinal)],
        };
    }

    /// <summary>Why an existing resource may not be written: it is Omni's own, of another cluster, or somebody else's.</summary>
    private static string? Conflict(string cluster, OmniResource existing, Owner owner, AdoptionPolicy adoption)
    {
        var what = ClusterResources.Noun(existing.Type);
        var labels = existing.Metadata.Labels;
        var isMachine = existing.Type == ResourceTypes.MachineSetNodes;
        if (IsOmnisOwn(existing))
        {
            return isMachine
                ? $"machine {existing.Id} is already in machine set {labels.GetValueOrDefault(OmniLabels.MachineSet)}, for which Omni chose it by a machine class; name another machine"
                : $"{what} {existing.Id} was made by Omni itself; choose another name";
        }

        if (labels.GetValueOrDefault(OmniLabels.Cluster) is { } other && other != cluster)
        {
            return isMachine
                ? $"machine {existing.Id} belongs to cluster {other} in Omni; remove it there first, or name another machine"
                : $"{what} {existing.Id} already belongs to cluster {other} in Omni; choose another name";
        }

        // The parts of a cluster follow the cluster: whoever may adopt it may adopt them, whoever marked them before.
        var follows = adoption == AdoptionPolicy.Adopt && labels.ContainsKey(OmniLabels.Cluster);
        return follows || owner.MayTake(existing.Metadata, adoption) ? null : owner.Conflict(existing, isMachine ? "machine set node" : what);
    }

    /// <summary>Made by one of Omni's controllers, such as the nodes of a machine set that takes its machines from a class.</summary>
    private static bool IsOmnisOwn(OmniResource resource) =>
        resource.Metadata.Owner.Length > 0 || resource.Metadata.Labels.ContainsKey(OmniLabels.ManagedByMachineSetNodeController);

    /// <summary>A machine that moves to another set, or a patch with an id of its own between cluster and set.</summary>
    private static bool ChangesScope(OmniResource existing, OmniResource wanted) => ScopeLabels.Any(label =>
        existing.Metadata.Labels.GetValueOrDefault(label) != wanted.Metadata.Labels.GetValueOrDefault(label));

    private static bool BelongsTo(OmniResource resource, HashSet<string> sets) => sets.Count > 0
        && (resource.Type == ResourceTypes.MachineSets ? sets.Contains(resource.Id) : sets.Contains(resource.Metadata.Labels.GetValueOrDefault(OmniLabels.MachineSet, "")));

    /// <summary>Omni removes the nodes of a machine set that goes.</summary>
    private static bool IsDeletedWithItsSet(OmniResource resource, List<OmniResource> surplus) =>
        resource.Type == ResourceTypes.MachineSetNodes
        && resource.Metadata.Labels.GetValueOrDefault(OmniLabels.MachineSet) is { } set
        && surplus.Any(r => r.Type == ResourceTypes.MachineSets && r.Id == set);

    private static string? GetValueOrDefault(this Google.Protobuf.Collections.MapField<string, string> map, string key) =>
        map.TryGetValue(key, out var value) ? value : null;

    private static string GetValueOrDefault(this Google.Protobuf.Collections.MapField<string, string> map, string key, string fallback) =>
        map.TryGetValue(key, out var value) ? value : fallback;
}
