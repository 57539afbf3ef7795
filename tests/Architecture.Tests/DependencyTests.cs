using System.Xml.Linq;

namespace OmniScale.Architecture.Tests;

/// <summary>Dependencies point one way. What a project may refer to is written here; a new arrow is a decision.</summary>
public sealed class DependencyTests
{
    private static readonly string Source = Path.Combine(Root(), "src");

    public static TheoryData<string, string[]> Allowed => new()
    {
        { "Crds", [] },
        { "Runtime", [] },
        { "Cel", [] },
        { "Proxmox", [] },
        { "Omni.Api", [] },
        { "Omni", ["Omni.Api"] },
        { "Core", ["Cel", "Crds", "Omni.Api", "Proxmox"] },
        { "Operator", ["Core", "Crds", "Omni", "Proxmox", "Runtime"] },
        { "Cli", ["Core", "Crds", "Omni", "Proxmox"] },
        { "Lab", ["Omni.Api"] },
    };

    [Theory]
    [MemberData(nameof(Allowed))]
    public void A_project_refers_only_to_what_it_may(string project, string[] allowed) =>
        Assert.Equal(allowed.Order(StringComparer.Ordinal), References(project).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_project_of_src_is_in_the_table() =>
        Assert.Equal(
            Allowed.Select(row => row.Data.Item1).Order(StringComparer.Ordinal),
            Directory.GetDirectories(Source).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal));

    [Fact]
    public void The_runtime_has_no_word_of_the_domain() =>
        Assert.Empty(
            from file in Files("Runtime")
            from word in new[] { "Omni.", "Proxmox", "Talos", "MachineClass" }
            where File.ReadAllText(file).Replace("OmniScale.", "", StringComparison.Ordinal).Contains(word, StringComparison.Ordinal)
            select $"{file}: {word}");

    [Fact]
    public void Pure_code_has_no_clock_and_does_no_input_or_output() =>
        Assert.Empty(
            from project in new[] { "Core", "Cel", "Crds" }
            from file in Files(project)
            from word in new[] { "TimeProvider", "File.", "Task.Run", "System.Net" }
            where File.ReadAllText(file).Contains(word, StringComparison.Ordinal)
            select $"{file}: {word}");

    private static IEnumerable<string> References(string project) =>
        XDocument.Load(Path.Combine(Source, project, $"OmniScale.{project}.csproj")).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))["OmniScale.".Length..]);

    private static IEnumerable<string> Files(string project) =>
        Directory.EnumerateFiles(Path.Combine(Source, project), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "OmniScale.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("The tests run outside of the repository.");
        }

        return folder;
    }
}
