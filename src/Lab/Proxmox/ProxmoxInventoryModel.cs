using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace OmniScale.Lab.Proxmox;

/// <summary>The simulated cluster's state. Every read and edit holds one lock, so a request sees an edit whole or not at all.</summary>
public sealed class ProxmoxInventoryModel(SimulatedCluster cluster)
{
    private readonly Lock gate = new();
    private SimulatedCluster cluster = cluster;

    public T Read<T>(Func<SimulatedCluster, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        lock (gate)
            return read(cluster);
    }

    public void Edit(Action<SimulatedCluster> edit)
    {
        ArgumentNullException.ThrowIfNull(edit);
        lock (gate)
            edit(cluster);
    }

    /// <summary>Replaces the whole cluster by an inventory file's text (YAML or JSON).</summary>
    /// <exception cref="YamlDotNet.Core.YamlException">The text is not an inventory; an unknown key is an error.</exception>
    public void Load(string text)
    {
        var loaded = Parse(text);
        lock (gate)
            cluster = loaded;
    }

    public static SimulatedCluster Parse(string text) =>
        new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Deserialize<SimulatedCluster>(text) ?? new();

    /// <summary>The state as an inventory file, secrets of the simulated accounts included: they belong to the lab alone.</summary>
    public string ToYaml() => Read(c => new SerializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Serialize(c));

    /// <summary>A node is <c>online</c>, <c>offline</c> or <c>unknown</c>.</summary>
    /// <exception cref="KeyNotFoundException">There is no such node.</exception>
    public void SetNodeStatus(string node, string status) => Edit(c => Node(c, node).Status = status);

    public void SetQuorate(bool quorate) => Edit(c => c.Quorate = quorate);

    /// <summary>Adds the storage, or replaces the one of that name.</summary>
    public void PutStorage(SimulatedStorage storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        Edit(c =>
        {
            c.Storages.RemoveAll(s => s.Name == storage.Name);
            c.Storages.Add(storage);
        });
    }

    /// <exception cref="KeyNotFoundException">There is no such storage.</exception>
    public void RemoveStorage(string storage) => Edit(c => c.Storages.Remove(Storage(c, storage)));

    /// <summary>Makes a storage reachable or not, on one node or (null) on all.</summary>
    /// <exception cref="KeyNotFoundException">There is no such storage or node.</exception>
    public void SetStorageActive(string storage, bool active, string? node = null) => Edit(c =>
    {
        var inactive = Storage(c, storage).InactiveOn;
        foreach (var name in node is null ? c.Nodes.ConvertAll(n => n.Name) : [Node(c, node).Name])
        {
            inactive.RemoveAll(n => n == name);
            if (!active)
                inactive.Add(name);
        }
    });

    /// <summary>Adds a propagating ACL for <c>user@realm</c> or <c>user@realm!token</c>.</summary>
    public void Grant(string who, string path, params string[] privileges) =>
        Edit(c => c.Acl.Add(new() { Who = who, Path = path, Privileges = [.. privileges] }));

    /// <summary>Takes privileges from the entries of exactly this path; an entry that becomes empty is removed, so that inheritance applies again.</summary>
    public void Revoke(string who, string path, params string[] privileges) => Edit(c =>
    {
        foreach (var entry in c.Acl.FindAll(a => a.Who == who && a.Path == path))
        {
            entry.Privileges.RemoveAll(privileges.Contains);
            if (entry.Privileges.Count == 0)
                c.Acl.Remove(entry);
        }
    });

    private static SimulatedNode Node(SimulatedCluster cluster, string name) =>
        cluster.Nodes.Find(n => n.Name == name) ?? throw new KeyNotFoundException($"No node '{name}'.");

    private static SimulatedStorage Storage(SimulatedCluster cluster, string name) =>
        cluster.Storages.Find(s => s.Name == name) ?? throw new KeyNotFoundException($"No storage '{name}'.");
}
