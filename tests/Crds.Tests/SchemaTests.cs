using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using k8s.Models;

namespace OmniScale.Crds.Tests;

/// <summary>What must hold of the schemas of all kinds.</summary>
public partial class SchemaTests
{
    // What a serializer makes of the types, without the generator.
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { TypeInfoResolver = new DefaultJsonTypeInfoResolver() };

    // The macros, functions and conversions of the CEL specification that the rules use; what Kubernetes adds to it is not among them.
    private static readonly HashSet<string> s_standardCel = ["has", "all", "filter", "size", "matches", "startsWith", "type", "duration"];

    [Theory, MemberData(nameof(Generated.Kinds), MemberType = typeof(Generated))]
    public void Schema_and_JSON_have_the_same_properties(Type kind) => AssertSame(Generated.Schema(kind), kind, kind.Name);

    [Theory, MemberData(nameof(Generated.Kinds), MemberType = typeof(Generated))]
    public void Every_list_map_and_string_is_bounded(Type kind) => Assert.Empty(Generated.Walk(Generated.Schema(kind))
        .Where(found => found.Path is not (".apiVersion" or ".kind" or ".metadata"))
        .Where(found => found.Schema switch
        {
            { Type: "array" } => found.Schema.MaxItems is null,
            { Type: "object", Properties: null } => found.Schema.MaxProperties is null,
            { Type: "string" } => found.Schema is { MaxLength: null, EnumProperty: null, Format: not "date-time" },
            { XKubernetesIntOrString: true } => found.Schema.MaxLength is null,
            _ => false,
        })
        .Select(found => found.Path));

    [Theory, MemberData(nameof(Generated.Kinds), MemberType = typeof(Generated))]
    public void Every_field_is_described(Type kind) => Assert.Empty(Generated.Walk(Generated.Schema(kind))
        .Where(found => found.Path is not (".apiVersion" or ".kind" or ".metadata") && !found.Path.EndsWith(']') && !found.Path.EndsWith('*'))
        .Where(found => string.IsNullOrWhiteSpace(found.Schema.Description) || found.Schema.Description.Contains('\n'))
        .Select(found => found.Path));

    [Theory, MemberData(nameof(Generated.Kinds), MemberType = typeof(Generated))]
    public void Rules_call_only_what_the_CEL_specification_has(Type kind) => Assert.All(
        Rules(kind).SelectMany(rule => Call().Matches(StringLiteral().Replace(rule.Rule, "")).Select(call => call.Groups[1].Value)),
        name => Assert.Contains(name, s_standardCel));

    [Theory, MemberData(nameof(Generated.Kinds), MemberType = typeof(Generated))]
    public void Rules_have_a_message_of_one_line(Type kind) =>
        Assert.All(Rules(kind), rule => Assert.Matches("^[^\n]{10,200}[^.\n]$", rule.Message));

    [Theory, MemberData(nameof(Generated.Kinds), MemberType = typeof(Generated))]
    public void Every_kind_has_a_status_subresource_and_ends_its_columns_with_the_age(Type kind)
    {
        var crd = CrdGen.CrdBuilder.Build(kind, Generated.Schemas);
        Assert.Equal("Namespaced", crd.Spec.Scope);
        Assert.Equal(["omniscale"], crd.Spec.Names.Categories);
        var version = Assert.Single(crd.Spec.Versions);
        Assert.NotNull(version.Subresources.Status);
        Assert.Equal(("Age", "date"), (version.AdditionalPrinterColumns[^1].Name, version.AdditionalPrinterColumns[^1].Type));
    }

    private static IEnumerable<V1ValidationRule> Rules(Type kind) =>
        Generated.Walk(Generated.Schema(kind)).SelectMany(found => found.Schema.XKubernetesValidations ?? []);

    private static void AssertSame(V1JSONSchemaProps schema, Type type, string path)
    {
        var info = s_json.GetTypeInfo(type);
        if (info.Kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary && info.ElementType is not null
            && (schema.Items ?? schema.AdditionalProperties) is V1JSONSchemaProps item)
        {
            AssertSame(item, info.ElementType, path + "[]");
        }
        else if (info.Kind == JsonTypeInfoKind.Object && type != typeof(V1ObjectMeta))
        {
            Assert.True(schema.Properties is not null, path);
            var properties = info.Properties.Where(property => property.Get is not null).ToList();
            Assert.Equal((path, string.Join(' ', properties.Select(property => property.Name).Order(StringComparer.Ordinal))),
                (path, string.Join(' ', schema.Properties.Keys.Order(StringComparer.Ordinal))));
            foreach (var property in properties)
            {
                AssertSame(schema.Properties[property.Name], property.PropertyType, $"{path}.{property.Name}");
            }
        }
        else
        {
            Assert.True(schema.Properties is null, path);
        }
    }

    [GeneratedRegex(@"\b([A-Za-z]+)\(")]
    private static partial Regex Call();

    [GeneratedRegex("'[^']*'")]
    private static partial Regex StringLiteral();
}
