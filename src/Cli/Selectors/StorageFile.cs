using System.Globalization;
using System.Text.Json;
using OmniScale.Core.Selectors;

namespace OmniScale.Cli.Selectors;

/// <summary>Storages from a JSON file: an array of them, or an object with such an array under <c>storages</c>.</summary>
internal static class StorageFile
{
    public static StorageSource Parse(string json, string? node)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            var root = document.RootElement;
            var list = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("storages", out var inner) ? inner : root;
            if (list.ValueKind != JsonValueKind.Array)
            {
                throw new CliException("the storages must be a JSON array of {\"name\", \"node\", \"storageType\", \"availableSpace\"}");
            }

            var storages = list.EnumerateArray().Select((storage, index) => Storage(storage, $"storages[{index}]")).ToList();
            return new(SelectorScope.Of(storages, node), node is null ? storages : storages.FindAll(s => s.Node == node));
        }
        catch (JsonException e)
        {
            throw new CliException($"the storages are not valid JSON: {e.Message}");
        }
    }

    private static SelectorStorage Storage(JsonElement storage, string at)
    {
        if (storage.ValueKind != JsonValueKind.Object)
        {
            throw new CliException($"{at} is not an object");
        }

        var enabled = Flag(storage, "enabled", at) ?? true;
        return new(Text(storage, "name", at), Text(storage, "node", at), Text(storage, "storageType", at), Space(storage, at), Content(storage, at), enabled, Flag(storage, "active", at) ?? enabled);
    }

    private static string Text(JsonElement storage, string key, string at) =>
        !storage.TryGetProperty(key, out var value) ? throw new CliException($"{at} lacks {key}")
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw new CliException($"{at}.{key} must be a string");

    private static ulong Space(JsonElement storage, string at) =>
        !storage.TryGetProperty("availableSpace", out var value) ? throw new CliException($"{at} lacks availableSpace")
        : value.ValueKind == JsonValueKind.Number && ulong.TryParse(value.GetRawText(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? bytes
        : throw new CliException($"{at}.availableSpace must be a number of bytes, from 0 to 18446744073709551615");

    /// <summary>A list, or Proxmox's own form with commas.</summary>
    private static string[]? Content(JsonElement storage, string at) =>
        !storage.TryGetProperty("content", out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        : value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String) ? [.. value.EnumerateArray().Select(v => v.GetString()!)]
        : throw new CliException($"{at}.content must be a list of strings");

    private static bool? Flag(JsonElement storage, string key, string at) =>
        !storage.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        // Proxmox's own answers have 0 and 1.
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number is 0 or 1 ? number == 1
        : throw new CliException($"{at}.{key} must be true or false");
}
