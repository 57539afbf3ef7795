using System.Diagnostics;

namespace OmniScale.TestKit;

internal static class Command
{
    /// <summary>Runs a program to its end, or kills it when the current test ends.</summary>
    public static async Task<CommandResult> RunAsync(
        string program, IReadOnlyCollection<string> arguments, string? input, Action<string>? onOutput = null)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Repository.Root,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"'{program}' did not start.");
        try
        {
            var output = ReadAsync(process.StandardOutput, onOutput, cancellationToken);
            var error = ReadAsync(process.StandardError, onOutput, cancellationToken);
            await process.StandardInput.WriteAsync(input.AsMemory(), cancellationToken);
            process.StandardInput.Close();
            await process.WaitForExitAsync(cancellationToken);
            var command = $"{Path.GetFileName(program)} {string.Join(' ', arguments)}";
            return new CommandResult(command, process.ExitCode, await output, await error);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, Action<string>? onOutput, CancellationToken cancellationToken)
    {
        if (onOutput is null)
        {
            return await reader.ReadToEndAsync(cancellationToken);
        }
        var lines = new List<string>();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            onOutput(line);
            lines.Add(line);
        }
        return string.Join('\n', lines);
    }
}
