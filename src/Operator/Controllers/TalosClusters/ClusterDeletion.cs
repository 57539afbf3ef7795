using OmniScale.Core;
using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;

namespace OmniScale.Operator.Controllers.TalosClusters;

/// <summary>The two ways in which a cluster's object goes.</summary>
internal static class ClusterDeletion
{
    /// <summary>Lets go: the cluster runs on. Waits for Omni's first answer after a start, never for one that is away.</summary>
    public static async Task<bool> OrphanAsync(TalosClusterReconciler reconciler, Pass<TalosCluster, ClusterFacts> pass, CancellationToken ct)
    {
        if (await reconciler.OpenAsync(pass, ct))
        {
            var stored = ClusterReader.Read(pass.Omni.Cache, pass.Object.ClusterName);
            if (stored.Cluster is null && !await IsGoneAsync(reconciler, pass, ct))
            {
                return false;
            }

            var failure = stored.Cluster is { IsTearingDown: true }
                ? $"it is being torn down, and that goes on; when its machines are gone, omnictl cluster delete {pass.Object.ClusterName} removes what is left"
                : await OmniDeletion.ReleaseAsync(pass.Omni, Owned(reconciler, pass, stored), reconciler.Time, ct);
            reconciler.TellOrphaned(pass.Object, failure);
        }
        else if (pass.IsConnecting)
        {
            return false;
        }
        else
        {
            reconciler.TellOrphaned(pass.Object, pass.Facts.Outcome!.Message);
        }

        return true;
    }

    /// <summary>
    /// Tears the cluster down: the Cluster alone is marked, and Omni removes everything that carries its label. What is left of a
    /// cluster that is gone is removed one by one.
    /// </summary>
    public static async Task<bool> TearDownAsync(TalosClusterReconciler reconciler, Pass<TalosCluster, ClusterFacts> pass, CancellationToken ct)
    {
        var (cluster, facts) = (pass.Object, pass.Facts);
        if (cluster.Spec.Suspend)
        {
            facts.Synced = Finding.False(CommonReasons.DeletionSuspended, "deletion waits while spec.suspend is true");
            facts.Outcome = Outcome.Suspended(facts.Synced.Message);
            return false;
        }

        if (!await reconciler.OpenAsync(pass, ct))
        {
            if (reconciler.MayGoWithoutOmni(pass))
            {
                return true;
            }

            facts.Outcome = facts.Outcome! with { Message = $"cannot delete cluster {cluster.ClusterName} in Omni: {facts.Outcome.Message}. Set spec.deletionPolicy: Orphan to let go of it instead" };
            return false;
        }

        var stored = ClusterReader.Read(pass.Omni.Cache, cluster.ClusterName);
        if (stored.Cluster is { } existing && reconciler.Owner(cluster).Judge(existing.Metadata) != Ownership.Ours)
        {
            return true;
        }

        facts.Observation = ClusterReader.Observe(pass.Omni.Cache, cluster.ClusterName);
        if (stored.Cluster?.Metadata.Annotations.ContainsKey(OmniAnnotations.ClusterLocked) == true)
        {
            facts.Outcome = Outcome.Waiting(TalosClusterReasons.ClusterLocked, $"cluster {cluster.ClusterName} is locked in Omni; unlock it there to let it be deleted");
            return false;
        }

        var doomed = stored.Cluster is { } root ? [root] : Owned(reconciler, pass, stored);
        foreach (var resource in doomed.Where(r => !r.IsTearingDown || r.Metadata.Finalizers.Count == 0))
        {
            await OmniDeletion.StepAsync(pass.Omni.State, resource, ct);
        }

        var left = ClusterReader.Read(pass.Omni.Cache, cluster.ClusterName);
        if (left.Cluster is null && Owned(reconciler, pass, left).Count == 0)
        {
            return await IsGoneAsync(reconciler, pass, ct);
        }

        var words = facts.Observation.DestroyPhase is { Length: > 0 } phase ? phase : "Omni is tearing the cluster down";
        facts.Synced = Finding.False(CommonReasons.Deleting, words);
        facts.Outcome = ClusterProbe.Provider(facts.Observation) is { } cause
            ? cause with { Message = $"{words}; {cause.Message}" }
            : Outcome.Waiting(CommonReasons.Deleting, words);
        return false;
    }

    private static Task<bool> IsGoneAsync(TalosClusterReconciler reconciler, Pass<TalosCluster, ClusterFacts> pass, CancellationToken ct) =>
        OmniDeletion.IsGoneAsync(pass, ResourceTypes.Clusters, pass.Object.ClusterName, reconciler.Owner(pass.Object), reconciler.Time, ct);

    private static List<OmniResource> Owned(TalosClusterReconciler reconciler, Pass<TalosCluster, ClusterFacts> pass, StoredCluster stored)
    {
        var owner = reconciler.Owner(pass.Object);
        var all = stored.Cluster is { } cluster ? stored.Labelled.Prepend(cluster) : stored.Labelled;
        return [.. all.Where(r => owner.Judge(r.Metadata) == Ownership.Ours)];
    }
}
