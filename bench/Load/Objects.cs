using System.Globalization;
using System.Text.Json.Nodes;

namespace OmniScale.Bench.Load;

/// <summary>The objects of the measurement, and what is read from them.</summary>
internal static class Objects
{
    /// <summary>A machine class that is in Omni alone.</summary>
    public const string Class = "bench";

    public const string Provider = "bench";

    private const int MachinesPerSet = 2;

    public static IReadOnlyList<string> Names(string prefix, int count) =>
        [.. Enumerable.Range(0, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{number:00000}"))];

    public static JsonObject Namespace(string name) => new() { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = name } };

    public static JsonObject Secret(Uri endpoint, string key) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["type"] = "omniscale.dev/omni",
        ["metadata"] = new JsonObject { ["name"] = "omni" },
        ["stringData"] = new JsonObject { ["endpoint"] = endpoint.ToString(), ["serviceAccountKey"] = key },
    };

    public static JsonObject Cluster(string name) => new()
    {
        ["apiVersion"] = "omniscale.dev/v1alpha1",
        ["kind"] = "TalosCluster",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["spec"] = new JsonObject
        {
            ["kubernetes"] = new JsonObject { ["version"] = "v1.36.2" },
            ["talos"] = new JsonObject { ["version"] = "v1.13.6" },
            ["controlPlane"] = Machines(),
            ["workers"] = new JsonArray(Worker("a"), Worker("b")),
        },
    };

    public static string Name(this JsonObject value) => (string)value["metadata"]!["name"]!;

    public static string Version(this JsonObject value) => (string)value["metadata"]!["resourceVersion"]!;

    /// <summary>Whether a condition has a status for the present generation of the object.</summary>
    public static bool Has(this JsonObject value, string condition, string status) =>
        value["status"]?["conditions"] is JsonArray conditions
        && conditions.Any(c => (string?)c!["type"] == condition && (string?)c["status"] == status
            && (long?)c["observedGeneration"] == (long?)value["metadata"]!["generation"]);

    private static JsonObject Worker(string name)
    {
        var worker = Machines();
        worker["name"] = name;
        return worker;
    }

    private static JsonObject Machines() => new() { ["machineClass"] = new JsonObject { ["name"] = Class, ["size"] = MachinesPerSet } };
}
