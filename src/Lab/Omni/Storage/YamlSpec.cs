using Google.Protobuf;
using Google.Protobuf.Reflection;
using YamlDotNet.Serialization;

namespace OmniScale.Lab.Omni.Storage;

/// <summary>
/// Renders a spec as the server's YAML: keys are the Go field names in lower case, without separators; every field is
/// present; enums are integers.
/// </summary>
internal static class YamlSpec
{
    private static readonly ISerializer Serializer = new SerializerBuilder().WithQuotingNecessaryStrings().Build();

    public static string Render(IMessage message) => Serializer.Serialize(Node(message));

    private static Dictionary<string, object?> Node(IMessage message)
    {
        var node = new Dictionary<string, object?>();
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            var key = field.Name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
            // A compressed spec is shown decompressed, under "data".
            if (key != "compresseddata")
                node[key] = Value(field, field.Accessor.GetValue(message));
        }

        return node;
    }

    private static object? Value(FieldDescriptor field, object? value) => value switch
    {
        null => null,
        System.Collections.IDictionary map => map.Keys.Cast<object>().ToDictionary(key => key.ToString()!, key => Scalar(map[key])),
        System.Collections.IList list when field.IsRepeated => list.Cast<object?>().Select(Scalar).ToList(),
        _ => Scalar(value),
    };

    private static object? Scalar(object? value) => value switch
    {
        IMessage message => Node(message),
        Enum number => Convert.ToInt32(number, System.Globalization.CultureInfo.InvariantCulture),
        ByteString bytes => bytes.Select(single => (int)single).ToList(),
        _ => value,
    };
}
