using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OmniScale.Lab.Omni.Validation;

/// <summary>One selector string of a machine class: terms separated by commas, all of which must hold.</summary>
internal sealed partial class LabelSelector
{
    private readonly List<(string Key, Func<string?, bool> Holds)> terms = [];

    private LabelSelector()
    {
    }

    public IEnumerable<string> Keys => terms.Select(term => term.Key);

    public static bool TryParse(string text, [NotNullWhen(true)] out LabelSelector? selector, [NotNullWhen(false)] out string? error)
    {
        selector = new LabelSelector();
        error = null;
        // A comma inside parentheses separates the values of a set.
        foreach (var term in TermSeparator().Split(text).Select(part => part.Trim()))
        {
            if (Parse(term) is not { } parsed)
            {
                error = $"cannot parse the term \"{term}\"";
                selector = null;
                return false;
            }

            selector.terms.Add(parsed);
        }

        return true;
    }

    public bool Matches(IDictionary<string, string> labels) =>
        terms.TrueForAll(term => term.Holds(labels.TryGetValue(term.Key, out var value) ? value : null));

    private static (string Key, Func<string?, bool> Holds)? Parse(string term)
    {
        var match = SetTerm().Match(term);
        if (match.Success)
        {
            var values = match.Groups["values"].Value.Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);
            return match.Groups["op"].Value == "in"
                ? (match.Groups["key"].Value, value => value is not null && values.Contains(value))
                : (match.Groups["key"].Value, value => value is null || !values.Contains(value));
        }

        match = ComparisonTerm().Match(term);
        if (match.Success)
        {
            var wanted = match.Groups["value"].Value.Trim();
            return (match.Groups["key"].Value, match.Groups["op"].Value switch
            {
                "=" or "==" => value => value == wanted,
                "!=" => value => value != wanted,
                "<" => value => Compare(value, wanted) < 0,
                "<=" => value => Compare(value, wanted) <= 0,
                ">" => value => Compare(value, wanted) > 0,
                _ => value => Compare(value, wanted) >= 0,
            });
        }

        match = ExistenceTerm().Match(term);
        if (!match.Success)
            return null;
        return match.Groups["not"].Length > 0
            ? (match.Groups["key"].Value, value => value is null)
            : (match.Groups["key"].Value, value => value is not null);
    }

    private static int? Compare(string? value, string wanted) =>
        decimal.TryParse(value, NumberStyles.Number, CultureInfo.InvariantCulture, out var left) &&
        decimal.TryParse(wanted, NumberStyles.Number, CultureInfo.InvariantCulture, out var right)
            ? left.CompareTo(right)
            : null;

    [GeneratedRegex(@",(?![^(]*\))")]
    private static partial Regex TermSeparator();

    [GeneratedRegex(@"^(?<key>[^\s!=<>(),]+)\s+(?<op>in|notin)\s+\((?<values>[^()]*)\)$")]
    private static partial Regex SetTerm();

    [GeneratedRegex(@"^(?<key>[^\s!=<>(),]+)\s*(?<op>==|=|!=|<=|<|>=|>)\s*(?<value>[^=<>(),]*)$")]
    private static partial Regex ComparisonTerm();

    [GeneratedRegex(@"^(?<not>!?)\s*(?<key>[^\s!=<>(),]+)$")]
    private static partial Regex ExistenceTerm();
}
