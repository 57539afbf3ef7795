using k8s;
using k8s.Models;
using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;

namespace OmniScale.Core.Tests;

/// <summary>Objects as people apply them, and what Omni holds of them.</summary>
internal static class Sample
{
    public const string Name = "talos-prod-01";
    public const string ControlPlaneSet = Name + "-control-planes";
    public const string WorkerSet = Name + "-worker-golf";

    public static readonly Owner Owner = new("c1", "omni-scale", Name);
    public static readonly Owner Stranger = new("c2", "elsewhere", "other");

    public static T Read<T>(string yaml) => KubernetesJson.Deserialize<T>(Yaml.Parse(yaml)!.ToJsonString());

    /// <summary>Three control-plane machines and one worker.</summary>
    public static TalosCluster TalosCluster(Func<TalosClusterSpec, TalosClusterSpec>? change = null, TalosClusterStatus? status = null)
    {
        var spec = new TalosClusterSpec
        {
            Kubernetes = new() { Version = "v1.36.2" },
            Talos = new() { Version = "v1.13.6" },
            ControlPlane = new() { MachineClass = new() { Name = "matrix-control-plane", Size = new(3) } },
            Workers = [Workers("worker-golf", 1)],
        };
        return new TalosCluster { Metadata = Metadata(Name), Spec = change?.Invoke(spec) ?? spec, Status = status };
    }

    public static WorkersSpec Workers(string name, uint size) => new() { Name = name, MachineClass = new() { Name = "matrix-worker-golf", Size = new(size) } };

    public static WorkersSpec Workers(string name, params string[] machines) => new() { Name = name, Machines = machines };

    public static V1ObjectMeta Metadata(string name, long generation = 2) =>
        new() { Name = name, NamespaceProperty = "omni-scale", Generation = generation, Uid = "0b0e5f6e-0000-4000-8000-000000000000" };

    public static IReadOnlyList<OmniResource> Render(TalosCluster cluster) => ClusterRenderer.Render(cluster, Owner, name => name, _ => null);

    public static string Short(OmniResource resource) => $"{resource.Type.Name.Split('.')[0]}/{resource.Id}";

    public static IEnumerable<string> Names(IEnumerable<OmniResource> resources) => resources.Select(Short);
}
