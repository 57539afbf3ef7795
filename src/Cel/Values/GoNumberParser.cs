using System.Globalization;

namespace OmniScale.Cel.Values;

/// <summary>Reads floating-point numbers as Go's strconv does, hexadecimal ones included.</summary>
internal static class GoNumberParser
{
    public static double? Float(string text)
    {
        var sign = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        var negative = sign == 1 && text[0] == '-';
        var digits = text.AsSpan(sign);
        if (digits.Contains('_'))
        {
            if (!SeparatesDigits(digits))
            {
                return null;
            }

            digits = text[sign..].Replace("_", "", StringComparison.Ordinal);
        }

        double? magnitude = digits switch
        {
            _ when digits.Equals("inf", StringComparison.OrdinalIgnoreCase) || digits.Equals("infinity", StringComparison.OrdinalIgnoreCase) => double.PositiveInfinity,
            _ when sign == 0 && digits.Equals("nan", StringComparison.OrdinalIgnoreCase) => double.NaN,
            ['0', 'x' or 'X', .. var hex] => Hex(hex),
            _ => Decimal(digits),
        };
        return negative ? -magnitude : magnitude;
    }

    /// <summary>An underscore stands between two digits, or between the prefix and a digit.</summary>
    private static bool SeparatesDigits(ReadOnlySpan<char> text)
    {
        var hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '_' && (i == 0 || i + 1 == text.Length || !(IsDigit(text[i - 1]) || (hex && i == 2)) || !IsDigit(text[i + 1])))
            {
                return false;
            }
        }

        return true;

        bool IsDigit(char c) => hex ? char.IsAsciiHexDigit(c) : char.IsAsciiDigit(c);
    }

    private static double? Decimal(ReadOnlySpan<char> text)
    {
        const NumberStyles styles = NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        if (text.IsEmpty || !(char.IsAsciiDigit(text[0]) || text[0] == '.') || !double.TryParse(text, styles, CultureInfo.InvariantCulture, out var value))
        {
            return null;
        }

        return double.IsInfinity(value) ? null : value;
    }

    /// <summary>Hexadecimal digits with an optional point, and a binary exponent that must be there.</summary>
    private static double? Hex(ReadOnlySpan<char> text)
    {
        UInt128 mantissa = 0;
        var exponent = 0L;
        var sticky = false;
        var digits = 0;
        var point = false;
        var i = 0;
        for (; i < text.Length; i++)
        {
            if (text[i] == '.' && !point)
            {
                point = true;
                continue;
            }

            if (!char.IsAsciiHexDigit(text[i]))
            {
                break;
            }

            digits++;
            var digit = (uint)Convert.ToInt32(text[i].ToString(), 16);
            if (mantissa >> 100 == 0)
            {
                mantissa = (mantissa << 4) | digit;
                exponent -= point ? 4 : 0;
            }
            else
            {
                sticky |= digit != 0;
                exponent += point ? 0 : 4;
            }
        }

        if (digits == 0 || i >= text.Length || text[i] is not ('p' or 'P')
            || !int.TryParse(text[(i + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var power))
        {
            return null;
        }

        // A set bit below the mantissa breaks ties as the digits that were dropped would.
        var value = Math.ScaleB((double)((mantissa << 1) | (sticky ? 1u : 0u)), (int)Math.Clamp(exponent + power - 1, -20000, 20000));
        return double.IsInfinity(value) ? null : value;
    }
}
