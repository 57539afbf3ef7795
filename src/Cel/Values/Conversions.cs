using System.Globalization;
using System.Text;

namespace OmniScale.Cel.Values;

/// <summary>The functions that convert between types, and the ones that measure.</summary>
internal static class Conversions
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static CelValue ToBool(CelValue value) => value.Kind switch
    {
        CelKind.Bool => value,
        CelKind.String => value.AsString switch
        {
            "1" or "t" or "T" or "TRUE" or "true" or "True" => CelValue.True,
            "0" or "f" or "F" or "FALSE" or "false" or "False" => CelValue.False,
            _ => Errors.Conversion(value, CelType.Bool),
        },
        _ => Errors.NoSuchOverloadFor("bool", [value]),
    };

    public static CelValue ToBytes(CelValue value) => value.Kind switch
    {
        CelKind.Bytes => value,
        CelKind.String => CelValue.Bytes(Encoding.UTF8.GetBytes(value.AsString)),
        _ => Errors.NoSuchOverloadFor("bytes", [value]),
    };

    public static CelValue ToDouble(CelValue value) => value.Kind switch
    {
        CelKind.Double => value,
        CelKind.Int => CelValue.Double(value.AsInt),
        CelKind.UInt => CelValue.Double(value.AsUInt),
        CelKind.String => GoNumberParser.Float(value.AsString) is { } d ? CelValue.Double(d) : Errors.Conversion(value, CelType.Double),
        _ => Errors.NoSuchOverloadFor("double", [value]),
    };

    public static CelValue ToDuration(CelValue value) => value.Kind switch
    {
        CelKind.Duration => value,
        CelKind.String => Times.ParseDuration(value.AsString) is { } d ? CelValue.Duration(d) : Errors.Conversion(value, CelType.Duration),
        CelKind.Int => Errors.Conversion(value, CelType.Duration),
        _ => Errors.NoSuchOverloadFor("duration", [value]),
    };

    public static CelValue ToInt(CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.Int:
                return value;
            case CelKind.UInt:
                return value.AsUInt > long.MaxValue ? Errors.IntOverflow : CelValue.Int((long)value.AsUInt);
            case CelKind.Double:
                return Numbers.ToInt(value.AsDouble) is { } i ? CelValue.Int(i) : Errors.IntOverflow;
            case CelKind.Duration:
                return CelValue.Int(value.AsDuration);
            case CelKind.Timestamp:
                return CelValue.Int(value.AsTimestamp.Seconds);
            case CelKind.String:
                return long.TryParse(value.AsString, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed)
                    ? CelValue.Int(parsed)
                    : Errors.Conversion(value, CelType.Int);
            default:
                return Errors.NoSuchOverloadFor("int", [value]);
        }
    }

    public static CelValue ToUInt(CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.UInt:
                return value;
            case CelKind.Int:
                return value.AsInt < 0 ? Errors.UIntOverflow : CelValue.UInt((ulong)value.AsInt);
            case CelKind.Double:
                return Numbers.ToUInt(value.AsDouble) is { } u ? CelValue.UInt(u) : Errors.UIntOverflow;
            case CelKind.String:
                return ulong.TryParse(value.AsString, NumberStyles.None, CultureInfo.InvariantCulture, out var parsed)
                    ? CelValue.UInt(parsed)
                    : Errors.Conversion(value, CelType.UInt);
            default:
                return Errors.NoSuchOverloadFor("uint", [value]);
        }
    }

    public static CelValue ToString(CelValue value)
    {
        switch (value.Kind)
        {
            case CelKind.String:
                return value;
            case CelKind.Bytes:
                try
                {
                    return CelValue.String(StrictUtf8.GetString(value.AsBytes));
                }
                catch (DecoderFallbackException)
                {
                    return CelValue.Error("invalid UTF-8 in bytes, cannot convert to string");
                }

            case CelKind.Bool or CelKind.Int or CelKind.UInt or CelKind.Double or CelKind.Duration or CelKind.Timestamp:
                return CelValue.String(ValueText.Format(value));
            default:
                return Errors.NoSuchOverloadFor("string", [value]);
        }
    }

    public static CelValue ToTimestamp(CelValue value) => value.Kind switch
    {
        CelKind.Timestamp => value,
        CelKind.Int => value.AsInt is < Times.MinSeconds or > Times.MaxSeconds ? Errors.TimestampOverflow : CelValue.Timestamp(value.AsInt, 0),
        CelKind.String => Times.Parse(value.AsString) ?? Errors.Conversion(value, CelType.Timestamp),
        _ => Errors.NoSuchOverloadFor("timestamp", [value]),
    };

    public static CelValue Size(CelValue value) => value.Kind switch
    {
        CelKind.String => CelValue.Int(CodePoints(value.AsString)),
        CelKind.Bytes => CelValue.Int(value.AsBytes.Length),
        CelKind.List => CelValue.Int(value.ListItems.Count),
        CelKind.Map => CelValue.Int(value.MapItems.Count),
        CelKind.Timestamp or CelKind.Duration => Errors.NoSuchOverload,
        _ => Errors.NoSuchOverloadOf("size"),
    };

    private static int CodePoints(string text)
    {
        var count = text.Length;
        foreach (var c in text)
        {
            count -= char.IsLowSurrogate(c) ? 1 : 0;
        }

        return count;
    }
}
