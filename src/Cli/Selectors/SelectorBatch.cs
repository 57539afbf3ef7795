using System.Text.Json;
using System.Text.Json.Nodes;
using OmniScale.Core.Selectors;

namespace OmniScale.Cli.Selectors;

/// <summary>Many selectors at once, for programs: no hints, and the pick of the provider's own loop over the storages in the order given.</summary>
internal static class SelectorBatch
{
    /// <param name="json">An array of selectors.</param>
    /// <returns>An array with one object for each.</returns>
    public static string Run(string json, IReadOnlyList<SelectorStorage> storages)
    {
        List<string> selectors;
        try
        {
            selectors = JsonSerializer.Deserialize<List<string>>(json) ?? throw new CliException("the batch must be a JSON array of strings");
        }
        catch (JsonException e)
        {
            throw new CliException($"the batch must be a JSON array of strings: {e.Message}");
        }

        var verdicts = selectors.Select(selector => (JsonNode)Judge(selector ?? throw new CliException("the batch must be a JSON array of strings"), storages));
        return new JsonArray([.. verdicts]).ToJsonString(JsonView.Options);
    }

    private static JsonObject Judge(string text, IReadOnlyList<SelectorStorage> storages)
    {
        var selector = StorageSelector.Compile(text);
        var verdict = new JsonObject
        {
            ["expr"] = text,
            ["compiles"] = selector.IsValid,
            ["error"] = selector.ErrorText,
            ["line"] = selector.Error?.Line,
            ["column"] = selector.Error?.Column,
        };
        if (selector.IsValid)
        {
            var results = new JsonObject();
            foreach (var storage in storages)
            {
                // The same storage is listed once for each node that has it.
                var key = storages.Count(s => s.Name == storage.Name) > 1 ? $"{storage.Node}/{storage.Name}" : storage.Name;
                results[key] = JsonView.Result(selector.Evaluate(storage));
            }

            verdict["results"] = results;
        }

        verdict["pick"] = selector.Pick(storages).Storage?.Name;
        return verdict;
    }
}
