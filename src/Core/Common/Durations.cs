using System.Globalization;
using System.Text.RegularExpressions;

namespace OmniScale.Core;

/// <summary>Durations as Go and Kubernetes write them: <c>1h30m</c>, <c>90s</c>, <c>1.5h</c>.</summary>
public static partial class Durations
{
    /// <returns>Null when the text is no positive duration or a part has no unit.</returns>
    public static TimeSpan? Parse(string text)
    {
        if (!Whole().IsMatch(text))
        {
            return null;
        }

        var total = TimeSpan.Zero;
        try
        {
            foreach (Match part in Part().Matches(text))
            {
                var number = double.Parse(part.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
                total += part.Groups[2].Value switch
                {
                    "ms" => TimeSpan.FromMilliseconds(number),
                    "s" => TimeSpan.FromSeconds(number),
                    "m" => TimeSpan.FromMinutes(number),
                    _ => TimeSpan.FromHours(number),
                };
            }
        }
        catch (OverflowException)
        {
            return null;
        }

        return total > TimeSpan.Zero ? total : null;
    }

    [GeneratedRegex(@"^([0-9]+(\.[0-9]+)?(ms|s|m|h))+\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")]
    private static partial Regex Part();
}
