using System.Text.RegularExpressions;

namespace OmniScale.Core.Selectors.Repairs;

/// <summary>Selectors that compile and then fail on a storage.</summary>
internal static partial class EvaluationRepairs
{
    public static Repair? Any(Broken broken)
    {
        var error = broken.Matches.SelectMany(m => m.Errors).Select(e => e.Error).FirstOrDefault();
        return error is null ? null
            : error.Contains("parsing regexp", StringComparison.Ordinal) ? Regexp(broken)
            : error.Contains("unsigned integer overflow", StringComparison.Ordinal) ? Subtraction(broken)
            : error.Contains("by zero", StringComparison.Ordinal) ? Division(broken)
            : error.Contains("overflow", StringComparison.Ordinal) || error.Contains("range", StringComparison.Ordinal) ? Conversion(broken)
            : error.StartsWith("no such key", StringComparison.Ordinal) ? Lookup(broken)
            : null;
    }

    private static Repair? Regexp(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 1; i < pieces.Count; i++)
        {
            if (!pieces[i].IsWord("matches") || !pieces[i - 1].IsSign(".") || !pieces[i + 1].IsSign("(") || pieces[i + 2].Kind != PieceKind.Text || !pieces[i + 3].IsSign(")"))
            {
                continue;
            }

            var pattern = pieces[i + 2].Inner;
            const string Why = "matches takes a regular expression of RE2, and this is none.";
            if (LookAheadPattern().Match(pattern) is { Success: true } not)
            {
                return new(pieces.Replace(i - 2, i + 3, $"!{pieces[i - 2].Source}.startsWith(\"{not.Groups[1].Value}\")"), "RE2 has no look-ahead: negate with !.");
            }

            // A pattern that does not parse was meant as plain text, or as a pattern of file names.
            return new(pieces.Replace(i, i + 3, ConstantRepairs.Glob(pattern) ?? $"contains(\"{pattern}\")"), Why);
        }

        return null;
    }

    /// <summary><c>availableSpace - 1u > 0u</c>: below zero there is nothing, so the subtrahend goes to the other side.</summary>
    private static Repair? Subtraction(Broken broken)
    {
        var pieces = broken.Pieces;
        const string Why = "availableSpace is 0 for a storage that is not active, and a uint cannot go below 0: add on the other side instead.";
        for (var i = 1; i < pieces.Count; i++)
        {
            if (pieces[i].IsSign("-") && pieces[i - 1].IsWord("availableSpace") && pieces[i + 1].Kind == PieceKind.Number && pieces[i + 2].IsSign(">", ">=", "<", "<=", "==", "!=")
                && pieces[i + 3].Kind == PieceKind.Number && ulong.TryParse(pieces[i + 1].Source.TrimEnd('u', 'U'), out var less)
                && ulong.TryParse(pieces[i + 3].Source.TrimEnd('u', 'U'), out var limit)
                && NumberRepairs.Literal((decimal)less + limit) is { } sum)
            {
                return new(pieces.Replace(i, i + 3, $"{pieces[i + 2].Source} {sum}"), Why);
            }
        }

        return null;
    }

    private static Repair? Division(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 1; i < pieces.Count; i++)
        {
            if (pieces[i].IsSign("/", "%") && pieces[i + 1].Kind == PieceKind.Number && pieces[i + 1].Source.TrimEnd('u', 'U').All(c => c == '0'))
            {
                return new(pieces.Replace(i, i + 1, "").Replace("  ", " ", StringComparison.Ordinal), "Nothing can be divided by zero.");
            }
        }

        return null;
    }

    /// <summary><c>int(availableSpace)</c>.</summary>
    private static Repair? Conversion(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].IsWord("int") && pieces[i + 1].IsSign("(") && pieces[i + 2].IsWord("availableSpace") && pieces[i + 3].IsSign(")"))
            {
                return new(pieces.Replace(i, i + 3, "availableSpace"), "A large storage has more bytes than an int can hold: compare availableSpace as it is.");
            }
        }

        return null;
    }

    /// <summary><c>{"rbd": true}[storageType]</c>.</summary>
    private static Repair? Lookup(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (!pieces[i].IsSign("{") || pieces.Close(i) is not (> 0 and var close) || !pieces[close + 1].IsSign("[") || pieces.Close(close + 1) != close + 3)
            {
                continue;
            }

            var keys = Enumerable.Range(i, close - i).Where(n => pieces[n].Kind == PieceKind.Text && pieces[n + 1].IsSign(":") && pieces[n + 2].IsWord("true")).Select(n => pieces[n].Source);
            return new(pieces.Replace(i, close + 3, $"{pieces[close + 2].Source} in [{string.Join(", ", keys)}]"), "A map fails for every key that it does not have: search a list with in.");
        }

        return null;
    }

    [GeneratedRegex(@"^\^?\(\?!([\w.-]+)\)(?:\.\*\$?)?$")]
    private static partial Regex LookAheadPattern();
}
