using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using k8s.Models;
using OmniScale.Crds;
using OmniScale.Crds.Schema;

namespace OmniScale.CrdGen;

/// <summary>
/// Builds the structural schema of a C# type: names as System.Text.Json writes them, descriptions from the docstrings, bounds and rules
/// from the attributes of System.ComponentModel and OmniScale.Crds.Schema.
/// </summary>
internal sealed class SchemaBuilder(XmlDocs docs)
{
    /// <summary>The properties that are part of the JSON: a type's own first, then those of its base.</summary>
    public static IEnumerable<PropertyInfo> PropertiesOf(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.GetCustomAttribute<JsonIgnoreAttribute>() is null)
        .OrderBy(property => property.DeclaringType == type ? 0 : 1)
        .ThenBy(property => property.MetadataToken);

    public static string JsonName(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(property.Name);

    /// <summary>The type that a list, map or nullable holds, else the type itself.</summary>
    public static Type ElementType(Type type) =>
        Nullable.GetUnderlyingType(type) ?? (type.IsGenericType ? type.GetGenericArguments()[^1] : type);

    public V1JSONSchemaProps ForObject(Type type)
    {
        var properties = PropertiesOf(type).ToList();
        var required = properties.Where(property => property.IsDefined(typeof(RequiredAttribute))).Select(JsonName).ToList();
        return new()
        {
            Description = docs.Of(type),
            Type = "object",
            Properties = properties.ToDictionary(JsonName, ForProperty),
            Required = required.Count > 0 ? required : null,
            XKubernetesValidations = Rules(type),
        };
    }

    public V1JSONSchemaProps ForProperty(PropertyInfo property)
    {
        var schema = property.GetCustomAttribute<FreeFormAttribute>() is { } freeForm
            ? new() { Type = freeForm.AnyType ? null : "object", XKubernetesPreserveUnknownFields = true }
            : ForValue(property.PropertyType, property);
        schema.Description = docs.Of(property) ?? schema.Description;
        schema.DefaultProperty = Default(property);
        if (property.GetCustomAttribute<RangeAttribute>() is { } range)
        {
            schema.Minimum = Convert.ToDouble(range.Minimum, null);
            schema.Maximum = Convert.ToDouble(range.Maximum, null);
        }

        if (property.GetCustomAttribute<StringLengthAttribute>() is { } length)
        {
            schema.MaxLength = length.MaximumLength;
            schema.MinLength = length.MinimumLength > 0 ? length.MinimumLength : null;
        }

        Count(schema, property.GetCustomAttribute<MinLengthAttribute>()?.Length, property.GetCustomAttribute<MaxLengthAttribute>()?.Length);
        if (Rules(property) is { } rules)
        {
            schema.XKubernetesValidations = [.. schema.XKubernetesValidations ?? [], .. rules];
        }

        return schema;
    }

    private V1JSONSchemaProps ForValue(Type type, PropertyInfo property)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            var key = property.GetCustomAttribute<ListMapAttribute>()?.Key;
            return new()
            {
                Type = "array",
                Items = ForItem(type, property),
                XKubernetesListType = key is not null ? "map" : property.IsDefined(typeof(ListSetAttribute)) ? "set" : "atomic",
                XKubernetesListMapKeys = key is not null ? [key] : null,
            };
        }

        if (type == typeof(IReadOnlyDictionary<string, string>))
        {
            return new() { Type = "object", AdditionalProperties = ForItem(type, property) };
        }

        return type switch
        {
            _ when type == typeof(string) => new() { Type = "string" },
            _ when type == typeof(bool) => new() { Type = "boolean" },
            _ when type == typeof(int) => new() { Type = "integer", Format = "int32" },
            _ when type == typeof(long) => new() { Type = "integer", Format = "int64" },
            _ when type == typeof(DateTime) => new() { Type = "string", Format = "date-time" },
            _ when type == typeof(MachineCount) => MachineCountSchema(),
            _ when type == typeof(V1Condition) => ConditionSchema.Create(),
            _ when type == typeof(V1ObjectMeta) => new() { Type = "object" },
            { IsEnum: true } => new() { Type = "string", EnumProperty = [.. Enum.GetNames(type)] },
            { IsClass: true } when type.Namespace!.StartsWith(nameof(OmniScale), StringComparison.Ordinal) => ForObject(type),
            _ => throw new NotSupportedException($"{property.DeclaringType!.Name}.{property.Name}: no schema for {type}"),
        };
    }

    private V1JSONSchemaProps ForItem(Type collection, PropertyInfo property)
    {
        var schema = ForValue(ElementType(collection), property);
        if (property.GetCustomAttribute<ItemLengthAttribute>() is { } length)
        {
            schema.MaxLength = length.Max;
            schema.MinLength = length.Min > 0 ? length.Min : null;
        }

        return schema;
    }

    /// <summary>The bounds are a rule, since a pattern's message shows a regular expression; maxLength bounds the rule's cost.</summary>
    private static V1JSONSchemaProps MachineCountSchema() => new()
    {
        XKubernetesIntOrString = true,
        MaxLength = 64,
        XKubernetesValidations =
        [
            new()
            {
                Rule = $"type(self) == int ? self >= 0 && self <= {MachineCount.Maximum} : self == 'Unlimited'",
                Message = $"must be a number from 0 to {MachineCount.Maximum}, or Unlimited",
            },
        ],
    };

    private static void Count(V1JSONSchemaProps schema, long? min, long? max)
    {
        if (schema.Type == "array")
        {
            (schema.MinItems, schema.MaxItems) = (min, max);
        }
        else if (schema.Type == "object")
        {
            (schema.MinProperties, schema.MaxProperties) = (min, max);
        }
    }

    private static object? Default(PropertyInfo property) => property.GetCustomAttribute<DefaultValueAttribute>()?.Value switch
    {
        Enum value => value.ToString(),
        var value => value,
    };

    private static List<V1ValidationRule>? Rules(MemberInfo member)
    {
        var rules = member.GetCustomAttributes<RuleAttribute>(inherit: false)
            .Select(rule => new V1ValidationRule { Rule = rule.Expression, Message = rule.Message, FieldPath = rule.FieldPath })
            .ToList();
        return rules.Count > 0 ? rules : null;
    }
}
