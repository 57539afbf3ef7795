using System.Globalization;
using OmniScale.Crds;
using OmniScale.Omni.Api;

namespace OmniScale.Core.Clusters;

/// <summary>Whether a cluster may be written to at all, before anything is compared.</summary>
public static class ClusterGate
{
    /// <returns>Null when it may; else why not.</returns>
    public static Outcome? Judge(TalosCluster cluster, StoredCluster stored, Owner owner)
    {
        if (stored.Cluster is not { } existing)
        {
            return cluster.Status?.CreatedInOmni is { } created && !RecreationWanted(cluster, created)
                ? Outcome.Stalled(TalosClusterReasons.DeletedInOmni,
                    $"cluster {cluster.ClusterName} was deleted in Omni by somebody else, and is not built anew by itself. To build it anew, empty: "
                    + $"kubectl annotate -n {cluster.Metadata.NamespaceProperty} taloscluster {cluster.Metadata.Name} {UserAnnotations.Recreate}={Stamp(created)} --overwrite")
                : null;
        }

        if (!owner.MayTake(existing.Metadata, cluster.Spec.AdoptionPolicy))
        {
            return Outcome.Stalled(CommonReasons.NameConflict, owner.Conflict(existing, "cluster"));
        }

        return existing.IsTearingDown
            ? Outcome.Waiting(TalosClusterReasons.Destroying, cluster.Status?.CreatedInOmni is null
                ? $"the former cluster {cluster.ClusterName} is still being deleted in Omni; it is built anew when that is gone"
                : $"somebody else deletes cluster {cluster.ClusterName} in Omni")
            : null;
    }

    /// <summary>
    /// Whether nothing but the last step is missing to a deletion that the owner began for a former object of the same name: that
    /// object was let go of in the midst of it, so that nobody else takes the step.
    /// </summary>
    public static bool IsLeftBehind(TalosCluster cluster, StoredCluster stored, Owner owner) =>
        cluster.Status?.CreatedInOmni is null && !cluster.Spec.Suspend
        && stored.Cluster is { IsTearingDown: true, Metadata.Finalizers.Count: 0 } existing && owner.Judge(existing.Metadata) == Ownership.Ours;

    /// <summary>Whether the plan has to wait since somebody locked the cluster.</summary>
    /// <returns>Null when it has not, or when nothing is to be changed; else why.</returns>
    public static Outcome? JudgeLock(TalosCluster cluster, StoredCluster stored, ClusterPlan plan) =>
        plan.ChangeCount > 0 && stored.Cluster?.Metadata.Annotations.ContainsKey(OmniAnnotations.ClusterLocked) == true
            ? Outcome.Waiting(TalosClusterReasons.ClusterLocked,
                $"cluster {cluster.ClusterName} is locked in Omni; unlock it there (omnictl cluster unlock {cluster.ClusterName}) to let through: {plan.Describe()}")
            : null;

    /// <summary>The annotation names the very cluster that was lost, so that it serves once even if it stays in a repository.</summary>
    private static bool RecreationWanted(TalosCluster cluster, DateTime created) =>
        cluster.Metadata.Annotations?.TryGetValue(UserAnnotations.Recreate, out var value) == true && value == Stamp(created);

    private static string Stamp(DateTime created) => created.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
