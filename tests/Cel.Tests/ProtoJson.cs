using System.Globalization;
using System.Text.Json;

namespace OmniScale.Cel.Tests;

/// <summary>Reads values and types in the protojson form of the conformance tests.</summary>
internal static class ProtoJson
{
    public static CelValue Value(JsonElement json)
    {
        var property = json.EnumerateObject().Single();
        var value = property.Value;
        return property.Name switch
        {
            "nullValue" => CelValue.Null,
            "boolValue" => CelValue.Bool(value.GetBoolean()),
            "int64Value" => CelValue.Int(long.Parse(value.GetString()!, CultureInfo.InvariantCulture)),
            "uint64Value" => CelValue.UInt(ulong.Parse(value.GetString()!, CultureInfo.InvariantCulture)),
            "doubleValue" => CelValue.Double(value.ValueKind == JsonValueKind.Number
                ? value.GetDouble()
                : value.GetString() switch { "NaN" => double.NaN, "-Infinity" => double.NegativeInfinity, _ => double.PositiveInfinity }),
            "stringValue" => CelValue.String(value.GetString()!),
            "bytesValue" => CelValue.Bytes(value.GetBytesFromBase64()),
            "typeValue" => CelValue.OfType(TypeNamed(value.GetString()!)),
            "listValue" => CelValue.List([.. Items(value, "values").Select(Value)]),
            "mapValue" => CelValue.Map(Items(value, "entries").Select(e => KeyValuePair.Create(Value(e.GetProperty("key")), Value(e.GetProperty("value"))))),
            _ => throw new InvalidDataException(property.Name),
        };
    }

    public static CelType Type(JsonElement json)
    {
        var property = json.EnumerateObject().Single();
        var value = property.Value;
        return property.Name switch
        {
            "dyn" => CelType.Dyn,
            "null" => CelType.Null,
            "primitive" => value.GetString() switch
            {
                "BOOL" => CelType.Bool,
                "INT64" => CelType.Int,
                "UINT64" => CelType.UInt,
                "DOUBLE" => CelType.Double,
                "STRING" => CelType.String,
                _ => CelType.Bytes,
            },
            "wellKnown" => value.GetString() == "TIMESTAMP" ? CelType.Timestamp : value.GetString() == "DURATION" ? CelType.Duration : CelType.Dyn,
            "listType" => CelType.List(value.TryGetProperty("elemType", out var element) ? Type(element) : CelType.Dyn),
            "mapType" => CelType.Map(Type(value.GetProperty("keyType")), Type(value.GetProperty("valueType"))),
            "type" => value.EnumerateObject().Any() ? CelType.TypeOf(Type(value)) : CelType.Type,
            "typeParam" => CelType.Parameter(value.GetString()!),
            "abstractType" => CelType.Abstract(value.GetProperty("name").GetString()!, [.. Items(value, "parameterTypes").Select(Type)]),
            _ => throw new InvalidDataException(property.Name),
        };
    }

    private static IEnumerable<JsonElement> Items(JsonElement json, string name) =>
        json.TryGetProperty(name, out var items) ? items.EnumerateArray() : [];

    private static CelType TypeNamed(string name) => name switch
    {
        "bool" => CelType.Bool,
        "int" => CelType.Int,
        "uint" => CelType.UInt,
        "double" => CelType.Double,
        "string" => CelType.String,
        "bytes" => CelType.Bytes,
        "list" => CelType.List(CelType.Dyn),
        "map" => CelType.Map(CelType.Dyn, CelType.Dyn),
        "null_type" => CelType.Null,
        "type" => CelType.Type,
        "google.protobuf.Timestamp" => CelType.Timestamp,
        "google.protobuf.Duration" => CelType.Duration,
        _ => throw new InvalidDataException(name),
    };
}
