using System.Text;

namespace OmniScale.Core.Selectors.Repairs;

/// <summary>Operators of other languages, and operators with the wrong operands.</summary>
internal static class OperatorRepairs
{
    private static readonly Dictionary<string, string> Signs = new()
    {
        { "=", "==" }, { "===", "==" }, { "!==", "!=" }, { "<>", "!=" }, { "=>", ">=" }, { "=<", "<=" }, { "&", "&&" }, { "|", "||" },
    };

    private static readonly Dictionary<string, string> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        { "and", "&&" }, { "or", "||" }, { "is", "==" }, { "eq", "==" }, { "equals", "==" }, { "ne", "!=" }, { "gt", ">" }, { "ge", ">=" }, { "gte", ">=" },
        { "lt", "<" }, { "le", "<=" }, { "lte", "<=" },
    };

    /// <summary><c>=</c>, <c>and</c> and the like: all at once, since they seldom come alone.</summary>
    public static Repair? Foreign(Broken broken)
    {
        var pieces = broken.Pieces;
        var (text, at) = (new StringBuilder(), 0);
        var found = new List<(string Written, string Meant)>();
        for (var i = 0; i < pieces.Count; i++)
        {
            if (Meant(pieces, i) is not { } meant)
            {
                continue;
            }

            text.Append(broken.Text, at, pieces[i].Start - at).Append(meant);
            at = pieces[i].End;
            found.Add((pieces[i].Source, meant.Trim()));
        }

        return found.Count == 0 ? null
            : new(text.Append(broken.Text, at, broken.Text.Length - at).ToString(), string.Join(' ', found.Distinct().Select(f => $"`{f.Written}` is not an operator of CEL: write {f.Meant}.")));
    }

    private static string? Meant(Pieces pieces, int i)
    {
        var piece = pieces[i];
        if (piece.Kind == PieceKind.Sign)
        {
            return piece.Source == ":" ? i == 1 && Fields.Resolve(pieces[0].Source) is not null ? " ==" : null : Signs.GetValueOrDefault(piece.Source);
        }

        // An operator stands between two operands: "or" may also be the name of a storage.
        return piece.Kind == PieceKind.Word && i > 0 && i < pieces.Count - 1
            && (pieces[i - 1].Kind != PieceKind.Sign || pieces[i - 1].IsSign(")", "]")) && !pieces[i + 1].IsSign(".", ")", "]", ",", "==", "!=")
            ? Words.GetValueOrDefault(piece.Source) : null;
    }

    /// <summary>An operator that joins nothing.</summary>
    public static Repair? Dangling(Broken broken)
    {
        var pieces = broken.Pieces;
        var last = pieces.Count - 1;
        return pieces[last].IsSign("&&", "||", ";", ",")
            ? new(broken.Text[..pieces[last].Start].TrimEnd(), pieces[last].IsSign("&&", "||") ? $"There is nothing after {pieces[last].Source}." : $"{pieces[last].Source} does not belong at the end.")
            : pieces[0].IsSign("&&", "||") ? new(broken.Text[pieces[1].Start..], $"There is nothing before {pieces[0].Source}.")
            : null;
    }

    /// <summary><c>not x</c>, and <c>!name == "a"</c>, which negates the name alone.</summary>
    public static Repair? Negation(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Kind == PieceKind.Word && pieces[i].Source.Equals("not", StringComparison.OrdinalIgnoreCase) && i + 1 < pieces.Count && !pieces[i + 1].IsSign("==", "!="))
            {
                const string Why = "`not` is not an operator of CEL: write !.";
                return pieces[i + 1].IsWord("in") && i > 0
                    ? new(pieces.Replace(i - 1, pieces.EndOfCondition(i + 2), $"!({pieces[i - 1].Source} {pieces.Slice(i + 1, pieces.EndOfCondition(i + 2))})"), Why)
                    : Negate(pieces, i, Why);
            }
        }

        return broken.Message.StartsWith("found no matching overload for '!_' applied", StringComparison.Ordinal) && broken.ErrorPiece is >= 0 and var at && !pieces[at + 1].IsSign("(")
            ? Negate(pieces, at, $"! negates what follows it at once, here {pieces[at + 1].Source} alone: put the condition in brackets, or write !=.")
            : null;
    }

    private static Repair Negate(Pieces pieces, int at, string why)
    {
        var end = pieces.EndOfCondition(at + 1);
        var comparisons = Enumerable.Range(at + 1, end - at).Where(i => pieces[i].IsSign("==", "!=")).ToList();
        if (comparisons is [var comparison] && !pieces[at + 1].IsSign("("))
        {
            var flipped = pieces[comparison].Source == "==" ? "!=" : "==";
            var condition = pieces.Replace(comparison, comparison, flipped);
            return new(condition.Remove(pieces[at].Start, pieces[at + 1].Start - pieces[at].Start), why);
        }

        var rest = pieces.Slice(at + 1, end);
        return new(pieces.Replace(at, end, pieces[at + 1].IsSign("(") && pieces.Close(at + 1) == end ? $"!{rest}" : $"!({rest})"), why);
    }

    /// <summary><c>name == "a" || "b"</c> and <c>name == ("a" || "b")</c>.</summary>
    public static Repair? MissingComparison(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 2; i < pieces.Count; i++)
        {
            if (pieces[i] is not { Kind: PieceKind.Text } || !pieces[i - 1].IsSign("||", "&&") || !(i == pieces.Count - 1 || pieces[i + 1].IsSign("||", "&&", ")")))
            {
                continue;
            }

            if (pieces[i - 2].Kind == PieceKind.Text && pieces[i - 3].IsSign("(") && pieces[i - 4].IsSign("==") && pieces.Close(i - 3) is > 0 and var close)
            {
                var list = Enumerable.Range(i - 2, close - i + 2).Where(n => pieces[n].Kind == PieceKind.Text).Select(n => pieces[n].Source);
                return new(pieces.Replace(i - 4, close, $"in [{string.Join(", ", list)}]"), "Texts cannot be joined by ||: to compare with several, use a list.");
            }

            for (var n = i - 2; n > 0; n--)
            {
                if (pieces[n].IsSign("==", "!=") && pieces[n - 1].Kind == PieceKind.Word)
                {
                    return new(pieces.Replace(i, i, $"{pieces[n - 1].Source} {pieces[n].Source} {pieces[i].Source}"),
                        $"{pieces[i].Source} alone is not a condition: each side of {pieces[i - 1].Source} needs a comparison of its own.");
                }
            }
        }

        return null;
    }

    /// <summary>A list that is compared instead of searched, or one in the wrong brackets.</summary>
    public static Repair? Lists(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 1; i < pieces.Count; i++)
        {
            if (pieces[i].IsWord("in") && pieces[i + 1].IsSign("(", "{") && pieces[i + 2].Kind == PieceKind.Text && pieces.Close(i + 1) is > 0 and var close)
            {
                return new(pieces.Replace(i + 1, close, $"[{pieces.Slice(i + 2, close - 1)}]"), "A list stands in square brackets.");
            }

            if (broken.ErrorPiece == i && broken.Message.EndsWith("applied to '(string, list(string))'", StringComparison.Ordinal) && pieces[i].IsSign("==", "!="))
            {
                var end = pieces.EndOfCondition(i + 1);
                return new(pieces[i].Source == "=="
                    ? pieces.Replace(i, i, "in")
                    : pieces.Replace(i - 1, end, $"!({pieces[i - 1].Source} in {pieces.Slice(i + 1, end)})"), "A text is never equal to a list: whether the list has it is asked with in.");
            }

            if (broken.ErrorPiece == i && broken.Message == "found no matching overload for '@in' applied to '(string, string)'")
            {
                return pieces[i - 1].Kind == PieceKind.Text
                    ? new(pieces.Replace(i - 1, i + 1, $"{pieces[i + 1].Source}.contains({pieces[i - 1].Source})"), "in asks for a member of a list; for a part of a text use contains.")
                    : new(pieces.Replace(i, i, "=="), "in asks for a member of a list, in square brackets; with a single text compare by ==.");
            }
        }

        return null;
    }
}
