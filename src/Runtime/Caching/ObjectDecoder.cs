using System.Text.Json;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace OmniScale.Runtime;

/// <summary>Reads objects leniently: one that another version of the schema let in must not hide the others.</summary>
internal sealed class ObjectDecoder<T>(ILogger logger, WatchTelemetry telemetry)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private readonly string _kind = ResourceType.Of<T>().Kind;
    private long _skipped;

    /// <summary>How many objects and events were skipped so far.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>The object, or null, logged and counted, if it cannot be read.</summary>
    public T? Read(JsonElement json)
    {
        try
        {
            T value = KubeJson.Read<T>(json);
            return string.IsNullOrEmpty(value.Metadata?.Name) ? throw new JsonException("The object has no name") : value;
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or NotSupportedException or ArgumentException or OverflowException)
        {
            Skip("object", KeyOf(json), e);
            return null;
        }
    }

    public void Skip(string what, NamespacedName? key = null, Exception? e = null)
    {
        Interlocked.Increment(ref _skipped);
        telemetry.Skipped();
        // The message of a converter may quote the value, which may be a Secret's: where the fault is suffices.
        logger.LogWarning("Skipping an unreadable {What} of {Kind} {Name} at {Path}", what, _kind, key, (e as JsonException)?.Path);
    }

    public static NamespacedName? KeyOf(JsonElement json) =>
        Metadata(json, "name") is { } name ? new NamespacedName(Metadata(json, "namespace") ?? "", name) : null;

    public static string? VersionOf(JsonElement json) => Metadata(json, "resourceVersion");

    private static string? Metadata(JsonElement json, string property) =>
        json.ValueKind == JsonValueKind.Object
        && json.TryGetProperty("metadata", out JsonElement metadata) && metadata.ValueKind == JsonValueKind.Object
        && metadata.TryGetProperty(property, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
