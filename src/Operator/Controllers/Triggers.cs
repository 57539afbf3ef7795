using OmniScale.Crds;
using OmniScale.Omni;
using OmniScale.Omni.Api;
using OmniScale.Operator.Connections;
using OmniScale.Operator.Controllers.MachineClasses;
using OmniScale.Operator.Controllers.ProxmoxProviders;
using OmniScale.Operator.Controllers.TalosClusters;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers;

/// <summary>Who is to look again when something else changes: the other objects, resources in Omni, and Proxmox.</summary>
internal sealed class Triggers
{
    /// <summary>By the provider's id in Omni, in lower case: a provider in the wrong case is to be noticed too.</summary>
    private const string ProviderId = "providerId";

    private readonly Store<ProxmoxProvider> providers;
    private readonly Store<MachineClass> classes;
    private readonly Store<TalosCluster> clusters;
    private readonly Wakeups wakeups;

    public Triggers(Store<ProxmoxProvider> providers, Store<MachineClass> classes, Store<TalosCluster> clusters, OmniConnectionPool pool, ProxmoxMonitor monitor, Wakeups wakeups)
    {
        (this.providers, this.classes, this.clusters, this.wakeups) = (providers, classes, clusters, wakeups);
        MachineClassIndexes.Add(classes);
        TalosClusterIndexes.Add(clusters);
        providers.AddIndex(ProviderId, provider => [provider.ProviderId.ToLowerInvariant()]);

        providers.Changed += change => WakeClassesOf(change.Key);
        classes.Changed += OnClassChanged;
        clusters.Changed += OnClusterChanged;
        monitor.InventoryChanged += WakeClassesOf;
        monitor.LookEnded += wakeups.Wake<ProxmoxProvider>;
        pool.Changed += (connection, change) =>
        {
            // Nobody reads a connection before all of it is there, and then everybody is woken: what its first reading finds is no news.
            if (IsComplete(connection.Cache))
            {
                OnOmniChanged(connection.Cache, change);
            }
        };
    }

    private static bool IsComplete(OmniCache cache)
    {
        foreach (var type in OmniCaches.Types)
        {
            if (!cache.Status(type).IsSynced)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What is known of a provider's Proxmox changed.</summary>
    private void WakeClassesOf(NamespacedName provider)
    {
        foreach (var machineClass in classes.ByIndex(MachineClassIndexes.Provider, MachineClassIndexes.ProviderKey(provider.Namespace, provider.Name)))
        {
            wakeups.Wake<MachineClass>(machineClass.Key());
        }
    }

    private void OnClassChanged(StoreChange<MachineClass> change)
    {
        WakeClustersOf(change.Key);
        foreach (var provider in new[] { change.Old, change.New }.Select(c => c?.Spec.ProviderRef?.Name).OfType<string>().Distinct())
        {
            wakeups.Wake<ProxmoxProvider>(new(change.Key.Namespace, provider));
        }
    }

    /// <summary>A class whose deletion waits for its clusters learns of those that went or changed.</summary>
    private void OnClusterChanged(StoreChange<TalosCluster> change)
    {
        if (change.Old is not { } old || (change.New is { } @new && @new.Metadata.Generation == old.Metadata.Generation))
        {
            return;
        }

        foreach (var name in TalosClusterIndexes.ClassNames(old.Spec))
        {
            wakeups.Wake<MachineClass>(new(change.Key.Namespace, name));
        }

        if (change.New is null)
        {
            // Its machine sets in Omni may use a class that its spec names no more.
            WakeClassesInDeletion();
        }
    }

    private void OnOmniChanged(OmniCache cache, OmniChange change)
    {
        if (change.Label(OmniLabels.Cluster) is { } labelled)
        {
            WakeClusters(labelled);
            if (change.Type == ResourceTypes.MachineSets)
            {
                WakeClassesInDeletion();
            }
        }
        else if (change.Type == ResourceTypes.MachineClasses)
        {
            OnOmniClassChanged(change.Id);
        }
        else if (change.Type == ResourceTypes.InfraProviders || change.Type == ResourceTypes.InfraProviderStatuses || change.Type == ResourceTypes.InfraProviderCombinedStatuses)
        {
            OnOmniProviderChanged(cache, change.Id);
        }
        else
        {
            // The other types that carry no cluster label have the cluster's name as their id.
            WakeClusters(change.Id);
        }
    }

    private void OnOmniClassChanged(string omniName)
    {
        foreach (var machineClass in classes.ByIndex(MachineClassIndexes.OmniName, omniName))
        {
            wakeups.Wake<MachineClass>(machineClass.Key());
            WakeClustersOf(machineClass.Key());
        }

        // A class that no object describes is used by its name in Omni, from any namespace.
        foreach (var cluster in clusters.ByIndex(TalosClusterIndexes.ClassName, omniName))
        {
            wakeups.Wake<TalosCluster>(cluster.Key());
        }
    }

    private void OnOmniProviderChanged(OmniCache cache, string id)
    {
        // By what Omni holds: a class, and its provider, may be of another namespace or have no object at all.
        var used = cache.All(ResourceTypes.MachineClasses).Where(c => c.Spec.AutoProvision?.ProviderId == id).Select(c => c.Id).ToHashSet(StringComparer.Ordinal);
        var sets = cache.All(ResourceTypes.MachineSets).Where(set => set.Spec.MachineAllocation is { } allocation && used.Contains(allocation.Name));
        var requests = cache.All(ResourceTypes.ClusterMachineRequestStatuses).Where(request => request.Spec.ProviderId == id);
        foreach (var cluster in sets.Select(ClusterOf).Concat(requests.Select(ClusterOf)).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            WakeClusters(cluster);
        }

        foreach (var provider in providers.ByIndex(ProviderId, id.ToLowerInvariant()))
        {
            wakeups.Wake<ProxmoxProvider>(provider.Key());
            foreach (var machineClass in classes.ByIndex(MachineClassIndexes.Provider, MachineClassIndexes.ProviderKey(provider.Metadata.NamespaceProperty, provider.Metadata.Name)))
            {
                wakeups.Wake<MachineClass>(machineClass.Key());
            }
        }
    }

    private static string? ClusterOf(OmniResource resource) => resource.Metadata.Labels.TryGetValue(OmniLabels.Cluster, out var cluster) ? cluster : null;

    /// <summary>They wait for the machine sets that use them, and for the clusters of these.</summary>
    private void WakeClassesInDeletion()
    {
        foreach (var machineClass in classes.List().Where(c => c.Metadata.DeletionTimestamp is not null))
        {
            wakeups.Wake<MachineClass>(machineClass.Key());
        }
    }

    private void WakeClusters(string name)
    {
        foreach (var cluster in clusters.ByIndex(TalosClusterIndexes.ClusterName, name))
        {
            wakeups.Wake<TalosCluster>(cluster.Key());
        }
    }

    private void WakeClustersOf(NamespacedName machineClass)
    {
        foreach (var cluster in clusters.ByIndex(TalosClusterIndexes.MachineClass, TalosClusterIndexes.ClassKey(machineClass.Namespace, machineClass.Name)))
        {
            wakeups.Wake<TalosCluster>(cluster.Key());
        }
    }
}
