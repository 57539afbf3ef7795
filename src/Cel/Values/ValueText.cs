using System.Globalization;
using System.Text;

namespace OmniScale.Cel.Values;

/// <summary>Values as they appear in messages.</summary>
internal static class ValueText
{
    /// <summary>Lists that share elements can have exponentially long texts; longer ones are cut.</summary>
    private const int MaxLength = 4096;

    public static string Format(CelValue value)
    {
        var builder = new StringBuilder();
        Append(builder, value);
        return builder.ToString();
    }

    private static void Append(StringBuilder builder, CelValue value)
    {
        if (builder.Length > MaxLength)
        {
            return;
        }

        switch (value.Kind)
        {
            case CelKind.Null:
                builder.Append("null");
                break;
            case CelKind.Bool:
                builder.Append(value.AsBool ? "true" : "false");
                break;
            case CelKind.Int:
                builder.Append(CultureInfo.InvariantCulture, $"{value.AsInt}");
                break;
            case CelKind.UInt:
                builder.Append(CultureInfo.InvariantCulture, $"{value.AsUInt}");
                break;
            case CelKind.Double:
                builder.Append(GoNumberText.General(value.AsDouble));
                break;
            case CelKind.String:
                builder.Append(value.AsString);
                break;
            case CelKind.Bytes:
                builder.Append('[').AppendJoin(' ', value.AsBytes.ToArray()).Append(']');
                break;
            case CelKind.Timestamp:
                builder.Append(Times.Format(value));
                break;
            case CelKind.Duration:
                builder.Append(Times.FormatDuration(value.AsDuration));
                break;
            case CelKind.Type:
                builder.Append(value.AsType);
                break;
            case CelKind.List:
                AppendAll(builder, '[', value.ListItems, Append, ']');
                break;
            case CelKind.Map:
                AppendAll(builder, '{', value.MapItems, AppendEntry, '}');
                break;
            case CelKind.Object:
                builder.Append(value.AsObject.Type.Name);
                break;
            default:
                builder.Append(value.ErrorMessage);
                break;
        }
    }

    private static void AppendEntry(StringBuilder builder, KeyValuePair<CelValue, CelValue> entry)
    {
        Append(builder, entry.Key);
        builder.Append(": ");
        Append(builder, entry.Value);
    }

    private static void AppendAll<T>(StringBuilder builder, char open, IEnumerable<T> items, Action<StringBuilder, T> append, char close)
    {
        builder.Append(open);
        var first = true;
        foreach (var item in items)
        {
            if (builder.Length > MaxLength)
            {
                builder.Append("...");
                break;
            }

            builder.Append(first ? "" : ", ");
            append(builder, item);
            first = false;
        }

        builder.Append(close);
    }
}
