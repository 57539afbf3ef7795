using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using OmniScale.Lab.Control;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Lab.Omni.Lifecycle;
using static OmniScale.Lab.Commands.LabCommand;

namespace OmniScale.Lab.Commands;

/// <summary>The commands about Omni: resources, calls, machines, providers, speed.</summary>
internal static class OmniCommands
{
    private static readonly Argument<string> Machine = new("machine") { Description = "UUID or host name, or the beginning of one" };
    private static readonly Argument<string> Provider = new("id") { Description = "Id of the infra provider" };

    public static IEnumerable<Command> All()
    {
        yield return Resources();
        yield return Calls("writes", "List the calls that would change something");
        yield return Calls("calls", "List all calls to Omni");
        yield return Create("machines", "List the machines", [], async (lab, _, output, token) =>
            Table.Write(output, ["UUID", "HOSTNAME", "CLUSTER", "MACHINE SET", "STAGE", "READY", "TROUBLE"],
                (await lab.GetAsync<LabMachine[]>("omni/machines", token)).Select(machine => new[]
                {
                    machine.Uuid, machine.Hostname, machine.Cluster, machine.MachineSet, machine.Stage, machine.Ready ? "yes" : "no", Describe(machine.Trouble),
                })));
        yield return Group("machine", "Make machines unhealthy or well, or add one", Unhealthy(), Healthy(), AddMachine());
        yield return Group("provider", "Connect and disconnect infra providers", Providers(), Connect("connect", true), Connect("disconnect", false), ProviderError());
        yield return Group("cluster", "Act on clusters as another user would", DeleteCluster());
        yield return Group("account", "Act on service accounts", ExpireKeys());
        yield return Speed();
        yield return Create("pause", "Let nothing happen inside Omni", [], (lab, _, _, token) => lab.DoAsync(HttpMethod.Put, "omni/lifecycle", new LifecycleEdit(Paused: true), token));
        yield return Create("resume", "Let things happen again", [], (lab, _, _, token) => lab.DoAsync(HttpMethod.Put, "omni/lifecycle", new LifecycleEdit(Paused: false), token));
    }

    private static Command Resources()
    {
        var type = new Argument<string?>("type") { Description = "Resource type, such as Clusters", DefaultValueFactory = _ => null };
        var id = new Argument<string?>("id") { Description = "Show this one in full", DefaultValueFactory = _ => null };
        return Create("resources", "List Omni's resources, or show one", [type, id], async (lab, arguments, output, token) =>
        {
            if (arguments.GetValue(id) is { } wanted)
            {
                await output.WriteLineAsync(await lab.GetTextAsync($"omni/resources/{Escape(arguments.GetValue(type)!)}/{Escape(wanted)}", token));
                return;
            }

            var query = arguments.GetValue(type) is { } only ? $"?type={Escape(only)}" : "";
            Table.Write(output, ["TYPE", "ID", "VERSION", "PHASE", "OWNER"],
                (await lab.GetAsync<ResourceView[]>($"omni/resources{query}", token))
                    .Where(resource => query.Length > 0 || !resource.Type.Contains("Versions.", StringComparison.Ordinal))
                    .Select(resource => new[] { Short(resource.Type), resource.Id, resource.Version, resource.Phase, resource.Owner }));
        });
    }

