namespace OmniScale.Cli.Tests;

/// <summary>Runs the command line in this process, with files of its own.</summary>
internal sealed class Cli : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("omniscale-cli-");

    public Dictionary<string, string> Environment { get; } = [];

    public async Task<CliResult> RunAsync(IReadOnlyList<string> args, string input = "", CancellationToken? ct = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var terminal = new Terminal(new StringReader(input), output, error, name => Environment.GetValueOrDefault(name), Width: null);
        var code = await CommandLine.RunAsync(args, terminal, ct ?? TestContext.Current.CancellationToken);
        return new(code, output.ToString().ReplaceLineEndings("\n"), error.ToString().ReplaceLineEndings("\n"));
    }

    public string File(string content)
    {
        var path = Path.Combine(folder.FullName, Path.GetRandomFileName());
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => folder.Delete(recursive: true);
}

internal sealed record CliResult(int Code, string Out, string Error);
