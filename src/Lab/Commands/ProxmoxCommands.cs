using System.CommandLine;
using System.Globalization;
using OmniScale.Lab.Control;
using OmniScale.Lab.Proxmox;
using static OmniScale.Lab.Commands.LabCommand;

namespace OmniScale.Lab.Commands;

/// <summary>The commands about Proxmox: storages, nodes, permissions, inventory.</summary>
internal static class ProxmoxCommands
{
    private const int GiB = 30;

    private static readonly Argument<string> Name = new("name");
    private static readonly Option<string?> Node = new("--node") { Description = "On this node only" };
    private static readonly Argument<string> Who = new("who") { Description = "user@realm or user@realm!token" };
    private static readonly Argument<string> Path = new("path") { Description = "Such as /storage" };
    private static readonly Argument<string[]> Privileges = new("privilege") { Arity = ArgumentArity.OneOrMore };

    public static IEnumerable<Command> All()
    {
        yield return Group("storage", "List and change Proxmox storages", Storages(), SetStorage(), RemoveStorage(), Activate("activate", true), Activate("deactivate", false));
        yield return Group("node", "List Proxmox nodes and change their status", Nodes(), SetNode("online"), SetNode("offline"), SetNode("unknown"));
        yield return Group("permission", "Grant and revoke Proxmox privileges", Permission("grant"), Permission("revoke"));
        yield return Group("inventory", "Show or replace the whole of Proxmox", ShowInventory(), LoadInventory());
        yield return Group("certificate", "Change Proxmox's server certificate", Create("renew", "Another certificate of the same authority", [], (lab, _, _, token) =>
            lab.DoAsync(HttpMethod.Post, "proxmox/certificate/renew", token)));
        yield return Create("reset", "Proxmox as it was at the start, and no faults", [], async (lab, _, _, token) =>
        {
            await lab.DoAsync(HttpMethod.Post, "proxmox/reset", token);
            await lab.DoAsync(HttpMethod.Delete, "omni/faults", token);
        });
    }

    public static Command Fault()
    {
        var path = new Option<string>("--path") { Description = "Pattern for the path after /api2/json", DefaultValueFactory = _ => "*" };
        var count = new Option<int?>("--count") { Description = "How many requests are hit; all until it is cleared if not given" };
        var delay = new Option<int>("--delay-ms") { Description = "Milliseconds before the answer; negative hangs" };
        var reset = new Option<bool>("--reset") { Description = "Cut the connection" };
        var status = new Option<int?>("--status") { Description = "HTTP status of the answer" };
        var reason = new Option<string?>("--reason") { Description = "Reason phrase of the answer" };
        return Create("proxmox", "Let requests to Proxmox go wrong", [path, count, delay, reset, status, reason], (lab, arguments, _, token) => lab.DoAsync(
            HttpMethod.Post, "proxmox/faults",
            new ProxmoxFault
            {
                Path = arguments.GetValue(path)!,
                Count = arguments.GetValue(count),
                Delay = TimeSpan.FromMilliseconds(arguments.GetValue(delay)),
                Reset = arguments.GetValue(reset),
                Status = arguments.GetValue(status),
                Reason = arguments.GetValue(reason),
            },
            token));
    }

    private static Command Storages() => Create("list", "List the storages", [], async (lab, _, output, token) =>
        Table.Write(output, ["NAME", "TYPE", "CONTENT", "SHARED", "FREE GIB", "TOTAL GIB", "NODES", "INACTIVE ON"],
            (await lab.GetAsync<SimulatedStorage[]>("proxmox/storages", token)).Select(storage => new[]
            {
                storage.Name, storage.Type, string.Join(',', storage.Content), storage.Shared ? "yes" : "no", Gib(storage.TotalBytes - storage.UsedBytes),
                Gib(storage.TotalBytes), storage.Nodes is null ? "all" : string.Join(',', storage.Nodes), string.Join(',', storage.InactiveOn),
            })));

