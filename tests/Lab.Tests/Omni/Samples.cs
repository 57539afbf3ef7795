using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Tests.Omni;

/// <summary>Resources that the simulator accepts.</summary>
internal static class Samples
{
    public const string Provider = "matrix-cluster";

    public const string ProviderData = """
        cores: 4
        memory: 8192
        disk_size: 40
        storage_selector: name == "local-lvm"
        """;

    public static OmniResource<ClusterSpec> Cluster(string id = "prod", string talos = "1.13.5", string kubernetes = "1.36.1") =>
        ResourceTypes.Clusters.New(id, new ClusterSpec { TalosVersion = talos, KubernetesVersion = kubernetes });

    public static OmniResource<MachineClassSpec> MachineClass(string id = "small", string providerData = ProviderData) =>
        ResourceTypes.MachineClasses.New(id, new MachineClassSpec
        {
            AutoProvision = new MachineClassSpec.Types.Provision { ProviderId = Provider, ProviderData = providerData },
        });

    public static OmniResource<MachineSetSpec> ControlPlanes(uint count, string cluster = "prod", string @class = "small") =>
        MachineSet(cluster, "control-planes", OmniLabels.RoleControlPlane, @class, count);

    public static OmniResource<MachineSetSpec> Workers(uint count, string cluster = "prod", string @class = "small", string name = "workers") =>
        MachineSet(cluster, name, OmniLabels.RoleWorker, @class, count);

    public static OmniResource<ConfigPatchSpec> Patch(string data, string id = "200-cluster-prod-patch", string cluster = "prod")
    {
        var patch = ResourceTypes.ConfigPatches.New(id, new ConfigPatchSpec { Data = data });
        patch.Metadata.Labels[OmniLabels.Cluster] = cluster;
        return patch;
    }

    private static OmniResource<MachineSetSpec> MachineSet(string cluster, string name, string role, string @class, uint count)
    {
        var set = ResourceTypes.MachineSets.New($"{cluster}-{name}", new MachineSetSpec
        {
            MachineAllocation = new MachineSetSpec.Types.MachineAllocation { Name = @class, MachineCount = count },
        });
        set.Metadata.Labels[OmniLabels.Cluster] = cluster;
        set.Metadata.Labels[role] = "";
        return set;
    }
}
