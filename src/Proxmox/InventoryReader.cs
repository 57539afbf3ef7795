using System.Text.Json;

namespace OmniScale.Proxmox;

/// <summary>Reads and parses the parts of the inventory.</summary>
internal sealed class InventoryReader(ProxmoxSession session)
{
    public async Task<ProxmoxVersion> ReadVersionAsync(CancellationToken cancellationToken)
    {
        var data = await session.GetAsync("/version", cancellationToken);
        return data.Text("version") is { } version
            ? new ProxmoxVersion(version, data.Text("release") ?? "")
            : throw new ProxmoxException(
                ProxmoxFailure.UnexpectedAnswer, "GET /version answered without a version. Check that the URL leads to Proxmox VE itself.");
    }

    public async Task<(string? Name, bool? Quorate)> ReadClusterStatusAsync(CancellationToken cancellationToken)
    {
        const string Path = "/cluster/status";
        var rows = (await session.GetAsync(Path, cancellationToken)).Rows("type", "GET " + Path);
        var cluster = rows.Where(r => r.Key == "cluster").Select(r => (JsonElement?)r.Row).FirstOrDefault();
        // A stand-alone host has no such row, and nothing to be outvoted by.
        return cluster is { } row ? (row.Text("name"), row.Flag("quorate")) : (null, true);
    }

    public async Task<IReadOnlyList<ProxmoxNode>> ReadNodesAsync(CancellationToken cancellationToken)
    {
        const string Path = "/nodes";
        var rows = (await session.GetAsync(Path, cancellationToken)).Rows("node", "GET " + Path);
        return [.. rows.Select(r => Node(r.Key, r.Row)).OrderBy(n => n.Name, StringComparer.Ordinal)];
    }

    /// <summary>The PCI mappings by id. Before Proxmox VE 8 there were none.</summary>
    public async Task<ValueList<ProxmoxPciMapping>> ReadPciMappingsAsync(CancellationToken cancellationToken)
    {
        const string Path = "/cluster/mapping/pci";
        var rows = (await session.GetAsync(Path, cancellationToken)).Rows("id", "GET " + Path);
        return [.. rows.Select(r => PciMapping(r.Key, r.Row)).OrderBy(m => m.Id, StringComparer.Ordinal)];
    }

    public async Task<ValueList<ProxmoxStorage>> ReadStoragesAsync(string node, CancellationToken cancellationToken)
    {
        var path = $"/nodes/{Uri.EscapeDataString(node)}/storage";
        var rows = (await session.GetAsync(path, cancellationToken)).Rows("storage", "GET " + path);
        return [.. rows.Select(r => Storage(r.Key, r.Row))];
    }

    public async Task<ValueList<ProxmoxBridge>> ReadBridgesAsync(string node, CancellationToken cancellationToken)
    {
        var path = $"/nodes/{Uri.EscapeDataString(node)}/network?type=any_bridge";
        var rows = (await session.GetAsync(path, cancellationToken)).Rows("iface", "GET " + path);
        return [.. rows.Select(r => Bridge(r.Key, r.Row)).OrderBy(b => b.Name, StringComparer.Ordinal)];
    }

    /// <param name="path">Null for the paths that Proxmox lists by itself.</param>
    public async Task<IReadOnlyDictionary<string, IReadOnlySet<string>>> ReadPermissionsAsync(string? path, CancellationToken cancellationToken)
    {
        var data = await session.GetAsync("/access/permissions" + (path is null ? "" : "?path=" + Uri.EscapeDataString(path)), cancellationToken);
        // An empty Perl hash can arrive as a list or null.
        var granted = data.ValueKind == JsonValueKind.Object ? data.EnumerateObject().ToArray() : [];
        // The key is the grant; its value only tells whether it propagates.
        return granted.ToDictionary(
            p => p.Name,
            p => (IReadOnlySet<string>)(p.Value.ValueKind == JsonValueKind.Object ? p.Value.EnumerateObject().Select(g => g.Name).ToHashSet() : []));
    }

    private static ProxmoxNode Node(string name, JsonElement row)
    {
        var state = row.Text("status") switch
        {
            "online" => NodeState.Online,
            "offline" => NodeState.Offline,
            _ => NodeState.Unknown,
        };
        return new ProxmoxNode(
            name,
            state,
            (int?)row.Number("maxcpu"),
            row.SignedNumber("maxmem"),
            row.SignedNumber("mem"),
            row.Text("ssl_fingerprint"),
            Error: null,
            Storages: [],
            Bridges: []);
    }

    private static ProxmoxStorage Storage(string name, JsonElement row) => new(
        name,
        row.Text("type") ?? "",
        [.. (row.Text("content") ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)],
        row.Flag("enabled"),
        row.Flag("active"),
        row.Flag("shared"),
        row.Number("total") ?? 0,
        row.Number("used") ?? 0,
        row.Number("avail") ?? 0);

    private static ProxmoxBridge Bridge(string name, JsonElement row) => new(
        name,
        row.Text("type") ?? "",
        row.Flag("active"),
        row.Flag("bridge_vlan_aware"),
        row.Text("bridge_vids"),
        row.Text("bridge_ports"));

    private static ProxmoxPciMapping PciMapping(string id, JsonElement row)
    {
        var map = row.TryGetProperty("map", out var value) && value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().ToArray() : [];
        return new ProxmoxPciMapping(
            id,
            row.Text("description"),
            row.Flag("mdev"),
            [.. map.Where(m => m.ValueKind == JsonValueKind.String).Select(m => PciDevice(m.GetString()!)).OfType<ProxmoxPciDevice>()]);
    }

    /// <summary>A property string: <c>node=golf,path=0000:01:00.0,id=10de:1eb8,iommugroup=12</c>.</summary>
    private static ProxmoxPciDevice? PciDevice(string text)
    {
        var properties = new Dictionary<string, string>();
        foreach (var property in text.Split(','))
        {
            if (property.Split('=', 2) is [var key, var value])
                properties[key.Trim()] = value.Trim();
        }
        return properties.TryGetValue("node", out var node) && properties.TryGetValue("path", out var path)
            ? new ProxmoxPciDevice(node, path, properties.GetValueOrDefault("id"))
            : null;
    }
}
