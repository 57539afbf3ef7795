using System.Text.Json;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OmniScale.Core;

/// <summary>
/// JSON values as YAML text with sorted keys. A string is written plain only where every YAML version reads it back as that
/// very string; anything else is quoted.
/// </summary>
public static partial class YamlText
{
    /// <summary>One document, ended by a newline.</summary>
    /// <param name="quoteValues">Quotes every string value, also those that need it not.</param>
    public static string Of(JsonElement value, bool quoteValues = false)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, new EmitterSettings().WithBestWidth(int.MaxValue));
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, [], isImplicit: true));
        Write(emitter, value, quoteValues);
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    private static void Write(Emitter emitter, JsonElement value, bool quoteValues)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                emitter.Emit(new MappingStart(default, default, true, MappingStyle.Block));
                foreach (var property in value.EnumerateObject().OrderBy(p => p.Name, StringComparer.Ordinal))
                {
                    WriteString(emitter, property.Name, quote: false);
                    Write(emitter, property.Value, quoteValues);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonValueKind.Array:
                emitter.Emit(new SequenceStart(default, default, true, SequenceStyle.Block));
                foreach (var item in value.EnumerateArray())
                {
                    Write(emitter, item, quoteValues);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case JsonValueKind.String:
                WriteString(emitter, value.GetString()!, quoteValues);
                break;
            default:
                emitter.Emit(new Scalar(value.GetRawText()));
                break;
        }
    }

    private static void WriteString(Emitter emitter, string text, bool quote)
    {
        var plain = !quote && Plain().IsMatch(text) && !Reserved().IsMatch(text);
        emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, plain ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted, plain, !plain));
    }

    [GeneratedRegex(@"^[A-Za-z/][A-Za-z0-9_./-]*\z")]
    private static partial Regex Plain();

    [GeneratedRegex(@"^(?i:true|false|yes|no|on|off|y|n|null)\z")]
    private static partial Regex Reserved();
}
