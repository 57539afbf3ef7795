using System.Globalization;
using System.Text.Json.Nodes;

namespace OmniScale.Lab.Proxmox;

/// <summary>
/// The data that each path answers with. Like the real server's, which come from untyped Perl values, they are not coerced to a schema: flags are 0 and 1,
/// some numbers are strings, absent stands for false, and no list is ordered.
/// </summary>
internal sealed class ProxmoxApi(SimulatedCluster cluster, Principal principal, IReadOnlyDictionary<string, string> query, ListOrder order)
{
    private static readonly string[] DefaultPermissionPaths = ["/", "/access", "/access/groups", "/nodes", "/pool", "/sdn", "/storage", "/vms"];
    private readonly SimulatedPermissions permissions = new(cluster, principal);

    /// <exception cref="ApiError">The request is refused.</exception>
    public JsonNode Get(string path) => path.Trim('/').Split('/') switch
    {
        ["version"] => Version(),
        ["nodes"] => Nodes(),
        ["nodes", var node, "storage"] => Storages(Reachable(node)),
        ["nodes", var node, "network"] => Network(Reachable(node)),
        ["nodes", var node, "status"] => NodeStatus(Reachable(node)),
        ["storage"] => StorageConfiguration(),
        ["cluster", "status"] => ClusterStatus(),
        ["cluster", "nextid"] => "100",
        ["cluster", "mapping", "pci"] when cluster.ParsedVersion.Major >= 8 => PciMappings(),
        ["access", "permissions"] => Permissions(),
        _ => throw new ApiError(501, $"Method 'GET {path}' not implemented"),
    };

    private JsonObject Version()
    {
        Allow();
        return new() { ["version"] = cluster.Version, ["release"] = cluster.Release, ["repoid"] = cluster.RepoId };
    }

    private JsonArray Nodes()
    {
        Allow();
        return List(cluster.Nodes.Select(node =>
        {
            var row = new JsonObject
            {
                ["node"] = node.Name,
                ["id"] = $"node/{node.Name}",
                ["type"] = "node",
                ["status"] = node.Status,
                ["level"] = "",
                ["ssl_fingerprint"] = FingerprintOf(node),
            };
            if (!permissions.HasAny($"/nodes/{node.Name}", "Sys.Audit") || node.Status == "unknown")
                return row;
            // The sizes of a node that went offline stay for some minutes, its usage is gone at once.
            row["maxcpu"] = node.Cpus;
            row["maxmem"] = node.MemoryBytes;
            row["maxdisk"] = 100L << 30;
            if (node.Status == "online")
            {
                row["cpu"] = 0.0625;
                row["mem"] = node.UsedMemoryBytes;
                row["disk"] = 12L << 30;
                row["uptime"] = 86_400;
            }
            return row;
        }));
    }

    private JsonObject NodeStatus(SimulatedNode node)
    {
        Allow();
        permissions.Require($"/nodes/{node.Name}", "Sys.Audit");
        return new()
        {
            ["uptime"] = 86_400,
            ["cpu"] = 0.0625,
            ["loadavg"] = new JsonArray("0.10", "0.20", "0.15"),
            ["memory"] = new JsonObject
            {
                ["total"] = node.MemoryBytes,
                ["used"] = node.UsedMemoryBytes,
                ["free"] = node.MemoryBytes - node.UsedMemoryBytes,
            },
            ["pveversion"] = $"pve-manager/{cluster.Version}/{cluster.RepoId}",
            ["cpuinfo"] = new JsonObject { ["cpus"] = node.Cpus, ["cores"] = node.Cpus / 2, ["sockets"] = 1, ["mhz"] = "2995.000", ["hvm"] = "1" },
        };
    }

    private JsonArray Storages(SimulatedNode node)
    {
        Allow("storage", "content", "enabled", "target", "format");
        var wanted = query.GetValueOrDefault("content")?.Split(',');
        return List(cluster.Storages
            .Where(s => permissions.HasAny($"/storage/{s.Name}", "Datastore.Audit", "Datastore.AllocateSpace"))
            .Where(s => query.GetValueOrDefault("storage") is not { } name || s.Name == name)
            .Where(s => wanted is null || (EnabledOn(s, node) && s.Content.Intersect(wanted).Any()))
            .Where(s => query.GetValueOrDefault("enabled") != "1" || EnabledOn(s, node))
            .Select(storage =>
            {
                var enabled = EnabledOn(storage, node);
                var active = enabled && !storage.InactiveOn.Contains(node.Name);
                var row = new JsonObject
                {
                    ["storage"] = storage.Name,
                    ["type"] = storage.Type,
                    ["content"] = Content(storage),
                    ["enabled"] = enabled ? 1 : 0,
                    ["active"] = active ? 1 : 0,
                    ["shared"] = storage.Shared ? 1 : 0,
                    ["total"] = active ? storage.TotalBytes : 0,
                    ["used"] = active ? storage.UsedBytes : 0,
                    ["avail"] = active ? storage.TotalBytes - storage.UsedBytes : 0,
                };
                if (active && storage.TotalBytes > 0)
                    row["used_fraction"] = (double)storage.UsedBytes / storage.TotalBytes;
                return row;
            }));
    }

    private JsonArray StorageConfiguration()
    {
        Allow("type");
        return List(cluster.Storages
            .Where(s => permissions.HasAny($"/storage/{s.Name}", "Datastore.Audit", "Datastore.AllocateSpace", "Datastore.Allocate"))
            .Where(s => query.GetValueOrDefault("type") is not { } type || s.Type == type)
            .Select(storage =>
            {
                var row = new JsonObject { ["storage"] = storage.Name, ["type"] = storage.Type, ["content"] = Content(storage), ["digest"] = cluster.RepoId };
                if (storage.Nodes is { } nodes)
                    row["nodes"] = string.Join(',', nodes);
                if (storage.Disabled)
                    row["disable"] = 1;
                if (storage.Shared)
                    row["shared"] = 1;
                return row;
            }));
    }