    private static Command Calls(string name, string description) => Create(name, description, [], async (lab, _, output, token) =>
        Table.Write(output, ["#", "TIME", "METHOD", "TYPE", "ID", "CODE", "DETAIL"],
            (await lab.GetAsync<CallView[]>($"omni/{name}", token)).Select(call => new[]
            {
                call.Sequence.ToString(CultureInfo.InvariantCulture), call.Time.ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture), call.Method,
                call.Type is null ? null : Short(call.Type), call.Id, call.Code ?? "open", call.Detail,
            })));

    private static Command Unhealthy()
    {
        var disconnected = new Option<bool>("--disconnected") { Description = "It lost its connection to Omni" };
        var stage = new Option<string?>("--stage") { Description = "The stage that it shows, such as Rebooting" };
        var configError = new Option<string>("--config-error") { Description = "Why its configuration cannot be applied", DefaultValueFactory = _ => "" };
        return Create("unhealthy", "Make a machine unhealthy", [Machine, disconnected, stage, configError], (lab, arguments, _, token) => lab.DoAsync(
            HttpMethod.Put, $"omni/machines/{Escape(arguments.GetValue(Machine)!)}/health",
            new MachineHealth(false, arguments.GetValue(disconnected), arguments.GetValue(stage), arguments.GetValue(configError)!), token));
    }

    private static Command Healthy() => Create("healthy", "Make a machine well again", [Machine], (lab, arguments, _, token) =>
        lab.DoAsync(HttpMethod.Put, $"omni/machines/{Escape(arguments.GetValue(Machine)!)}/health", new MachineHealth(true), token));

    private static Command AddMachine()
    {
        var uuid = new Argument<string>("uuid");
        var labels = new Option<string[]>("--label") { Description = "key=value; may be repeated" };
        return Create("add", "Add a machine that no provider made", [uuid, labels], (lab, arguments, _, token) => lab.DoAsync(
            HttpMethod.Post, "omni/machines",
            new NewMachine(arguments.GetValue(uuid)!, (arguments.GetValue(labels) ?? []).Select(label => label.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair.ElementAtOrDefault(1) ?? "")),
            token));
    }

    private static Command Providers() => Create("list", "List the provider processes", [], async (lab, _, output, token) =>
        Table.Write(output, ["ID", "CONNECTED"],
            (await lab.GetAsync<Dictionary<string, bool>>("omni/providers", token)).Select(provider => new[] { provider.Key, provider.Value ? "yes" : "no" })));

    private static Command Connect(string name, bool connected) =>
        Create(name, connected ? "Start a provider process" : "Stop a provider process", [Provider], (lab, arguments, _, token) =>
            lab.DoAsync(HttpMethod.Put, $"omni/providers/{Escape(arguments.GetValue(Provider)!)}", new ProviderEdit(connected), token));

    private static Command ProviderError()
    {
        var text = new Argument<string>("text") { Description = "The error; empty takes it back" };
        return Create("error", "Let a provider report an error", [Provider, text], (lab, arguments, _, token) =>
            lab.DoAsync(HttpMethod.Put, $"omni/providers/{Escape(arguments.GetValue(Provider)!)}", new ProviderEdit(Error: arguments.GetValue(text)), token));
    }

    private static Command DeleteCluster()
    {
        var id = new Argument<string>("id");
        return Create("delete", "Delete a cluster", [id], (lab, arguments, _, token) =>
            lab.DoAsync(HttpMethod.Delete, $"omni/clusters/{Escape(arguments.GetValue(id)!)}", token));
    }

    private static Command ExpireKeys()
    {
        var name = new Argument<string>("name");
        return Create("expire", "Let the keys of a service account expire", [name], (lab, arguments, _, token) =>
            lab.DoAsync(HttpMethod.Post, $"omni/accounts/{Escape(arguments.GetValue(name)!)}/expire", token));
    }

    private static Command Speed()
    {
        var factor = new Argument<double>("factor") { Description = "How many times faster than life" };
        return Create("speed", "Set how fast things happen", [factor], (lab, arguments, _, token) =>
            lab.DoAsync(HttpMethod.Put, "omni/lifecycle", new LifecycleEdit(Speed: arguments.GetValue(factor)), token));
    }

    public static Command Fault()
    {
        var kind = new Option<OmniFaultKind>("--kind") { Description = "Fail, Delay, Stall or Reset" };
        var method = new Option<string?>("--method") { Description = "Such as Create" };
        var type = new Option<string?>("--type") { Description = "Such as Clusters" };
        var id = new Option<string?>("--id");
        var skip = new Option<int>("--skip") { Description = "How many calls pass before" };
        var times = new Option<int?>("--times") { Description = "How many calls are hit; 0 for all until it is cleared", DefaultValueFactory = _ => 1 };
        var code = new Option<StatusCode>("--code") { Description = "gRPC status code of --kind Fail", DefaultValueFactory = _ => StatusCode.Unavailable };
        var delay = new Option<int>("--delay-ms") { Description = "Milliseconds of --kind Delay" };
        var after = new Option<bool>("--after-storing") { Description = "Hit the call after it took effect" };
        return Create("omni", "Let calls to Omni go wrong", [kind, method, type, id, skip, times, code, delay, after], (lab, arguments, _, token) => lab.DoAsync(
            HttpMethod.Post, "omni/faults",
            new OmniFault
            {
                Kind = arguments.GetValue(kind),
                Method = arguments.GetValue(method),
                Type = arguments.GetValue(type),
                Id = arguments.GetValue(id),
                Skip = arguments.GetValue(skip),
                Times = arguments.GetValue(times) is > 0 and var count ? count : null,
                Code = arguments.GetValue(code),
                Delay = TimeSpan.FromMilliseconds(arguments.GetValue(delay)),
                AfterStoring = arguments.GetValue(after),
            },
            token));
    }

    private static string Short(string type) => type[..type.IndexOf('.', StringComparison.Ordinal)];

    private static string? Describe(MachineTrouble? trouble) => trouble is null
        ? null
        : string.Join(", ", new[] { "unhealthy", trouble.Disconnected ? "disconnected" : null, trouble.ConfigError.Length > 0 ? trouble.ConfigError : null }.OfType<string>());
}
