using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using k8s;

namespace OmniScale.Runtime;

/// <summary>The client library's serialization, from and to JSON trees.</summary>
internal static class KubeJson
{
    private static readonly JsonSerializerOptions Options = LibraryOptions();

    /// <summary>Reads an object and names its kind, which the API server leaves out of the items of a list.</summary>
    /// <exception cref="JsonException">It is not such an object.</exception>
    public static T Read<T>(JsonElement json)
        where T : class, IKubernetesObject
    {
        T value = json.Deserialize((JsonTypeInfo<T>)Options.GetTypeInfo(typeof(T))) ?? throw new JsonException("An object is missing");
        ResourceType type = ResourceType.Of<T>();
        value.ApiVersion ??= type.ApiVersion;
        value.Kind ??= type.Kind;
        return value;
    }

    public static T Read<T>(ReadOnlyMemory<byte> json)
        where T : class, IKubernetesObject
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return Read<T>(document.RootElement);
    }

    public static JsonObject Write<T>(T value)
        where T : class, IKubernetesObject
    {
        JsonObject json = JsonSerializer.SerializeToNode(value, Options.GetTypeInfo(value.GetType()))!.AsObject();
        ResourceType type = ResourceType.Of<T>();
        json["apiVersion"] = type.ApiVersion;
        json["kind"] = type.Kind;
        return json;
    }

    private static JsonSerializerOptions LibraryOptions()
    {
        // The library shows its options to nobody but a callback that may change them.
        JsonSerializerOptions? options = null;
        KubernetesJson.AddJsonOptions(shown => options = shown);
        return options!;
    }
}
