using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using k8s.Models;

namespace OmniScale.CrdGen;

/// <summary>Writes the fields of a kind as Markdown tables, one for each type, and puts them between two markers of a document.</summary>
internal sealed class FieldTables(SchemaBuilder schemas)
{
    public const string Begin = "<!-- fields: generated from src/Crds by hack/crdgen -->";
    public const string End = "<!-- /fields -->";

    /// <summary>The document with what stands between the markers replaced.</summary>
    /// <exception cref="FormatException">A marker is missing.</exception>
    public string Replace(string document, Type kind)
    {
        var begin = document.IndexOf(Begin, StringComparison.Ordinal);
        var end = document.IndexOf(End, StringComparison.Ordinal);
        return begin >= 0 && end > begin
            ? $"{document[..begin]}{Begin}\n\n{ForKind(kind)}{document[end..]}"
            : throw new FormatException($"the document of {kind.Name} lacks the markers '{Begin}' and '{End}'");
    }

    private string ForKind(Type kind)
    {
        var text = new StringBuilder();
        var pending = new Queue<(string Title, Type Type)>(
            SchemaBuilder.PropertiesOf(kind).Where(property => HasTable(property.PropertyType)).Select(property => (SchemaBuilder.JsonName(property), property.PropertyType)));
        var seen = new HashSet<Type>();
        while (pending.TryDequeue(out var next))
        {
            if (!seen.Add(next.Type))
            {
                continue;
            }

            text.Append(CultureInfo.InvariantCulture, $"### {next.Title}\n\n{schemas.ForObject(next.Type).Description}\n\n");
            text.Append("| Field | Type | Description |\n| --- | --- | --- |\n");
            foreach (var property in SchemaBuilder.PropertiesOf(next.Type))
            {
                var element = SchemaBuilder.ElementType(property.PropertyType);
                text.Append(CultureInfo.InvariantCulture, $"| `{SchemaBuilder.JsonName(property)}` | {TypeOf(property, element)} | {Describe(property)} |\n");
                if (HasTable(element))
                {
                    pending.Enqueue((element.Name, element));
                }
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static bool HasTable(Type type) =>
        type.IsClass && type.Namespace!.StartsWith(nameof(OmniScale), StringComparison.Ordinal);

    private string TypeOf(PropertyInfo property, Type element)
    {
        var schema = schemas.ForProperty(property);
        var item = schema.Items as V1JSONSchemaProps ?? schema.AdditionalProperties as V1JSONSchemaProps ?? schema;
        var name = HasTable(element) ? $"[{element.Name}](#{element.Name.ToLowerInvariant()})"
            : element == typeof(V1Condition) ? "Condition"
            : item.XKubernetesIntOrString == true ? "integer or string"
            : item.EnumProperty is { } values ? string.Join(", ", values.Select(value => $"`{value}`"))
            : item.Format == "date-time" ? "time"
            : item.Type ?? "any";
        return schema.Items is not null ? $"list of {name}" : schema.AdditionalProperties is not null ? $"map of {name}" : name;
    }

    private string Describe(PropertyInfo property)
    {
        var schema = schemas.ForProperty(property);
        var text = new StringBuilder(schema.Description?.Replace("|", "\\|", StringComparison.Ordinal));
        if (property.IsDefined(typeof(RequiredAttribute)))
        {
            text.Append(" **Required.**");
        }

        if (schema.DefaultProperty is { } value)
        {
            text.Append(CultureInfo.InvariantCulture, $" Default: `{(value is bool flag ? (flag ? "true" : "false") : value)}`.");
        }

        if (schema.Minimum is not null)
        {
            text.Append(CultureInfo.InvariantCulture, $" From {schema.Minimum} to {schema.Maximum}.");
        }

        return text.ToString().Trim();
    }
}
