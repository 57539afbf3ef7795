using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Chaos;

/// <summary>What another hand does in Omni.</summary>
internal sealed partial class Actors
{
    private static readonly TimeSpan HandLimit = TimeSpan.FromSeconds(60);

    private int foreignPatches;

    /// <summary>What stood in Omni before anybody here came; some of it has the name of an object.</summary>
    private void HandWasHereFirst()
    {
        Place(ResourceTypes.Clusters.New(Pick(["blue", "other", "other"]), new ClusterSpec { KubernetesVersion = "1.36.2", TalosVersion = "1.13.6", Features = new() }));
        Place(ResourceTypes.MachineClasses.New(Pick(["large", "metal", "metal"]), new Omni.Api.Specs.MachineClassSpec
        {
            AutoProvision = new() { ProviderId = World.Provider, ProviderData = "cores: 8\n" },
        }));
    }

    private void Place<TSpec>(OmniResource<TSpec> resource)
        where TSpec : class, Google.Protobuf.IMessage<TSpec>, new()
    {
        world.Note($"another hand makes {resource}");
        world.Foreign.Add(resource.Clone());
        world.Omni.State.Put(resource);
    }

    /// <summary>Changes what an object describes: a label of a cluster, the text of a patch, the size of a machine set.</summary>
    private Task HandEditsAsync()
    {
        var (cluster, what) = (AnyCluster(), random.Next(3));
        var done = what switch
        {
            0 => world.Omni.State.Edit(ResourceTypes.Clusters, cluster, resource =>
            {
                if (IsOurs(resource))
                {
                    resource.Metadata.Labels["tier"] = "by-hand";
                }
            }),
            1 => world.Omni.State.Edit(ResourceTypes.ConfigPatches, $"200-cluster-{cluster}-cni", resource => resource.Spec.Data = "cluster: {}\n"),
            _ => world.Omni.State.Edit(ResourceTypes.MachineSets, $"{cluster}-workers", resource => resource.Spec.MachineAllocation.MachineCount = 2),
        };
        world.Note($"another hand edits {(what == 0 ? "the label" : what == 1 ? "the patch" : "the workers")} of {cluster}{(done ? "" : ", which is not there")}");
        return Task.CompletedTask;
    }

    /// <summary>Gives every cluster of ours a label of its own.</summary>
    private Task HandDriftsAsync()
    {
        var tier = $"by-hand-{random.Next(1000)}";
        var drifted = names.Values.Distinct().Count(cluster => world.Omni.State.Get(ResourceTypes.Clusters, cluster) is { } stored && IsOurs(stored)
            && world.Omni.State.Edit(ResourceTypes.Clusters, cluster, resource => resource.Metadata.Labels["tier"] = tier));
        world.Note($"another hand labels {drifted} clusters");
        return Task.CompletedTask;
    }

    private Task HandRemovesAsync()
    {
        var (cluster, what) = (AnyCluster(), random.Next(2));
        var (type, id) = what == 0
            ? ((ResourceType)ResourceTypes.ConfigPatches, $"200-cluster-{cluster}-cni")
            : (ResourceTypes.ExtensionsConfigurations, $"schematic-{cluster}");
        var done = world.Omni.State.Remove(type, id);
        if (done)
        {
            world.Creations.Removed(type, id);
        }

        world.Note($"another hand removes {(what == 0 ? "the patch" : "the extensions")} of {cluster}{(done ? "" : ", which is not there")}");
        return Task.CompletedTask;
    }

    private async Task HandDeletesClusterAsync()
    {
        var cluster = AnyCluster();
        if (world.Omni.State.Get(ResourceTypes.Clusters, cluster) is not { } stored || !IsOurs(stored))
        {
            world.Note($"another hand would delete {cluster}, which is not there or not ours");
            return;
        }

        var owner = stored.Metadata.Annotations[OwnershipAnnotations.Owner];
        world.TornDown.Add(cluster);
        world.Creations.TornDown(owner);
        world.Omni.State.TearDown(ResourceTypes.Clusters, cluster);
        var known = (await world.Client.FindAsync<TalosCluster>(new(owner.Split('/')[1], owner.Split('/')[2]), World.Ct)) is { } value
            ? value.Status?.CreatedInOmni is { } created && value.Metadata.Annotations.Value(UserAnnotations.Recreate) != Stamp(created)
            : true;
        world.Note($"another hand deletes cluster {cluster}{(known ? "" : ", whose creation the object did not get to record")}");
        if (!known)
        {
            world.Creations.MayBuildAnew(owner, $"unrecorded {world.Log.Count}");
        }

        world.Background.Add(world.Omni.State.DeleteAsync(ResourceTypes.Clusters, cluster, HandLimit, World.Ct));
    }

    private Task HandAddsPatchAsync()
    {
        var cluster = AnyCluster();
        var patch = ResourceTypes.ConfigPatches.New($"900-foreign-{cluster}-{foreignPatches++}", new ConfigPatchSpec { Data = "machine: {}\n" });
        patch.Metadata.Labels[OmniLabels.Cluster] = cluster;
        Place(patch);
        return Task.CompletedTask;
    }

    private Task HandLocksAsync()
    {
        var (cluster, locks) = (AnyCluster(), random.Next(3) == 0);
        var done = world.Omni.State.Edit(ResourceTypes.Clusters, cluster, resource =>
        {
            if (locks && IsOurs(resource))
            {
                resource.Metadata.Annotations[OmniAnnotations.ClusterLocked] = "";
            }
            else
            {
                resource.Metadata.Annotations.Remove(OmniAnnotations.ClusterLocked);
            }
        });
        world.Note($"another hand {(locks ? "locks" : "unlocks")} {cluster}{(done ? "" : ", which is not there")}");
        return Task.CompletedTask;
    }

    private string AnyCluster() => names[(random.Next(2), Pick(Clusters))];

    private static bool IsOurs(OmniResource resource) => resource.Metadata.Annotations.ContainsKey(OwnershipAnnotations.Owner);
}
