using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Chaos;

/// <summary>
/// What the operator created in Omni, and how often it had a reason to: once for each object that wants the resource (once more
/// when an edit asks for it again), for each removal by another hand, and for each permission to build a cluster anew.
/// </summary>
internal sealed class Creations
{
    private readonly Lock gate = new();
    private readonly Dictionary<(string Owner, string Type, string Id), int> created = [];
    private readonly Dictionary<(string Owner, string Type, string Id), int> allowed = [];
    private readonly Dictionary<string, (string Uid, HashSet<(string Type, string Id)> Wanted)> last = [];
    private readonly HashSet<(string Owner, string Permission)> permissions = [];

    public void Stored(CreateRequest request)
    {
        var metadata = request.Resource.Metadata;
        lock (gate)
        {
            Add(created, (metadata.Annotations[OwnershipAnnotations.Owner], metadata.Type, metadata.Id));
        }
    }

    public void Applied(string owner, string uid, IEnumerable<OmniResource> resources)
    {
        HashSet<(string Type, string Id)> wanted = [.. resources.Select(resource => (resource.Type.Name, resource.Id))];
        lock (gate)
        {
            var before = last.TryGetValue(owner, out var former) && former.Uid == uid ? former.Wanted : [];
            foreach (var (type, id) in wanted.Where(key => !before.Contains(key)))
            {
                Add(allowed, (owner, type, id));
            }

            last[owner] = (uid, wanted);
        }
    }

    public void Removed(ResourceType type, string id) => Allow(key => key.Type == type.Name && key.Id == id);

    /// <summary>
    /// A cluster of an owner is deleted by another hand. The watches of different types are not ordered: the operator may see that parts
    /// are gone before it sees why, but it never makes the cluster itself again.
    /// </summary>
    public void TornDown(string owner) => Allow(key => key.Owner == owner && key.Type != ResourceTypes.Clusters.Name);

    /// <summary>An owner may build anew all that it had, once for each permission.</summary>
    public void MayBuildAnew(string owner, string permission)
    {
        if (permissions.Add((owner, permission)))
        {
            Allow(key => key.Owner == owner);
        }
    }

    public IReadOnlyList<string> TooMany()
    {
        lock (gate)
        {
            return [.. created.Where(entry => entry.Value > allowed.GetValueOrDefault(entry.Key))
                .Select(entry => $"{entry.Key.Owner} created {entry.Key.Type} {entry.Key.Id} {entry.Value} times, and had {allowed.GetValueOrDefault(entry.Key)} reasons")];
        }
    }

    private void Allow(Func<(string Owner, string Type, string Id), bool> which)
    {
        lock (gate)
        {
            foreach (var key in allowed.Keys.Where(which).ToList())
            {
                Add(allowed, key);
            }
        }
    }

    private static void Add(Dictionary<(string Owner, string Type, string Id), int> counts, (string Owner, string Type, string Id) key) =>
        counts[key] = counts.GetValueOrDefault(key) + 1;
}
