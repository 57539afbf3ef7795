namespace OmniScale.TestKit;

/// <summary>What a finished command printed.</summary>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <exception cref="InvalidOperationException">The command failed; the message has what it printed.</exception>
    public CommandResult EnsureSuccess() => ExitCode == 0
        ? this
        : throw new InvalidOperationException($"'{Command}' ended with exit code {ExitCode}:\n{Error}{Output}");
}
