using OmniScale.Core.Clusters;
using OmniScale.Omni.Api;

namespace OmniScale.Core.Tests;

/// <summary>What Omni holds, as a set that a plan can be carried out on.</summary>
internal sealed class OmniContents
{
    private readonly List<OmniResource> all;

    public OmniContents(IEnumerable<OmniResource> resources) => all = [.. resources.Select(r => r.Clone())];

    public IReadOnlyList<OmniResource> All => all;

    public OmniResource this[ResourceType type, string id] => Find(type, id) ?? throw new KeyNotFoundException($"{type}/{id}");

    public void Add(OmniResource resource) => all.Add(resource);

    public void Remove(ResourceType type, string id) => all.Remove(this[type, id]);

    public StoredCluster Cluster(string name) => new(
        Find(ResourceTypes.Clusters, name),
        [.. all.Where(r => ClusterResources.Labelled.Contains(r.Type) && r.Metadata.Labels.TryGetValue(OmniLabels.Cluster, out var of) && of == name)],
        Find);

    /// <summary>Carries a plan out at once, as an Omni without finalizers would.</summary>
    public void Apply(ClusterPlan plan)
    {
        all.AddRange(plan.Creates);
        foreach (var update in plan.Updates)
        {
            all[all.FindIndex(r => r.Type == update.Type && r.Id == update.Id)] = update;
        }

        foreach (var gone in plan.Deletes)
        {
            all.RemoveAll(r => r.Type == gone.Type && r.Id == gone.Id);
            if (gone.Type == ResourceTypes.MachineSets)
            {
                all.RemoveAll(r => r.Type == ResourceTypes.MachineSetNodes && r.Metadata.Labels[OmniLabels.MachineSet] == gone.Id);
            }
        }
    }

    private OmniResource? Find(ResourceType type, string id) => all.Find(r => r.Type == type && r.Id == id);
}
