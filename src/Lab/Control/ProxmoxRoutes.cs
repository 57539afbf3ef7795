using OmniScale.Lab.Proxmox;

namespace OmniScale.Lab.Control;

/// <summary>Whether a storage can be reached.</summary>
/// <param name="Node">The node it is about; null for all.</param>
public sealed record StorageState(bool Active, string? Node = null);

/// <summary>A node's status: online, offline or unknown.</summary>
public sealed record NodeState(string Status);

/// <summary>Privileges of a user or token on a path.</summary>
public sealed record PrivilegeEdit(string Who, string Path, IReadOnlyList<string> Privileges);

/// <summary>The part of the control endpoint that is about Proxmox.</summary>
internal static class ProxmoxRoutes
{
    public static void Map(WebApplication control, ProxmoxSimulator proxmox)
    {
        var routes = control.MapGroup("/proxmox");
        MapInventory(routes, proxmox);
        MapFaults(routes, proxmox);
    }

    private static void MapInventory(RouteGroupBuilder routes, ProxmoxSimulator proxmox)
    {
        var inventory = proxmox.Inventory;
        routes.MapGet("/inventory", () => Results.Text(inventory.ToYaml(), "application/yaml"));
        routes.MapPut("/inventory", async (HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            inventory.Load(await reader.ReadToEndAsync());
            return Results.NoContent();
        });
        routes.MapGet("/nodes", () => inventory.Read(cluster => cluster.Nodes.ToArray()));
        routes.MapPut("/nodes/{node}", (string node, NodeState state) =>
        {
            if (state.Status is not ("online" or "offline" or "unknown"))
                throw new ArgumentException("A node is online, offline or unknown.");
            inventory.SetNodeStatus(node, state.Status);
            return Results.NoContent();
        });
        routes.MapGet("/storages", () => inventory.Read(cluster => cluster.Storages.ToArray()));
        routes.MapPut("/storages/{storage}", (string storage, SimulatedStorage definition) =>
        {
            definition.Name = storage;
            inventory.PutStorage(definition);
            return Results.NoContent();
        });
        routes.MapDelete("/storages/{storage}", (string storage) =>
        {
            inventory.RemoveStorage(storage);
            return Results.NoContent();
        });
        routes.MapPut("/storages/{storage}/state", (string storage, StorageState state) =>
        {
            inventory.SetStorageActive(storage, state.Active, state.Node);
            return Results.NoContent();
        });
        routes.MapPut("/quorate", (bool value) =>
        {
            inventory.SetQuorate(value);
            return Results.NoContent();
        });
        routes.MapPost("/permissions/grant", (PrivilegeEdit edit) =>
        {
            inventory.Grant(edit.Who, edit.Path, [.. edit.Privileges]);
            return Results.NoContent();
        });
        routes.MapPost("/permissions/revoke", (PrivilegeEdit edit) =>
        {
            inventory.Revoke(edit.Who, edit.Path, [.. edit.Privileges]);
            return Results.NoContent();
        });
        routes.MapPost("/certificate/renew", () =>
        {
            proxmox.RenewCertificate();
            return proxmox.Fingerprint;
        });
        // The Matrix again, whatever was changed.
        routes.MapPost("/reset", () =>
        {
            inventory.Load(new ProxmoxInventoryModel(MatrixCluster.Create()).ToYaml());
            proxmox.Faults.Clear();
            return Results.NoContent();
        });
    }

    private static void MapFaults(RouteGroupBuilder routes, ProxmoxSimulator proxmox)
    {
        routes.MapGet("/calls", () => proxmox.Calls);
        routes.MapPost("/faults", (ProxmoxFault fault) =>
        {
            proxmox.Faults.Add(fault);
            return Results.NoContent();
        });
        routes.MapDelete("/faults", () =>
        {
            proxmox.Faults.Clear();
            return Results.NoContent();
        });
    }
}
