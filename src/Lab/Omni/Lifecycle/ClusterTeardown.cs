using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>
/// Takes a cluster down that a user has marked: its machine sets with their machines and requests, then all that
/// belongs to it, and at last the cluster's finalizers. The user destroys the cluster.
/// </summary>
internal sealed class ClusterTeardown(ControllerContext context)
{
    private const string Owner = "ClusterDestroyStatusController";

    private static readonly string[] UserTypes =
        [KnownTypes.ConfigPatches, KnownTypes.ExtensionsConfigurations, KnownTypes.ManifestGroups, KnownTypes.HealthChecks];

    private static readonly string[] ClusterIdTypes =
    [
        KnownTypes.LoadBalancerStatuses, KnownTypes.TalosUpgradeStatuses, KnownTypes.KubernetesUpgradeStatuses, KnownTypes.ClusterUuids,
        KnownTypes.ClusterDestroyStatuses, KnownTypes.ClusterStatuses,
    ];

    public void Reconcile()
    {
        foreach (var cluster in context.List(KnownTypes.Clusters).Where(cluster => cluster.IsTearingDown && cluster.Metadata.Finalizers.Contains(ClusterStatuses.Owner)))
            TearDown(cluster);
    }

    private void TearDown(StoredResource cluster)
    {
        var sets = context.With(KnownTypes.MachineSets, OmniLabels.Cluster, cluster.Id).ToList();
        var machines = context.With(KnownTypes.ClusterMachines, OmniLabels.Cluster, cluster.Id).Count;
        context.Ensure<DestroyStatusSpec>(
            KnownTypes.ClusterDestroyStatuses, cluster.Id, Owner,
            status => status.Phase = $"Destroying: {sets.Count} machine sets, {machines} machines");

        foreach (var set in sets)
            context.TearDownAndDestroy(set);
        if (context.With(KnownTypes.MachineSets, OmniLabels.Cluster, cluster.Id).Any())
            return;

        var isEmpty = true;
        foreach (var rest in UserTypes.SelectMany(type => context.With(type, OmniLabels.Cluster, cluster.Id).ToList()))
            isEmpty &= context.TearDownAndDestroy(rest);
        if (!isEmpty)
            return;

        foreach (var status in context.With(KnownTypes.ControlPlaneStatuses, OmniLabels.Cluster, cluster.Id).ToList())
            context.Remove(KnownTypes.ControlPlaneStatuses, status.Id);
        foreach (var type in ClusterIdTypes)
            context.Remove(type, cluster.Id);
        context.RemoveFinalizer(cluster, ClusterStatuses.Owner);
    }
}
