using System.Globalization;

namespace OmniScale.Cel.Values;

/// <summary>Shortest decimal texts of doubles in the layouts that the reference implementation prints.</summary>
internal static class GoNumberText
{
    /// <summary>With an exponent below 10^-4 and from a million on: 1.5, 1e+06, 1e-05.</summary>
    public static string General(double value)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        var (negative, digits, point) = Decompose(value);
        var exponent = point - 1;
        if (exponent is >= -4 and < 6)
        {
            return Plain(negative, digits, point);
        }

        var mantissa = digits.Length == 1 ? digits : $"{digits[0]}.{digits[1..]}";
        return string.Create(CultureInfo.InvariantCulture, $"{(negative ? "-" : "")}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    /// <summary>Never with an exponent.</summary>
    public static string Fixed(double value)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        var (negative, digits, point) = Decompose(value);
        return Plain(negative, digits, point);
    }

    private static string? Special(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : null;

    private static string Plain(bool negative, string digits, int point)
    {
        var text = point <= 0 ? $"0.{new string('0', -point)}{digits}"
            : point >= digits.Length ? digits + new string('0', point - digits.Length)
            : $"{digits[..point]}.{digits[point..]}";
        return negative ? "-" + text : text;
    }

    /// <summary>The significant digits d and the position p of the decimal point: 0.d times ten to the power of p.</summary>
    private static (bool Negative, string Digits, int Point) Decompose(double value)
    {
        if (value == 0)
        {
            return (double.IsNegative(value), "0", 1);
        }

        var text = Math.Abs(value).ToString("E16", CultureInfo.InvariantCulture);
        var shortest = Math.Abs(value).ToString("R", CultureInfo.InvariantCulture);
        var exponent = int.Parse(text.AsSpan(text.IndexOf('E', StringComparison.Ordinal) + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var end = shortest.IndexOf('E', StringComparison.Ordinal);
        var digits = (end < 0 ? shortest : shortest[..end]).Replace(".", "", StringComparison.Ordinal).Trim('0');

        // Rounding to 17 digits may carry into the next power of ten, the shortest text does not.
        if (end >= 0)
        {
            exponent = int.Parse(shortest.AsSpan(end + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        }

        return (value < 0, digits.Length == 0 ? "0" : digits, exponent + 1);
    }
}
