using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.TestKit;

namespace OmniScale.Core.Tests.Rendering;

/// <summary>
/// Each folder beside this file is a case: <c>cluster.yaml</c> is what people apply, <c>resources.yaml</c> what Omni gets, in
/// the order of creation, apart from the owner's marks, which every resource carries. README.md tells how to add a case.
/// </summary>
public class GoldenTests
{
    private const string UpdateVariable = "UPDATE_GOLDEN";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static string Folder => Path.Combine(Repository.Root, "tests", "Core.Tests", "Rendering");

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Cases))]
    public void Render_GivesTheResourcesOfTheCase(string name)
    {
        var cluster = Sample.Read<TalosCluster>(File.ReadAllText(Path.Combine(Folder, name, "cluster.yaml")));
        var owner = new Owner("c1", cluster.Metadata.NamespaceProperty, cluster.Metadata.Name);
        var rendered = ClusterRenderer.Render(cluster, owner, className => className, _ => null);

        var actual = new JsonArray([.. rendered.Select(resource => Describe(resource, owner))]);

        var file = Path.Combine(Folder, name, "resources.yaml");
        if (Environment.GetEnvironmentVariable(UpdateVariable) is { Length: > 0 })
        {
            File.WriteAllText(file, GoldenWriter.Write(actual));
        }

        Assert.Equal(Canonical(Yaml.Parse(File.ReadAllText(file))), Canonical(actual));
    }

    private static JsonObject Describe(OmniResource resource, Owner owner)
    {
        var annotations = resource.Metadata.Annotations.Clone();
        Assert.Equal("OmniScale", annotations["omni.sidero.dev/managed-by-gitops-tools"]);
        Assert.Equal($"c1/{owner.Namespace}/{owner.Name}", annotations["omniscale.dev/owner"]);
        annotations.Remove("omni.sidero.dev/managed-by-gitops-tools");
        annotations.Remove("omniscale.dev/owner");
        Assert.Equal(("default", "running", ""), (resource.Metadata.Namespace, resource.Metadata.Phase, resource.Metadata.Owner));

        return new JsonObject
        {
            ["type"] = resource.Metadata.Type,
            ["id"] = resource.Id,
            ["labels"] = Map(resource.Metadata.Labels),
            ["annotations"] = Map(annotations),
            ["spec"] = JsonNode.Parse(JsonFormatter.Default.Format(resource.RawSpec)),
        };
    }

    private static JsonObject Map(IEnumerable<KeyValuePair<string, string>> map) => new(map.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));

    private static string Canonical(JsonNode? node) => Sorted(node)?.ToJsonString(Indented) ?? "null";

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
