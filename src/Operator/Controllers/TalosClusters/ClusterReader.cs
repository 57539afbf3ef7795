using OmniScale.Core.Clusters;
using OmniScale.Omni;
using OmniScale.Omni.Api;

namespace OmniScale.Operator.Controllers.TalosClusters;

/// <summary>Gathers what the caches hold of one cluster.</summary>
internal static class ClusterReader
{
    public static StoredCluster Read(OmniCache cache, string cluster) => new(
        cache.Find(ResourceTypes.Clusters, cluster),
        [.. ClusterResources.Labelled.SelectMany(type => cache.ByCluster(type, cluster))],
        cache.Find);

    public static ClusterObservation Observe(OmniCache cache, string cluster)
    {
        var requests = cache.ByCluster(ResourceTypes.ClusterMachineRequestStatuses, cluster)
            .Select(r => new ObservedRequest(r.Id, r.Metadata.Labels.ContainsKey(OmniLabels.MachineRequestInUse), r.Spec)).ToList();
        return new ClusterObservation
        {
            Status = cache.Find(ResourceTypes.ClusterStatuses, cluster)?.Spec,
            DestroyPhase = cache.Find(ResourceTypes.ClusterDestroyStatuses, cluster)?.Spec.Phase,
            Sets = cache.ByCluster(ResourceTypes.MachineSetStatuses, cluster).ToDictionary(r => r.Id, r => r.Spec),
            Machines = [.. cache.ByCluster(ResourceTypes.ClusterMachineStatuses, cluster).Select(Machine)],
            Requests = requests,
            ControlPlane = cache.Find(ResourceTypes.ControlPlaneStatuses, ClusterIds.ControlPlane(cluster))?.Spec,
            TalosUpgrade = cache.Find(ResourceTypes.TalosUpgradeStatuses, cluster)?.Spec,
            KubernetesUpgrade = cache.Find(ResourceTypes.KubernetesUpgradeStatuses, cluster)?.Spec,
            DisconnectedProviders = [.. Providers(cache, cluster, requests).Select(id => (Id: id, Status: cache.Find(ResourceTypes.InfraProviderCombinedStatuses, id)?.Spec))
                .Where(p => p.Status?.Health is not { Connected: true, Error: "" })
                .Select(p => (p.Id, p.Status?.Health?.Error))],
        };
    }

    /// <summary>The providers that the cluster's machine sets request machines from, and those that have some to build or to remove.</summary>
    private static IEnumerable<string> Providers(OmniCache cache, string cluster, IEnumerable<ObservedRequest> requests) => cache.ByCluster(ResourceTypes.MachineSets, cluster)
        .Select(set => set.Spec.MachineAllocation is { } allocation ? cache.Find(ResourceTypes.MachineClasses, allocation.Name)?.Spec.AutoProvision?.ProviderId : null)
        .Concat(requests.Select(r => r.Status.ProviderId))
        .Where(id => !string.IsNullOrEmpty(id))
        .OfType<string>()
        .Distinct(StringComparer.Ordinal);

    private static ObservedMachine Machine(OmniResource<Omni.Api.Specs.ClusterMachineStatusSpec> machine)
    {
        var labels = machine.Metadata.Labels;
        return new(
            labels.TryGetValue(OmniLabels.Hostname, out var name) && name.Length > 0 ? name : machine.Id,
            labels.TryGetValue(OmniLabels.MachineSet, out var set) ? set : "",
            machine.Spec);
    }
}
