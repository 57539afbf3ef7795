using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using OmniScale.Cli.Selectors;
using OmniScale.Proxmox;

namespace OmniScale.Cli;

/// <summary>The commands of <c>omniscale</c>.</summary>
internal static class CommandLine
{
    public static async Task<int> RunAsync(IReadOnlyList<string> args, Terminal terminal, CancellationToken ct)
    {
        var selector = SelectorCommand.Create(terminal);
        var root = new RootCommand("What can be found out about Omni on Proxmox VE without a Kubernetes cluster.") { selector, CompletionCommand.Create(terminal) };
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithNotes((HelpAction)help.Action!, new() { [selector] = SelectorCommand.Notes });
        // A selector is passed as it is, whatever it begins with.
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction error)
        {
            (error.ShowHelp, error.ShowTypoCorrections) = (false, false);
        }

        try
        {
            var code = await parsed.InvokeAsync(new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false }, ct);
            if (parsed.Action is not ParseErrorAction)
            {
                return code;
            }

            await terminal.Error.WriteLineAsync("--help says more. A selector is one argument: put it in single quotes.");
            return ExitCode.Failure;
        }
        catch (Exception e) when (e is CliException or ProxmoxException)
        {
            await terminal.Error.WriteLineAsync($"omniscale: {e.Message}");
            return ExitCode.Failure;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
    }

    /// <summary>Puts a command's notes behind its help; a description would also stand in the list of commands.</summary>
    private sealed class HelpWithNotes(HelpAction help, Dictionary<Command, string> notes) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            if (notes.TryGetValue(parseResult.CommandResult.Command, out var text))
            {
                parseResult.InvocationConfiguration.Output.WriteLine(text);
            }

            return code;
        }
    }
}
