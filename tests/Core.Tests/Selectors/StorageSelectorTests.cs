using System.Runtime.CompilerServices;
using System.Text.Json;
using OmniScale.Core.Selectors;

namespace OmniScale.Core.Tests.Selectors;

public class StorageSelectorTests
{
    private static readonly SelectorStorage[] Storages =
    [
        new("local", "pve1", "dir", 100), new("local-lvm", "pve1", "lvmthin", 200), new("away", "pve1", "nfs", 300, Active: false),
    ];

    [Theory]
    [InlineData("availableSpace > 0u", "local")]
    [InlineData("name != \"local\"", "local-lvm")]
    [InlineData("availableSpace == 0u", "away")]
    public void Pick_TakesTheFirstMatchInTheOrderGiven(string selector, string picked) =>
        Assert.Equal(picked, StorageSelector.Compile(selector).Pick(Storages).Storage!.Name);

    [Fact]
    public void Pick_EndsAtTheFirstError()
    {
        var selector = StorageSelector.Compile("1u / availableSpace == 0u && name == \"local-lvm\" || {\"dir\": false}[storageType]");

        Assert.Equal(new SelectorPick(null, "no such key: nfs"), selector.Pick([Storages[2], Storages[1]]));
        Assert.Equal("local-lvm", selector.Pick(Storages).Storage!.Name);
    }

    [Fact]
    public void Pick_WithoutStorages_NeverCompiles()
    {
        Assert.Equal("no matches", StorageSelector.Compile("(((").Pick([]).Error);
        Assert.StartsWith("ERROR: <input>:1:4: Syntax error", StorageSelector.Compile("(((").Pick(Storages).Error, StringComparison.Ordinal);
        Assert.Equal("no matches", StorageSelector.Compile("false").Pick(Storages).Error);
    }

    /// <summary>Against the stage at which cel-go refuses each selector.</summary>
    [Fact]
    public void ErrorReason_TellsTheTextFromItsTypes()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(ConformanceFile()));
        var cases = document.RootElement.GetProperty("cases").EnumerateArray().ToList();

        Assert.All(cases, test =>
        {
            var expected = !test.TryGetProperty("errorStage", out var stage) ? null : stage.GetString() == "parse" ? "SyntaxError" : "TypeError";
            Assert.Equal(expected, StorageSelector.Compile(test.GetProperty("expr").GetString()!).ErrorReason);
        });
    }

    private static string ConformanceFile([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../../Cel.Tests/conformance/storage-selectors.json");
}
