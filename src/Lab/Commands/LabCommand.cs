using System.CommandLine;

namespace OmniScale.Lab.Commands;

/// <summary>Makes commands that talk to a running lab and tell its user what went wrong.</summary>
internal static class LabCommand
{
    public delegate Task Run(LabClient lab, ParseResult arguments, TextWriter output, CancellationToken cancellationToken);

    public static Command Create(string name, string description, IEnumerable<Symbol> parameters, Run run)
    {
        var command = new Command(name, description);
        foreach (var parameter in parameters)
        {
            if (parameter is Option option)
                command.Options.Add(option);
            else
                command.Arguments.Add((Argument)parameter);
        }

        command.SetAction(async (arguments, cancellationToken) =>
        {
            try
            {
                using var lab = LabClient.Find(arguments);
                await run(lab, arguments, arguments.InvocationConfiguration.Output, cancellationToken);
                return 0;
            }
            catch (LabException exception)
            {
                await arguments.InvocationConfiguration.Error.WriteLineAsync(exception.Message);
                return 1;
            }
        });
        return command;
    }

    public static Command Group(string name, string description, params ReadOnlySpan<Command> commands)
    {
        var group = new Command(name, description);
        foreach (var command in commands)
            group.Subcommands.Add(command);
        return group;
    }

    public static string Escape(string segment) => Uri.EscapeDataString(segment);
}
