using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OmniScale.Core.Tests;

/// <summary>YAML read by another hand than the one that wrote it: a plain scalar that some YAML version takes for anything but text is never read as text.</summary>
internal static partial class Yaml
{
    public static IReadOnlyList<JsonNode?> Documents(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => Convert(document.RootNode))];
    }

    public static JsonNode? Parse(string text) => Assert.Single(Documents(text));

    private static JsonNode? Convert(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(pair => KeyValuePair.Create((string)Convert(pair.Key)!, Convert(pair.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(Convert)]),
        YamlScalarNode { Style: ScalarStyle.Plain } scalar => Plain(scalar.Value!),
        YamlScalarNode scalar => JsonValue.Create(scalar.Value),
        _ => throw new ArgumentException($"a {node.NodeType}"),
    };

    private static JsonNode? Plain(string text)
    {
        if (text is "null" or "true" or "false" || JsonNumber().IsMatch(text))
        {
            return JsonNode.Parse(text);
        }

        return Ambiguous().IsMatch(text) ? throw new InvalidDataException($"not everybody reads the plain scalar {text} as text") : JsonValue.Create(text);
    }

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\z")]
    private static partial Regex JsonNumber();

    /// <summary>Null, booleans, integers, floats, timestamps and the special keys of YAML 1.1 and 1.2.</summary>
    [GeneratedRegex(@"^(|~|<<|=|(?i:y|n|yes|no|on|off|true|false|null)"
        + @"|[-+]?(\.[0-9]|[0-9])[0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[-+]?0[xob][0-9a-fA-F_]+|[-+]?[0-9][0-9_]*(:[0-9]+)+(\.[0-9_]*)?"
        + @"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?|[-+]?\.(?i:inf)|\.(?i:nan))\z")]
    private static partial Regex Ambiguous();
}
