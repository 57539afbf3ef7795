using OmniScale.Crds;
using OmniScale.Omni.Api;

namespace OmniScale.Core.Clusters;

/// <summary>Compares what the spec wants with what Omni holds. Touches only what the owner owns.</summary>
public static class ClusterPlanner
{
    /// <param name="wanted">As <see cref="ClusterRenderer"/> gives it.</param>
    /// <param name="confirmedRemovals">Names of worker sets whose machines may be wiped.</param>
    public static ClusterPlan Plan(string cluster, IReadOnlyList<OmniResource> wanted, StoredCluster stored, Owner owner,
        AdoptionPolicy adoption, IReadOnlySet<string> confirmedRemovals)
    {
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
            else if (existing.IsTearingDown || MovesToAnotherSet(existing, resource))
            {
                // Omni refuses to change a node's machine set: it is deleted, and made anew once it is gone.
                doomed.Add(existing);
                awaited.Add(existing);
            }
            else if (ResourceDiff.Update(existing, resource, ClusterResources.KeptFields(resource.Type)) is { } update)
            {
                updates.Add(update);
            }
        }

        var kept = wanted.Select(r => (r.Type, r.Id)).ToHashSet();
        var surplus = stored.Labelled.Where(r => !kept.Contains((r.Type, r.Id)) && owner.Judge(r.Metadata) == Ownership.Ours).ToList();
        var unconfirmed = surplus
            .Where(r => r.Type == ResourceTypes.MachineSets && !r.IsTearingDown && !confirmedRemovals.Contains(ClusterIds.SetName(cluster, r.Id)))
            .Select(r => r.Id).ToHashSet();
        doomed.AddRange(surplus.Where(r => !BelongsTo(r, unconfirmed) && !IsDeletedWithItsSet(r, surplus)));
        var waiting = doomed.Where(r => r.IsTearingDown && r.Metadata.Finalizers.Count > 0).ToHashSet();

        return new ClusterPlan
        {
            Creates = creates,
            Updates = updates,
            Deletes = [.. doomed.Where(r => !waiting.Contains(r)).OrderByDescending(r => r.Type == ResourceTypes.MachineSetNodes).ThenByDescending(r => r.Type == ResourceTypes.MachineSets)],
            Awaited = [.. awaited.Union(waiting)],
            UnconfirmedRemovals = [.. unconfirmed.Select(id => ClusterIds.SetName(cluster, id)).Order(StringComparer.Ordinal)],
        };
    }

    /// <summary>Why an existing resource may not be written: it is of another cluster, or somebody else's.</summary>
    private static string? Conflict(string cluster, OmniResource existing, Owner owner, AdoptionPolicy adoption)
    {
        var what = ClusterResources.Noun(existing.Type);
        if (existing.Type == ResourceTypes.Clusters)
        {
            return owner.MayTake(existing.Metadata, adoption) ? null : owner.Conflict(existing, what);
        }

        if (existing.Metadata.Labels.TryGetValue(OmniLabels.Cluster, out var other) && other != cluster)
        {
            return $"{what} {existing.Id} already belongs to cluster {other} in Omni; choose another name";
        }

        // The parts of a cluster follow the cluster: whoever may adopt it may adopt them, whoever marked them before.
        return adoption == AdoptionPolicy.Adopt || owner.Judge(existing.Metadata) == Ownership.Ours ? null : owner.Conflict(existing, what);
    }

    private static bool MovesToAnotherSet(OmniResource existing, OmniResource wanted) =>
        wanted.Type == ResourceTypes.MachineSetNodes
        && existing.Metadata.Labels.GetValueOrDefault(OmniLabels.MachineSet) != wanted.Metadata.Labels[OmniLabels.MachineSet];

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
