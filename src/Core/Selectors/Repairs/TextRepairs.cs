using System.Text;

namespace OmniScale.Core.Selectors.Repairs;

/// <summary>Quotes, brackets, and texts that stand where a condition belongs.</summary>
internal static class TextRepairs
{
    private static readonly Dictionary<char, string> Typography = new()
    {
        { '“', "\"" }, { '”', "\"" }, { '„', "\"" }, { '‟', "\"" }, { '«', "\"" }, { '»', "\"" }, { '″', "\"" },
        { '‘', "'" }, { '’', "'" }, { '‚', "'" }, { '′', "'" },
        { '\u00a0', " " }, { '\u2007', " " }, { '\u202f', " " }, { '\u200b', "" }, { '\ufeff', "" }, { '≥', ">=" }, { '≤', "<=" }, { '≠', "!=" }, { '–', "-" }, { '—', "-" }, { '−', "-" },
        { '＝', "=" }, { '∧', "&&" }, { '∨', "||" },
    };

    public static Repair? Empty(Broken broken) => broken.Pieces.Count > 0 ? null
        : new(Fields.Example(broken.Scope), $"The selector is empty. It must be a condition on {Fields.All}.", IsExample: true);

    /// <summary>Signs that word processors and chats put in place of what was typed.</summary>
    public static Repair? Typographic(Broken broken)
    {
        if (!broken.Text.Any(Typography.ContainsKey))
        {
            return null;
        }

        var text = new StringBuilder();
        foreach (var c in broken.Text)
        {
            text.Append(Typography.TryGetValue(c, out var plain) ? plain : c);
        }

        return new(text.ToString(), broken.Text.Any(c => Typography.GetValueOrDefault(c) is "\"" or "'")
            ? "Typographic quotes do not quote: write plain \" or '."
            : "It holds typographic signs, as a word processor puts them in: type them anew.");
    }

    public static Repair? EscapedQuotes(Broken broken) => Enumerable.Range(0, broken.Pieces.Count).Any(i => broken.Pieces[i].IsSign("\\\"", "\\'"))
        ? new(broken.Text.Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\'", "'", StringComparison.Ordinal),
            "The backslashes before the quotes do not belong there: something quoted the selector twice.")
        : null;

    /// <summary>A text that is a selector itself: quoted once too often.</summary>
    public static Repair? QuotedWhole(Broken broken)
    {
        if (broken.Pieces.Count != 1 || broken.Pieces[0] is not { Kind: PieceKind.Text, MissingQuote: null } piece)
        {
            return null;
        }

        var inner = piece.Inner.Replace("\\\"", "\"", StringComparison.Ordinal);
        return Pieces.Of(inner).Count > 2 && StorageSelector.Compile(inner).IsValid ? new(inner, "The whole selector is in quotes, which makes it a text instead of a condition.") : null;
    }

    /// <summary>A plain YAML value that begins with an exclamation mark loses its first word, which YAML takes for a tag.</summary>
    public static Repair? LostBeginning(Broken broken)
    {
        if (!broken.Pieces[0].IsSign("==", "!="))
        {
            return null;
        }

        var negated = broken.Text.Count(c => c == ')') > broken.Text.Count(c => c == '(');
        return new((negated ? "!(name " : "name ") + broken.Text.Trim(),
            "Its beginning is missing: YAML takes a plain value that starts with ! for a tag. Put the whole selector in single quotes.");
    }

    public static Repair? OpenQuote(Broken broken)
    {
        for (var i = 0; i < broken.Pieces.Count; i++)
        {
            if (broken.Pieces[i] is { MissingQuote: { } quote } piece)
            {
                var body = piece.Source.TrimEnd();
                var closing = body.Length - body.TrimEnd(')').Length;
                var opened = Enumerable.Range(0, i).Count(n => broken.Pieces[n].IsSign("("));
                var at = body.Length - Math.Min(closing, opened);
                return new(broken.Pieces.Replace(i, i, body.Insert(at, quote.ToString())), $"The text that begins with {quote} is not closed.");
            }
        }

        return null;
    }

    public static Repair? Brackets(Broken broken)
    {
        var open = new Stack<int>();
        for (var i = 0; i < broken.Pieces.Count; i++)
        {
            if (broken.Pieces[i].IsSign("(", "["))
            {
                open.Push(i);
            }
            else if (broken.Pieces[i].IsSign(")", "]"))
            {
                if (!open.TryPop(out _))
                {
                    return new(broken.Pieces.Replace(i, i, "").Trim(), $"A {broken.Pieces[i].Source} closes nothing.");
                }
            }
        }

        return open.Count == 0 ? null
            : new(broken.Text.TrimEnd() + string.Concat(open.Select(i => broken.Pieces[i].IsSign("(") ? ")" : "]")), $"A {broken.Pieces[open.Peek()].Source} is not closed.");
    }

