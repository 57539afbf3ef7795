using k8s.Models;
using OmniScale.CrdGen;

namespace OmniScale.Crds.Tests;

/// <summary>What the generator makes of the types, and ways through it.</summary>
internal static class Generated
{
    public static SchemaBuilder Schemas { get; } = new(XmlDocs.Of(typeof(ApiGroup).Assembly));

    public static TheoryData<Type> Kinds { get; } = [.. CrdBuilder.Kinds];

    public static V1JSONSchemaProps Schema(Type kind) => CrdBuilder.Build(kind, Schemas).Spec.Versions[0].Schema.OpenAPIV3Schema;

    /// <summary>A schema and everything below it, each with its path.</summary>
    public static IEnumerable<(string Path, V1JSONSchemaProps Schema)> Walk(V1JSONSchemaProps schema, string path = "")
    {
        yield return (path, schema);
        var children = (schema.Properties ?? new Dictionary<string, V1JSONSchemaProps>())
            .Select(property => ($"{path}.{property.Key}", property.Value))
            .Concat(schema.Items is V1JSONSchemaProps items ? [($"{path}[]", items)] : [])
            .Concat(schema.AdditionalProperties is V1JSONSchemaProps values ? [($"{path}.*", values)] : []);
        foreach (var found in children.SelectMany(child => Walk(child.Item2, child.Item1)))
        {
            yield return found;
        }
    }
}
