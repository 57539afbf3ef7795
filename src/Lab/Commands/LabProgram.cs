using System.CommandLine;
using static OmniScale.Lab.Commands.LabCommand;

namespace OmniScale.Lab.Commands;

/// <summary>The commands of <c>omniscale-lab</c>.</summary>
internal static class LabProgram
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Simulators of Omni and Proxmox, and a way to break them");
        root.Options.Add(LabClient.ControlOption);
        root.Options.Add(LabClient.StateDirOption);
        root.Subcommands.Add(ServeCommand.Create());
        foreach (var command in OmniCommands.All().Concat(ProxmoxCommands.All()))
            root.Subcommands.Add(command);
        root.Subcommands.Add(Group("fault", "Let calls go wrong", OmniCommands.Fault(), ProxmoxCommands.Fault(), ClearFaults()));
        root.Subcommands.Add(Group("watch", "Act on Omni's open watches", FailWatches()));
        root.Subcommands.Add(Group("connection", "Act on open connections to Omni", LabCommand.Create("drop", "Cut them all", [], (lab, _, _, token) =>
            lab.DoAsync(HttpMethod.Post, "omni/connections/drop", token))));
        return root;
    }

    private static Command ClearFaults() => LabCommand.Create("clear", "Remove all faults", [], async (lab, _, _, token) =>
    {
        await lab.DoAsync(HttpMethod.Delete, "omni/faults", token);
        await lab.DoAsync(HttpMethod.Delete, "proxmox/faults", token);
    });

    private static Command FailWatches()
    {
        var type = new Option<string?>("--type") { Description = "Resource type; all if not given" };
        return LabCommand.Create("fail", "End watches with an ERRORED event", [type], (lab, arguments, _, token) =>
            lab.DoAsync(HttpMethod.Post, $"omni/watches/fail{(arguments.GetValue(type) is { } only ? $"?type={Escape(only)}" : "")}", token));
    }
}
