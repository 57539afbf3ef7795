using System.Globalization;

namespace OmniScale.Cel.Values;

/// <summary>Parsing and printing of timestamps and durations as Go's time package does it, and calendar fields.</summary>
internal static class Times
{
    public const long Second = 1_000_000_000;
    public const long MinSeconds = -62135596800;
    public const long MaxSeconds = 253402300799;

    private static readonly (string Name, long Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", Second), ("m", 60 * Second), ("h", 3600 * Second),
    ];

    /// <summary>The days since 1970-01-01 of a date in the Gregorian calendar, any year.</summary>
    private static long Days(long year, int month, int day)
    {
        year -= month <= 2 ? 1 : 0;
        var era = Math.DivRem(year >= 0 ? year : year - 399, 400).Quotient;
        var yearOfEra = year - (era * 400);
        var dayOfYear = (((153 * (month + (month > 2 ? -3 : 9))) + 2) / 5) + day - 1;
        return (era * 146097) + (yearOfEra * 365) + (yearOfEra / 4) - (yearOfEra / 100) + dayOfYear - 719468;
    }

    public static (long Year, int Month, int Day) Date(long days)
    {
        days += 719468;
        var era = Math.DivRem(days >= 0 ? days : days - 146096, 146097).Quotient;
        var dayOfEra = days - (era * 146097);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36524) - (dayOfEra / 146096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var month = ((5 * dayOfYear) + 2) / 153;
        var day = (int)(dayOfYear - (((153 * month) + 2) / 5) + 1);
        month += month < 10 ? 3 : -9;
        return (yearOfEra + (era * 400) + (month <= 2 ? 1 : 0), (int)month, day);
    }

    public static int DayOfYear(long days)
    {
        var (year, _, _) = Date(days);
        return (int)(days - Days(year, 1, 1));
    }

    /// <summary>Splits seconds since 1970 into whole days and the rest of the day.</summary>
    public static (long Days, int Seconds) Split(long seconds)
    {
        var days = seconds / 86400;
        var rest = seconds % 86400;
        return rest < 0 ? (days - 1, (int)(rest + 86400)) : (days, (int)rest);
    }

    /// <summary>RFC 3339, with the leniency of Go: one-digit hours, a comma before the fraction, offsets up to 24:60.</summary>
    public static CelValue? Parse(string text)
    {
        var i = 0;
        if (!Digits(4, out var year) || !Literal('-') || !Digits(2, out var month) || !Literal('-') || !Digits(2, out var day) || !Literal('T'))
        {
            return null;
        }

        var hourDigits = i + 1 < text.Length && char.IsAsciiDigit(text[i + 1]) ? 2 : 1;
        if (!Digits(hourDigits, out var hour) || !Literal(':') || !Digits(2, out var minute) || !Literal(':') || !Digits(2, out var second))
        {
            return null;
        }

        var nanoseconds = 0;
        if (i + 1 < text.Length && text[i] is '.' or ',' && char.IsAsciiDigit(text[i + 1]))
        {
            i++;
            for (var scale = (int)Second / 10; i < text.Length && char.IsAsciiDigit(text[i]); i++, scale /= 10)
            {
                nanoseconds += (text[i] - '0') * scale;
            }
        }

        var offset = 0;
        if (!Literal('Z'))
        {
            var sign = i < text.Length ? text[i++] : '\0';
            if (sign is not ('+' or '-') || !Digits(2, out var hours) || !Literal(':') || !Digits(2, out var minutes) || hours > 24 || minutes > 60)
            {
                return null;
            }

            offset = ((hours * 60) + minutes) * (sign == '-' ? -1 : 1);
        }

        if (i != text.Length || month is < 1 or > 12 || day < 1 || day > DaysIn(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return null;
        }

        var seconds = (Days(year, month, day) * 86400) + (hour * 3600) + (minute * 60) + second - (offset * 60);
        return Timestamp(seconds, nanoseconds, offset);

        bool Literal(char c)
        {
            if (i >= text.Length || text[i] != c)
            {
                return false;
            }

            i++;
            return true;
        }

        bool Digits(int count, out int value)
        {
            value = 0;
            for (var end = i + count; i < end; i++)
            {
                if (i >= text.Length || !char.IsAsciiDigit(text[i]))
                {
                    return false;
                }

                value = (value * 10) + (text[i] - '0');
            }

            return true;
        }
    }

    private static int DaysIn(int year, int month) => (int)(Days(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) - Days(year, month, 1));

    /// <summary>A timestamp, or the error for one outside the years 1 to 9999.</summary>
    public static CelValue Timestamp(long seconds, long nanoseconds, int offsetMinutes)
    {
        seconds += nanoseconds / Second;
        nanoseconds %= Second;
        if (nanoseconds < 0)
        {
            nanoseconds += Second;
            seconds--;
        }

        return seconds is < MinSeconds or > MaxSeconds
            ? Errors.TimestampOverflow
            : CelValue.Timestamp(seconds, (int)nanoseconds, offsetMinutes);
    }

    public static string Format(CelValue timestamp)
    {
        var (seconds, nanoseconds, offset) = timestamp.AsTimestamp;
        var (days, rest) = Split(seconds + (offset * 60));
        var (year, month, day) = Date(days);
        var fraction = nanoseconds == 0 ? "" : "." + nanoseconds.ToString("000000000", CultureInfo.InvariantCulture).TrimEnd('0');
        var zone = offset == 0 ? "Z" : $"{(offset < 0 ? '-' : '+')}{Math.Abs(offset) / 60:00}:{Math.Abs(offset) % 60:00}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{year:0000}-{month:00}-{day:00}T{rest / 3600:00}:{rest / 60 % 60:00}:{rest % 60:00}{fraction}{zone}");
    }

