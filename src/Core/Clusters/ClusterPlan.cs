using OmniScale.Omni.Api;

namespace OmniScale.Core.Clusters;

/// <summary>What Omni holds of a cluster, as read in one go.</summary>
/// <param name="Cluster">Null when Omni knows no cluster of that name.</param>
/// <param name="Labelled">Everything of <see cref="ClusterResources.Labelled"/> that carries the cluster's label.</param>
/// <param name="Find">A resource by type and id, whichever cluster it belongs to.</param>
public sealed record StoredCluster(OmniResource? Cluster, IReadOnlyList<OmniResource> Labelled, Func<ResourceType, string, OmniResource?> Find);

/// <summary>The changes that bring Omni to the spec.</summary>
public sealed record ClusterPlan
{
    public IReadOnlyList<OmniResource> Creates { get; init; } = [];

    /// <summary>The resources as they are to be written back.</summary>
    public IReadOnlyList<OmniResource> Updates { get; init; } = [];

    /// <summary>
    /// That of <see cref="Updates"/> which makes the cluster the owner's; null when it is his already, or not there. It is written first:
    /// should the owner be deleted before the rest is written, its deletion finds all parts through a cluster that is its own, and would
    /// leave them behind in one that is not.
    /// </summary>
    public OmniResource? Takeover { get; init; }

    /// <summary>In the order of deletion: machines and machine sets before what configures them.</summary>
    public IReadOnlyList<OmniResource> Deletes { get; init; } = [];

    /// <summary>Resources that Omni still tears down, some of them to be made anew, such as a machine that moves to another set.</summary>
    public IReadOnlyList<OmniResource> Awaited { get; init; } = [];

    /// <summary>Names of worker sets that are gone from the spec and whose removal nobody confirmed.</summary>
    public IReadOnlyList<string> UnconfirmedRemovals { get; init; } = [];

    /// <summary>Why a resource of the spec may not be written.</summary>
    public string? Conflict { get; init; }

    public int ChangeCount => Creates.Count + Updates.Count + Deletes.Count;

    /// <summary>The changes in a few words, for a person.</summary>
    public string Describe()
    {
        var parts = new[] { ("create", Creates), ("update", Updates), ("delete", Deletes) }
            .Where(part => part.Item2.Count > 0)
            .Select(part => $"{part.Item1} {string.Join(", ", part.Item2.Take(3).Select(Name))}{(part.Item2.Count > 3 ? $" and {part.Item2.Count - 3} more" : "")}");
        return string.Join("; ", parts);
    }

    private static string Name(OmniResource resource) => $"{resource.Type.Name.Split('.')[0]}/{resource.Id}";
}
