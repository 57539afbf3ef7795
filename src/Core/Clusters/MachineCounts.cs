using OmniScale.Crds;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Core.Clusters;

/// <summary>Machines of a cluster, summed for people: <c>4/5</c> is healthy of wanted.</summary>
public sealed record MachineCounts(string ControlPlane, string Workers)
{
    public static MachineCounts Of(TalosCluster cluster, ClusterObservation seen)
    {
        var sets = Sets(cluster, seen);
        return new(Sum(sets.Where(s => s.Name == ClusterIds.ControlPlaneSet)), Sum(sets.Where(s => s.Name != ClusterIds.ControlPlaneSet)));
    }

    /// <summary>The sets of the spec in its order, then those that only Omni knows.</summary>
    public static IReadOnlyList<MachineSetStatus> Sets(TalosCluster cluster, ClusterObservation seen)
    {
        var wanted = new List<(string Name, MachineSetSpecBase Spec)> { (ClusterIds.ControlPlaneSet, cluster.Spec.ControlPlane) };
        wanted.AddRange((cluster.Spec.Workers ?? []).Select(w => (w.Name, (MachineSetSpecBase)w)));

        var result = wanted.Select(set => Describe(set.Name, seen.Sets.GetValueOrDefault(ClusterIds.MachineSet(cluster.ClusterName, set.Name)), set.Spec)).ToList();
        var known = result.Select(s => s.Name).ToHashSet();
        result.AddRange(seen.Sets
            .Select(pair => (Name: ClusterIds.SetName(cluster.ClusterName, pair.Key), pair.Value))
            .Where(pair => !known.Contains(pair.Name))
            .OrderBy(pair => pair.Name, StringComparer.Ordinal)
            .Select(pair => Describe(pair.Name, pair.Value, null)));
        return result;
    }

    private static MachineSetStatus Describe(string name, MachineSetStatusSpec? status, MachineSetSpecBase? spec) => new()
    {
        Name = name,
        Phase = status is null ? null : Enum.IsDefined(status.Phase) ? status.Phase.ToString() : "Unknown",
        // A size that was changed a moment ago is not in Omni's status yet.
        Requested = spec?.MachineClass is { } allocation ? allocation.Size?.Value ?? status?.Machines?.Requested ?? 0
            : spec is not null ? spec.Machines?.Count ?? 0
            : status?.Machines?.Requested ?? 0,
        Total = status?.Machines?.Total ?? 0,
        Healthy = status?.Machines?.Healthy ?? 0,
        Connected = status?.Machines?.Connected ?? 0,
    };

    private static string Sum(IEnumerable<MachineSetStatus> sets)
    {
        long healthy = 0, requested = 0;
        foreach (var set in sets)
        {
            healthy += set.Healthy;
            requested += set.Requested;
        }

        return $"{healthy}/{requested}";
    }
}
