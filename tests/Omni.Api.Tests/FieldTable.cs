namespace OmniScale.Omni.Api.Tests;

/// <summary>The blocks of <c>fields.txt</c>: a heading and its lines.</summary>
internal static class FieldTable
{
    public const string Undecoded = "undecoded";

    public static IReadOnlyDictionary<string, string[]> Read() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fields.txt"))
        .Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(block => !block.StartsWith('#'))
        .Select(block => block.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        .ToDictionary(lines => lines[0], lines => lines[1..]);
}