    /// <summary><c>local-lvm</c> or <c>"local-lvm"</c> alone.</summary>
    public static Repair? LoneText(Broken broken)
    {
        var pieces = broken.Pieces;
        var quoted = pieces.Count == 1 && pieces[0] is { Kind: PieceKind.Text, MissingQuote: null };
        var value = quoted ? pieces[0].Inner : broken.Text.Trim();
        if (!quoted && (pieces.Count == 0 || (pieces[0].Kind != PieceKind.Word && !broken.Scope.Names.Contains(value)) || EndOfName(pieces, 0) != pieces.Count - 1
            || Fields.IsLiteral(value) || ((Fields.Resolve(value) is not null || Fields.IsHidden(value)) && !broken.Scope.Names.Contains(value))))
        {
            return null;
        }

        var field = Fields.FieldOf(value, broken.Scope);
        return value.Length == 0 ? null
            : new($"{field} == \"{value}\"", quoted
                ? $"A text alone is not a condition: it must be compared with {Fields.Meaning(field)}."
                : $"A bare word is not a condition: text stands in quotes, and is compared with {Fields.Meaning(field)}. In YAML, put single quotes around the whole selector, or the inner quotes are lost.");
    }

    /// <summary><c>name == local-lvm</c>, also within a list and as the argument of a function.</summary>
    public static Repair? UnquotedText(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (!IsBare(pieces, i) || !IsPlaceOfText(pieces, i))
            {
                continue;
            }

            var end = EndOfName(pieces, i);
            var value = pieces.Slice(i, end);
            return new(pieces.Replace(i, end, $"\"{value}\""), "Text must stand in quotes; without them it is taken for the name of a field.");
        }

        return null;
    }

    /// <summary>The last piece of a name that is written without quotes: words and numbers with - or . and nothing else between them.</summary>
    private static int EndOfName(Pieces pieces, int start)
    {
        var end = start;
        while (pieces[end + 1].IsSign("-", ".", "/") && pieces.Touch(end) && end + 2 < pieces.Count && pieces.Touch(end + 1) && pieces[end + 2].Kind is PieceKind.Word or PieceKind.Number)
        {
            end += 2;
        }

        return end;
    }

    private static bool IsBare(Pieces pieces, int i)
    {
        var word = pieces[i];
        var end = EndOfName(pieces, i);
        return word.Kind == PieceKind.Word && !Fields.IsVariable(word.Source) && !Fields.IsLiteral(word.Source) && !pieces[end + 1].IsSign("(", "[")
            && !(end == i && pieces[i + 1].IsSign(".")) && !IsFieldPath(pieces, i, end);
    }

    /// <summary><c>storage.type</c> is a field in the wrong words, not a name without quotes.</summary>
    private static bool IsFieldPath(Pieces pieces, int start, int end) =>
        end > start && Enumerable.Range(start, end - start).All(i => !pieces[i].IsSign("-", "/")) && Fields.Resolve(pieces[end].Source) is not null;

    private static bool IsPlaceOfText(Pieces pieces, int i)
    {
        if (pieces[i - 1].IsSign("==", "!="))
        {
            return pieces[i - 2] is { Kind: PieceKind.Word } left ? Fields.Resolve(left.Source) is not "availableSpace" : pieces[i - 2].IsSign(")", "]");
        }

        var end = EndOfName(pieces, i);
        if (pieces[end + 1].IsSign("==", "!="))
        {
            // The other way round: rbd == storageType.
            return pieces[end + 2].Kind == PieceKind.Word && Fields.Resolve(pieces[end + 2].Source) is not (null or "availableSpace") && Fields.Resolve(pieces[i].Source) is null;
        }

        if (pieces[i - 1].IsSign("(") && pieces[i - 2].Kind == PieceKind.Word && pieces[i - 3].IsSign("."))
        {
            return pieces[end + 1].IsSign(")");
        }

        return pieces[i - 1].IsSign("[", ",") && pieces[end + 1].IsSign("]", ",") && IsListAfterIn(pieces, i);
    }

    private static bool IsListAfterIn(Pieces pieces, int i)
    {
        while (i > 0 && !pieces[i].IsSign("["))
        {
            i--;
        }

        return pieces[i - 1].IsWord("in") && Fields.Resolve(pieces[i - 2].Source) is not (null or "availableSpace");
    }
}
