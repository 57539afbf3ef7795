namespace OmniScale.Cli;

/// <summary>Files that users name on the command line.</summary>
internal static class Files
{
    /// <param name="path"><c>-</c> is standard input.</param>
    public static async Task<string> ReadAsync(string path, Terminal terminal, CancellationToken ct)
    {
        try
        {
            return path == "-" ? await terminal.In.ReadToEndAsync(ct) : await File.ReadAllTextAsync(path, ct);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{(path == "-" ? "standard input" : path)} cannot be read: {e.Message}");
        }
    }
}
