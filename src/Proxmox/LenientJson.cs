using System.Globalization;
using System.Text.Json;

namespace OmniScale.Proxmox;

/// <summary>
/// Proxmox's answers come from untyped Perl values: numbers and flags may arrive as numbers or strings, and what is false or unset may be missing or null.
/// </summary>
internal static class LenientJson
{
    public static string? Text(this JsonElement row, string name) => Find(row, name) switch
    {
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        { ValueKind: JsonValueKind.Number } value => value.GetRawText(),
        _ => null,
    };

    /// <summary>A whole number that is not negative; fractions are cut off, and what is below zero counts as zero.</summary>
    public static ulong? Number(this JsonElement row, string name) => Find(row, name) switch
    {
        { ValueKind: JsonValueKind.Number } value => Parse(value.GetRawText()),
        { ValueKind: JsonValueKind.String } value => Parse(value.GetString()!.Trim()),
        { ValueKind: JsonValueKind.True } => 1,
        { ValueKind: JsonValueKind.False } => 0,
        _ => null,
    };

    public static long? SignedNumber(this JsonElement row, string name) => row.Number(name) is { } value ? (long)Math.Min(value, long.MaxValue) : null;

    public static bool Flag(this JsonElement row, string name) => Find(row, name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.Number } value => value.GetDouble() != 0,
        { ValueKind: JsonValueKind.String } value => value.GetString()!.Trim() is "1" or "true" or "yes" or "on",
        _ => false,
    };

    /// <summary>The rows of a list that have the given text; null is an empty list.</summary>
    public static IEnumerable<(string Key, JsonElement Row)> Rows(this JsonElement data, string key, string request)
    {
        if (data.ValueKind == JsonValueKind.Null)
            return [];
        if (data.ValueKind != JsonValueKind.Array)
            throw new ProxmoxException(ProxmoxFailure.UnexpectedAnswer, $"{request} answered something that is not a list.");
        return data.EnumerateArray().Select(row => (Key: row.Text(key), Row: row)).Where(r => !string.IsNullOrEmpty(r.Key))!;
    }

    private static JsonElement? Find(JsonElement row, string name) =>
        row.ValueKind == JsonValueKind.Object && row.TryGetProperty(name, out var value) ? value : null;

    private static ulong? Parse(string text)
    {
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var whole))
            return whole;
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && !double.IsNaN(number);
        return isNumber ? (ulong)Math.Max(number, 0) : null;
    }
}
