using System.Text.Json;
using System.Text.Json.Serialization;

namespace OmniScale.Crds;

/// <summary>A number of machines, or all that match. In JSON a number, or the text <c>Unlimited</c>.</summary>
/// <param name="Value">The number; null is unlimited.</param>
[JsonConverter(typeof(MachineCountConverter))]
public readonly record struct MachineCount(uint? Value)
{
    /// <summary>The largest number that the API takes.</summary>
    public const uint Maximum = 10000;

    public static MachineCount Unlimited => new(null);

    public bool IsUnlimited => Value is null;
}

internal sealed class MachineCountConverter : JsonConverter<MachineCount>
{
    public override MachineCount Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number => new(reader.GetUInt32()),
        JsonTokenType.String when reader.GetString() == "Unlimited" => MachineCount.Unlimited,
        _ => throw new JsonException("a machine count is a number or the text Unlimited"),
    };

    public override void Write(Utf8JsonWriter writer, MachineCount value, JsonSerializerOptions options)
    {
        if (value.Value is { } number)
        {
            writer.WriteNumberValue(number);
        }
        else
        {
            writer.WriteStringValue("Unlimited");
        }
    }
}
