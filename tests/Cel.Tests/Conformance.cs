using System.Text.Json;

namespace OmniScale.Cel.Tests;

/// <summary>The conformance tests of google/cel-spec, read from protojson.</summary>
internal static class Conformance
{
    private static readonly string[] Files =
    [
        "basic", "comparisons", "conversions", "fields", "fp_math", "integer_math", "lists", "logic", "macros", "namespace", "parse", "plumbing", "string",
        "timestamps", "type_deduction",
    ];

    /// <summary>Where cel-go differs from the specification, it is cel-go that we follow.</summary>
    private static readonly Dictionary<string, string> FollowsCelGo = new()
    {
        ["fields/qualified_identifier_resolution/map_key_float"] = "cel-go allows double keys in map literals",
        ["fields/qualified_identifier_resolution/map_value_repeat_key"] = "in cel-go the last of equal keys counts",
        ["fields/qualified_identifier_resolution/map_value_repeat_key_heterogeneous"] = "in cel-go the last of equal keys counts",
        ["type_deduction/legacy_nullable_types/null_assignable_to_abstract_parameter_candidate"] =
            "cel-go deduces null_type, and leaves the case out of its own run",
        ["timestamps/duration_converters/get_milliseconds"] = "cel-go yields the whole duration in milliseconds",
    };

    public static IEnumerable<(string Name, JsonElement Test, string? Excluded)> All()
    {
        foreach (var file in Files)
        {
            using var document = Load(file);
            foreach (var section in document.RootElement.GetProperty("section").EnumerateArray())
            {
                foreach (var test in section.GetProperty("test").EnumerateArray())
                {
                    var name = $"{file}/{section.GetProperty("name").GetString()}/{test.GetProperty("name").GetString()}";
                    yield return (name, test.Clone(), FollowsCelGo.GetValueOrDefault(name) ?? NeedsMessage(test));
                }
            }
        }
    }

    public static JsonDocument Load(string file) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "conformance", file + ".json")));

    private static string? NeedsMessage(JsonElement test)
    {
        var text = test.GetRawText();
        var needs = text.Contains("TestAllTypes", StringComparison.Ordinal)
            || text.Contains("objectValue", StringComparison.Ordinal)
            || text.Contains("messageType", StringComparison.Ordinal)
            || text.Contains("google.protobuf.Any", StringComparison.Ordinal)
            || text.Contains("Value{", StringComparison.Ordinal)
            || text.Contains("google.protobuf.Struct", StringComparison.Ordinal)
            || text.Contains("wrapper", StringComparison.Ordinal)
            || text.Contains("cel.expr.conformance", StringComparison.Ordinal);
        return needs ? "needs a protobuf message" : null;
    }
}