    public static string FormatDuration(long nanoseconds) => GoNumberText.Fixed(Seconds(nanoseconds)) + "s";

    private static double Seconds(long nanoseconds) => (nanoseconds / Second) + ((double)(nanoseconds % Second) / Second);

    /// <summary>A signed sequence of decimal numbers with units, such as 1h2.5m; null for anything else and for more than 290 years.</summary>
    public static long? ParseDuration(string text)
    {
        var negative = text.StartsWith('-');
        var i = negative || text.StartsWith('+') ? 1 : 0;
        if (text.AsSpan(i) is "0")
        {
            return 0;
        }

        if (i == text.Length)
        {
            return null;
        }

        ulong total = 0;
        while (i < text.Length)
        {
            var start = i;
            ulong whole = 0;
            for (; i < text.Length && char.IsAsciiDigit(text[i]); i++)
            {
                whole = whole > (1ul << 63) / 10 ? ulong.MaxValue : (whole * 10) + (ulong)(text[i] - '0');
                if (whole > 1ul << 63)
                {
                    return null;
                }
            }

            var digits = i - start;
            var (fraction, scale) = (0ul, 1.0);
            if (i < text.Length && text[i] == '.')
            {
                var point = ++i;
                (fraction, scale) = Fraction(text, ref i);
                digits += i - point;
            }

            if (digits == 0 || Unit(text, ref i) is not { } unit || whole > (1ul << 63) / (ulong)unit)
            {
                return null;
            }

            var value = whole * (ulong)unit;
            if (fraction > 0)
            {
                value += (ulong)(fraction * (unit / scale));
            }

            total += value;
            if (value > 1ul << 63 || total > 1ul << 63)
            {
                return null;
            }
        }

        return negative ? unchecked(-(long)total) : total > long.MaxValue ? null : (long)total;
    }

    private static (ulong Fraction, double Scale) Fraction(string text, ref int i)
    {
        ulong value = 0;
        var scale = 1.0;
        for (var full = false; i < text.Length && char.IsAsciiDigit(text[i]); i++)
        {
            var next = (value * 10) + (ulong)(text[i] - '0');
            full |= value > long.MaxValue / 10 || next > 1ul << 63;
            if (!full)
            {
                value = next;
                scale *= 10;
            }
        }

        return (value, scale);
    }

    private static long? Unit(string text, ref int i)
    {
        var start = i;
        while (i < text.Length && text[i] != '.' && !char.IsAsciiDigit(text[i]))
        {
            i++;
        }

        var name = text.AsSpan(start, i - start);
        foreach (var unit in Units)
        {
            if (name.SequenceEqual(unit.Name))
            {
                return unit.Nanoseconds;
            }
        }

        return null;
    }
}
