using System.Globalization;

namespace OmniScale.Cel.Values;

/// <summary>The functions that take a timestamp or duration apart.</summary>
internal static class TimeFunctions
{
    public static CelValue Get(string function, CelValue value)
    {
        if (value.Kind == CelKind.Timestamp)
        {
            return Part(function, value, offsetSeconds: 0);
        }

        if (value.Kind == CelKind.Duration)
        {
            var nanoseconds = value.AsDuration;
            switch (function)
            {
                case "getHours":
                    return CelValue.Int(nanoseconds / (3600 * Times.Second));
                case "getMinutes":
                    return CelValue.Int(nanoseconds / (60 * Times.Second));
                case "getSeconds":
                    return CelValue.Int(nanoseconds / Times.Second);
                case "getMilliseconds":
                    return CelValue.Int(nanoseconds / 1_000_000);
            }
        }

        return Errors.NoSuchOverloadFor(function, [value]);
    }

    public static CelValue Get(string function, CelValue value, CelValue zone)
    {
        if (value.Kind != CelKind.Timestamp || zone.Kind != CelKind.String)
        {
            return Errors.NoSuchOverloadFor(function, [value, zone]);
        }

        return OffsetSeconds(zone.AsString, value.AsTimestamp.Seconds, out var offset) is { } error
            ? CelValue.Error(error)
            : Part(function, value, offset);
    }

    private static CelValue Part(string function, CelValue value, long offsetSeconds)
    {
        var (seconds, nanoseconds, _) = value.AsTimestamp;
        var (days, rest) = Times.Split(seconds + offsetSeconds);
        var weekday = (days + 4) % 7;
        return CelValue.Int(function switch
        {
            "getFullYear" => Times.Date(days).Year,
            "getMonth" => Times.Date(days).Month - 1,
            "getDayOfYear" => Times.DayOfYear(days),
            "getDayOfMonth" => Times.Date(days).Day - 1,
            "getDate" => Times.Date(days).Day,
            "getDayOfWeek" => weekday < 0 ? weekday + 7 : weekday,
            "getHours" => rest / 3600,
            "getMinutes" => rest / 60 % 60,
            "getSeconds" => rest % 60,
            _ => nanoseconds / 1_000_000,
        });
    }

    /// <summary>Returns an error message, or null. A zone is a name of the time zone database or an offset such as -08:00.</summary>
    private static string? OffsetSeconds(string zone, long seconds, out long offset)
    {
        offset = 0;
        var colon = zone.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
        {
            return NamedZone(zone, seconds, ref offset);
        }

        if (Number(zone[..colon], out var hours) is { } error || (error = Number(zone[(colon + 1)..], out var minutes)) is not null)
        {
            return error;
        }

        offset = ((hours * 60) + (zone[0] == '-' ? -minutes : minutes)) * 60;
        return null;
    }

    private static string? Number(string text, out long value)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            // Offsets beyond the range of a clock would overflow the calendar.
            return Math.Abs(value) > 1_000_000 ? $"strconv.Atoi: parsing \"{text}\": value out of range" : null;
        }

        var digits = text.TrimStart('+', '-');
        var reason = digits.Length > 0 && digits.All(char.IsAsciiDigit) && text.Length - digits.Length <= 1 ? "value out of range" : "invalid syntax";
        return $"strconv.Atoi: parsing \"{text}\": {reason}";
    }

    private static string? NamedZone(string name, long seconds, ref long offset)
    {
        if (name is "" or "UTC")
        {
            return null;
        }

        if (name.Contains("..", StringComparison.Ordinal) || name[0] is '/' or '\\')
        {
            return "time: invalid location name";
        }

        var zone = TimeZoneInfo.Local;
        if (name != "Local" && !TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone))
        {
            return $"unknown time zone {name}";
        }

        offset = (long)zone!.GetUtcOffset(DateTimeOffset.FromUnixTimeSeconds(seconds)).TotalSeconds;
        return null;
    }
}
