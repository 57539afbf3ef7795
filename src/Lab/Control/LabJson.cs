using System.Text.Json;
using System.Text.Json.Serialization;

namespace OmniScale.Lab.Control;

/// <summary>What the folder of a lab says of it.</summary>
/// <param name="Control">Where the control endpoint listens.</param>
public sealed record LabDescription(
    Uri Control, Uri OmniEndpoint, Uri ProxmoxUrl, string ProxmoxFingerprint, string ProxmoxTokenId, string ProxmoxTokenSecret, IReadOnlyList<string> Providers)
{
    public const string FileName = "lab.json";
}

/// <summary>The JSON of the control endpoint: camel case, enums by name.</summary>
internal static class LabJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.WriteIndented = true;
        options.Converters.Add(new JsonStringEnumConverter());
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Configure(options);
        return options;
    }
}
