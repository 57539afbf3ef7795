using System.CommandLine;
using OmniScale.Lab.Control;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Proxmox;

namespace OmniScale.Lab.Commands;

/// <summary>Runs both simulators until the process is asked to end.</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var omniPort = new Option<int>("--omni-port") { Description = "0 for any that is free" };
        var proxmoxPort = new Option<int>("--proxmox-port") { Description = "0 for any that is free" };
        var controlPort = new Option<int>("--control-port") { Description = "0 for any that is free" };
        var speed = new Option<double>("--speed") { Description = "How many times faster than life", DefaultValueFactory = _ => new OmniSimulatorOptions().Speed };
        var version = new Option<OmniVersion>("--omni-version")
        {
            Description = "1.4 to 1.11",
            DefaultValueFactory = _ => new OmniSimulatorOptions().Version,
            CustomParser = result =>
            {
                try
                {
                    return OmniVersion.Parse(result.Tokens[0].Value);
                }
                catch (FormatException exception)
                {
                    result.AddError(exception.Message);
                    return default;
                }
            },
        };
        var tls = new Option<bool>("--tls") { Description = "Serve Omni over TLS" };
        var providers = new Option<string[]>("--provider")
        {
            Description = "Infra provider that is connected from the start; may be repeated",
            DefaultValueFactory = _ => [LabOptions.DefaultProvider],
        };
        var inventory = new Option<FileInfo?>("--inventory") { Description = "Proxmox inventory to start from" };
        var role = new Option<Role>("--role") { Description = "Role of the account in omni.key", DefaultValueFactory = _ => Role.Operator };
        var readLag = new Option<int>("--read-lag-ms") { Description = "How far Omni's reads are behind its writes", DefaultValueFactory = _ => 20 };

        var command = new Command("serve", "Run the simulators of Omni and Proxmox");
        foreach (var option in new Option[] { omniPort, proxmoxPort, controlPort, speed, version, tls, providers, inventory, role, readLag })
            command.Options.Add(option);
        command.SetAction((arguments, cancellationToken) => RunAsync(
            new LabOptions
            {
                ControlPort = arguments.GetValue(controlPort),
                Role = arguments.GetValue(role),
                Omni = new OmniSimulatorOptions
                {
                    Port = arguments.GetValue(omniPort),
                    Speed = arguments.GetValue(speed),
                    Version = arguments.GetValue(version),
                    Transport = arguments.GetValue(tls) ? OmniTransport.Tls : OmniTransport.Cleartext,
                    Providers = arguments.GetValue(providers) ?? [],
                    ReadLag = TimeSpan.FromMilliseconds(arguments.GetValue(readLag)),
                },
                Proxmox = new ProxmoxSimulatorOptions
                {
                    Port = arguments.GetValue(proxmoxPort),
                    Cluster = arguments.GetValue(inventory) is { } file
                        ? ProxmoxInventoryModel.Parse(File.ReadAllText(file.FullName))
                        : MatrixCluster.Create(),
                },
            },
            arguments.GetValue(LabClient.StateDirOption),
            arguments.InvocationConfiguration.Output,
            arguments.InvocationConfiguration.Error,
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(LabOptions options, string? folder, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        // Whoever waits for the file of this lab is not to find that of an earlier one.
        if (folder is not null && Directory.Exists(folder))
            File.Delete(Path.Combine(folder, LabDescription.FileName));
        LabServer started;
        try
        {
            started = await LabServer.StartAsync(options, cancellationToken);
        }
        catch (IOException exception)
        {
            await error.WriteLineAsync(exception.Message);
            return 1;
        }

        await using var lab = started;
        if (folder is not null)
            await lab.WriteStateAsync(folder, cancellationToken);
        await output.WriteLineAsync($"Omni     {lab.Omni.Endpoint}");
        await output.WriteLineAsync($"Proxmox  {lab.Proxmox.Url}");
        await output.WriteLineAsync($"Control  {lab.Control}");
        try
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Asked to end.
        }

        if (folder is not null)
            File.Delete(Path.Combine(folder, LabDescription.FileName));
        return 0;
    }
}