    private JsonArray Network(SimulatedNode node)
    {
        Allow("type");
        var filtered = cluster.ParsedVersion.Major >= 8;
        var type = query.GetValueOrDefault("type");
        return List(node.Bridges
            .Where(b => type switch
            {
                "any_bridge" or "include_sdn" => true,
                "any_local_bridge" or null => b.Type != "vnet",
                _ => b.Type == type,
            })
            .Where(b => !filtered || permissions.HasAny($"/sdn/zones/{b.Zone}/{b.Name}", "SDN.Audit", "SDN.Use"))
            .Select(b => b.Type == "vnet" ? Vnet(b) : Bridge(b)));
    }

    private static JsonObject Bridge(SimulatedBridge bridge)
    {
        var row = new JsonObject
        {
            ["iface"] = bridge.Name,
            ["type"] = bridge.Type,
            ["method"] = "manual",
            ["families"] = new JsonArray("inet"),
            ["bridge_ports"] = bridge.Ports,
            ["bridge_fd"] = "0",
            ["autostart"] = 1,
            ["priority"] = 3,
        };
        if (bridge.Active)
            row["active"] = 1;
        if (bridge.VlanAware)
        {
            row["bridge_vlan_aware"] = 1;
            row["bridge_vids"] = "2-4094";
        }
        return row;
    }

    private static JsonObject Vnet(SimulatedBridge bridge)
    {
        var row = new JsonObject { ["iface"] = bridge.Name, ["type"] = "vnet" };
        if (bridge.Active)
            row["active"] = "1";
        return row;
    }

    private JsonArray ClusterStatus()
    {
        Allow();
        permissions.Require("/", "Sys.Audit");
        var rows = cluster.Nodes.Select((node, index) => new JsonObject
        {
            ["type"] = "node",
            ["name"] = node.Name,
            ["id"] = $"node/{node.Name}",
            ["nodeid"] = index + 1,
            ["online"] = node.Status == "offline" ? 0 : 1,
            ["local"] = index == 0 ? 1 : 0,
            ["ip"] = string.Create(CultureInfo.InvariantCulture, $"192.0.2.{index + 5}"),
            ["level"] = "",
        });
        return List(cluster.Name is null ? rows : rows.Prepend(new JsonObject
        {
            ["type"] = "cluster",
            ["name"] = cluster.Name,
            ["id"] = "cluster",
            ["nodes"] = cluster.Nodes.Count,
            ["version"] = cluster.Nodes.Count,
            ["quorate"] = cluster.Quorate ? 1 : 0,
        }));
    }

    private JsonArray PciMappings()
    {
        Allow("check-node");
        return List(cluster.PciMappings
            .Where(m => permissions.HasAny($"/mapping/pci/{m.Id}", "Mapping.Use", "Mapping.Audit", "Mapping.Modify"))
            .Select(mapping =>
            {
                var row = new JsonObject
                {
                    ["id"] = mapping.Id,
                    ["type"] = "pci",
                    ["map"] = new JsonArray([.. mapping.Map.Select(m => (JsonNode)m)]),
                    ["digest"] = cluster.RepoId,
                };
                if (mapping.Description is not null)
                    row["description"] = mapping.Description;
                if (mapping.Mdev)
                    row["mdev"] = 1;
                if (query.GetValueOrDefault("check-node") is { } node && !mapping.Map.Exists(m => m.Split(',').Contains($"node={node}")))
                    row["checks"] = new JsonArray(new JsonObject { ["severity"] = "warning", ["message"] = $"No mapping for node {node}." });
                return row;
            }));
    }

    private JsonObject Permissions()
    {
        Allow("path");
        var paths = query.TryGetValue("path", out var path)
            ? [path]
            : DefaultPermissionPaths.Concat(cluster.Acl.Select(a => a.Path)).Distinct();
        var answer = new JsonObject();
        foreach (var each in paths)
        {
            var granted = permissions.On(each);
            if (granted.Count > 0)
                answer[each] = new JsonObject(granted.Select(g => KeyValuePair.Create(g.Key, (JsonNode?)(g.Value ? 1 : 0))));
        }
        return answer;
    }

    /// <summary>Requests about a node are proxied to it.</summary>
    private SimulatedNode Reachable(string name)
    {
        var node = cluster.Nodes.Find(n => n.Name == name)
            ?? throw new ApiError(500, $"hostname lookup '{name}' failed - failed to get address info for: {name}: Name or service not known");
        return node.Status == "offline" ? throw new ApiError(595, "No route to host") : node;
    }

    /// <summary>Refuses parameters that the path does not know.</summary>
    private void Allow(params ReadOnlySpan<string> parameters)
    {
        foreach (var name in query.Keys)
        {
            if (!parameters.Contains(name))
            {
                throw new ApiError(400, "Parameter verification failed.",
                    new JsonObject { [name] = "property is not defined in schema and the schema does not allow additional properties" });
            }
        }
    }

    private string Content(SimulatedStorage storage) => string.Join(',', order.Apply(storage.Content));

    private JsonArray List(IEnumerable<JsonObject> rows) => new(order.Apply<JsonNode>(rows));

    private static bool EnabledOn(SimulatedStorage storage, SimulatedNode node) => !storage.Disabled && (storage.Nodes?.Contains(node.Name) ?? true);

    private static string FingerprintOf(SimulatedNode node) => SimulatedCertificates.Format(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(node.Name)));
}
