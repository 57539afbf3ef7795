using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace OmniScale.Cli.Tests.Selectors;

public sealed class BatchTests : IDisposable
{
    private readonly Cli cli = new();

    public void Dispose() => cli.Dispose();

    [Fact]
    public async Task Batch_AgreesWithCelGo_OnEverySelectorOfTheConformanceFile()
    {
        var file = ConformanceFile();
        using var document = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        var cases = document.RootElement.GetProperty("cases").EnumerateArray().ToList();
        var batch = cli.File(JsonSerializer.Serialize(cases.Select(c => c.GetProperty("expr").GetString())));

        var result = await cli.RunAsync(["selector", "--batch", batch, "--storages", file]);

        Assert.Equal((0, ""), (result.Code, result.Error));
        using var answer = JsonDocument.Parse(result.Out);
        Assert.Equal(cases.Count, answer.RootElement.GetArrayLength());
        Assert.All(cases.Zip(answer.RootElement.EnumerateArray()), pair =>
        {
            var (expected, actual) = pair;
            Assert.Equal(expected.GetProperty("expr").GetString(), actual.GetProperty("expr").GetString());
            Assert.Equal(expected.GetProperty("compiles").GetBoolean(), actual.GetProperty("compiles").GetBoolean());
            Assert.Equal(expected.TryGetProperty("pick", out var pick) ? pick.GetString() : null, actual.GetProperty("pick").GetString());
            Assert.Equal(expected.TryGetProperty("results", out var results), actual.TryGetProperty("results", out var actualResults));
            if (results.ValueKind == JsonValueKind.Object)
            {
                Assert.True(JsonNode.DeepEquals(JsonObject.Create(results), JsonObject.Create(actualResults)), $"{expected.GetProperty("expr")}: {actualResults}");
                Assert.Equal(JsonValueKind.Null, actual.GetProperty("error").ValueKind);
                return;
            }

            Assert.Equal(Place(expected.GetProperty("error").GetString()!), (Number(actual, "line"), Number(actual, "column")));
        });
    }

    [Fact]
    public async Task Batch_NamesStoragesOfSeveralNodesByTheirNode_AndGivesAnInactiveOneNoSpace()
    {
        var storages = cli.File("""
            [{"name": "a", "node": "n1", "storageType": "nfs", "availableSpace": 5}, {"name": "a", "node": "n2", "storageType": "nfs", "availableSpace": 5, "active": false},
             {"name": "b", "node": "n2", "storageType": "nfs", "availableSpace": 5}]
            """);

        var result = await cli.RunAsync(["selector", "--batch", "-", "--storages", storages], """["availableSpace == 0u"]""");

        var verdict = JsonNode.Parse(result.Out)![0]!;
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"n1/a": false, "n2/a": true, "b": false}"""), verdict["results"]), result.Out);
        Assert.Equal("a", verdict["pick"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("[null]")]
    [InlineData("null")]
    [InlineData("name")]
    public async Task Batch_WhenItIsNoListOfTexts_IsAFailure(string batch)
    {
        var result = await cli.RunAsync(["selector", "--batch", cli.File(batch), "--storages", cli.File("[]")]);

        Assert.Equal(2, result.Code);
        Assert.StartsWith("omniscale: the batch must be a JSON array of strings", result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Out);
    }

    private static int? Number(JsonElement value, string key) => value.GetProperty(key) is { ValueKind: JsonValueKind.Number } number ? number.GetInt32() : null;

    /// <summary>The first place that the text names; none when it names none.</summary>
    private static (int?, int?) Place(string error) =>
        error.StartsWith("ERROR: <input>:", StringComparison.Ordinal) && error.Split(':') is [_, _, var line, var column, ..]
            ? (int.Parse(line, System.Globalization.CultureInfo.InvariantCulture), int.Parse(column, System.Globalization.CultureInfo.InvariantCulture))
            : (null, null);

    private static string ConformanceFile([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../Cel.Tests/conformance/storage-selectors.json"));
}