    private static Command SetStorage()
    {
        var type = new Option<string>("--type") { Description = "Such as dir, lvmthin, zfspool, rbd", DefaultValueFactory = _ => "lvmthin" };
        var content = new Option<string>("--content") { Description = "Comma-separated", DefaultValueFactory = _ => "images,rootdir" };
        var shared = new Option<bool>("--shared");
        var disabled = new Option<bool>("--disabled");
        var total = new Option<ulong>("--total-gib") { DefaultValueFactory = _ => 800 };
        var used = new Option<ulong>("--used-gib") { DefaultValueFactory = _ => 100 };
        var nodes = new Option<string?>("--nodes") { Description = "Comma-separated; all if not given" };
        return Create("set", "Add a storage, or replace one", [Name, type, content, shared, disabled, total, used, nodes], (lab, arguments, _, token) => lab.DoAsync(
            HttpMethod.Put, $"proxmox/storages/{Escape(arguments.GetValue(Name)!)}",
            new SimulatedStorage
            {
                Name = arguments.GetValue(Name)!,
                Type = arguments.GetValue(type)!,
                Content = [.. arguments.GetValue(content)!.Split(',')],
                Shared = arguments.GetValue(shared),
                Disabled = arguments.GetValue(disabled),
                TotalBytes = arguments.GetValue(total) << GiB,
                UsedBytes = arguments.GetValue(used) << GiB,
                Nodes = arguments.GetValue(nodes)?.Split(',').ToList(),
            },
            token));
    }

    private static Command RemoveStorage() => Create("remove", "Remove a storage", [Name], (lab, arguments, _, token) =>
        lab.DoAsync(HttpMethod.Delete, $"proxmox/storages/{Escape(arguments.GetValue(Name)!)}", token));

    private static Command Activate(string name, bool active) =>
        Create(name, active ? "Make a storage reachable" : "Make a storage unreachable", [Name, Node], (lab, arguments, _, token) =>
            lab.DoAsync(HttpMethod.Put, $"proxmox/storages/{Escape(arguments.GetValue(Name)!)}/state", new StorageState(active, arguments.GetValue(Node)), token));

    private static Command Nodes() => Create("list", "List the nodes", [], async (lab, _, output, token) =>
        Table.Write(output, ["NAME", "STATUS", "CPUS", "MEMORY GIB", "BRIDGES"],
            (await lab.GetAsync<SimulatedNode[]>("proxmox/nodes", token)).Select(node => new[]
            {
                node.Name, node.Status, node.Cpus.ToString(CultureInfo.InvariantCulture), Gib((ulong)node.MemoryBytes),
                string.Join(',', node.Bridges.Select(bridge => bridge.Name)),
            })));

    private static Command SetNode(string status) => Create(status, $"Set a node's status to {status}", [Name], (lab, arguments, _, token) =>
        lab.DoAsync(HttpMethod.Put, $"proxmox/nodes/{Escape(arguments.GetValue(Name)!)}", new NodeState(status), token));

    private static Command Permission(string verb) =>
        Create(verb, verb == "grant" ? "Give privileges on a path" : "Take privileges on a path", [Who, Path, Privileges], (lab, arguments, _, token) =>
            lab.DoAsync(HttpMethod.Post, $"proxmox/permissions/{verb}",
                new PrivilegeEdit(arguments.GetValue(Who)!, arguments.GetValue(Path)!, arguments.GetValue(Privileges)!), token));

    private static Command ShowInventory() => Create("show", "Write the inventory as YAML", [], async (lab, _, output, token) =>
        await output.WriteAsync(await lab.GetTextAsync("proxmox/inventory", token)));

    private static Command LoadInventory()
    {
        var file = new Argument<FileInfo>("file") { Description = "YAML or JSON, as 'inventory show' writes it" };
        return Create("load", "Replace the inventory by a file's", [file], async (lab, arguments, _, token) =>
            await lab.PutTextAsync("proxmox/inventory", await File.ReadAllTextAsync(arguments.GetValue(file)!.FullName, token), token));
    }

    private static string Gib(ulong bytes) => (bytes >> GiB).ToString(CultureInfo.InvariantCulture);
}
