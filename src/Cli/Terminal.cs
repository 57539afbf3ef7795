namespace OmniScale.Cli;

/// <summary>Where a command reads from and writes to.</summary>
/// <param name="Environment">The value of a variable; null when it is not set.</param>
/// <param name="Width">Characters in a line; null when the output is no terminal.</param>
internal sealed record Terminal(TextReader In, TextWriter Out, TextWriter Error, Func<string, string?> Environment, int? Width)
{
    public static Terminal Current() => new(
        Console.In, Console.Out, Console.Error, name => System.Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null,
        Console.IsOutputRedirected ? null : Console.WindowWidth);
}

/// <summary>What the user got wrong or the machine could not do; the message is for the user.</summary>
internal sealed class CliException(string message) : Exception(message);

/// <summary>Exit codes.</summary>
internal static class ExitCode
{
    public const int Valid = 0;
    public const int Invalid = 1;

    /// <summary>Nothing could be judged: wrong usage, a file that cannot be read, a Proxmox that does not answer.</summary>
    public const int Failure = 2;

    /// <summary>Stopped by the user, as shells count it.</summary>
    public const int Interrupted = 130;
}
