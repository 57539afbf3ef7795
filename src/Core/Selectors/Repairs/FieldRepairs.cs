using System.Text.RegularExpressions;

namespace OmniScale.Core.Selectors.Repairs;

/// <summary>Names of fields that are not there, or are called otherwise.</summary>
internal static partial class FieldRepairs
{
    private static readonly string[] Macros = ["filter", "exists", "exists_one", "existsOne", "all", "map", "find", "any", "some", "where", "select", "first"];

    /// <summary><c>type</c>, which compiles on its own: a function of CEL.</summary>
    public static Repair? TypeBuiltIn(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].IsWord("type") && pieces.IsVariable(i))
            {
                return new(pieces.Replace(i, i, "storageType"), "`type` is a CEL built-in; the storage type is called storageType.");
            }
        }

        return null;
    }

    /// <summary><c>storage.filter(s, s.type == "rbd")</c>.</summary>
    public static Repair? Macro(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Kind != PieceKind.Word || Fields.IsVariable(pieces[i].Source) || pieces[i - 1].IsSign(".") || !pieces[i + 1].IsSign(".") || !pieces[i + 2].IsWord(Macros)
                || !pieces[i + 3].IsSign("(") || pieces[i + 4].Kind != PieceKind.Word || !pieces[i + 5].IsSign(",") || pieces.Close(i + 3) is not (> 0 and var close))
            {
                continue;
            }

            var variable = pieces[i + 4].Source;
            var body = Regex.Replace(pieces.Slice(i + 6, close - 1), $@"(?<![\w.""']){Regex.Escape(variable)}\s*\.\s*", "");
            var end = EndOfUse(pieces, close);
            return new(pieces.Replace(i, end, i == 0 && end == pieces.Count - 1 ? body : $"({body})"),
                "There is no list of storages to search: the selector is asked once for each storage, whose fields stand alone.");
        }

        return null;
    }

    /// <summary>Past what is done with the result of the search: <c>[0]</c>, <c>.size() > 0</c>, <c>.name</c>.</summary>
    private static int EndOfUse(Pieces pieces, int close)
    {
        var end = close;
        while (pieces[end + 1].IsSign("[", ".") || (end > close && pieces[end + 1].IsSign("(")))
        {
            end = pieces[end + 1].IsSign(".") ? end + 2 : Math.Max(end + 1, pieces.Close(end + 1));
        }

        return end > close && pieces[end + 1].IsSign(">", ">=", "!=", "==") && pieces[end + 2].Kind == PieceKind.Number ? end + 2 : end;
    }

    /// <summary><c>storage.name</c>, <c>storage["type"]</c>.</summary>
    public static Repair? Prefix(Broken broken)
    {
        var pieces = broken.Pieces;
        var selected = broken.Message.Contains("does not support field selection", StringComparison.Ordinal);
        var undeclared = Undeclared(broken);
        for (var i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Kind != PieceKind.Word || pieces[i - 1].IsSign(".") || !(undeclared.Contains(pieces[i].Source) || (selected && Fields.IsVariable(pieces[i].Source))))
            {
                continue;
            }

            if (pieces[i + 1].IsSign("[") && pieces[i + 2] is { Kind: PieceKind.Text } key && pieces[i + 3].IsSign("]") && Known(key.Inner))
            {
                return Strip(i + 3, key.Inner);
            }

            var last = i;
            while (pieces[last + 1].IsSign(".") && pieces[last + 2].Kind == PieceKind.Word && !pieces[last + 3].IsSign("("))
            {
                last += 2;
            }

            if (last > i && Known(pieces[last].Source))
            {
                return Strip(last, pieces[last].Source);
            }

            Repair Strip(int end, string field) => new(pieces.Replace(i, end, field), $"A storage's fields stand alone: {Fields.Resolve(field) ?? field}, not {pieces.Slice(i, end)}.");
        }

        return null;

        static bool Known(string word) => Fields.Resolve(word) is not null || Fields.IsHidden(word);
    }

    /// <summary><c>content.contains("images")</c>, <c>shared</c>: nothing of the kind can be asked, so the condition goes.</summary>
    public static Repair? Hidden(Broken broken)
    {
        var pieces = broken.Pieces;
        var undeclared = Undeclared(broken);
        for (var i = 0; i < pieces.Count; i++)
        {
            if (!pieces.IsVariable(i) || !undeclared.Contains(pieces[i].Source) || !Fields.IsHidden(pieces[i].Source))
            {
                continue;
            }

            var why = $"A selector cannot see `{pieces[i].Source}`, only {Fields.All}.";
            var first = i;
            while (first > 0 && !pieces[first - 1].IsSign("&&", "||", "(", "?", ":"))
            {
                first--;
            }

            var last = pieces.EndOfCondition(i);
            return pieces[first - 1].IsSign("&&") ? new(pieces.Replace(first - 1, last, "").Trim(), why)
                : pieces[last + 1].IsSign("&&") ? new(pieces.Replace(first, last + 1, "").Trim(), why)
                : new(Fields.Example(broken.Scope), why, IsExample: true);
        }

        return null;
    }

    /// <summary><c>storage_type</c>, <c>Name</c>, <c>free</c>; an unknown word is told by what it is compared with.</summary>
    public static Repair? Alias(Broken broken)
    {
        var pieces = broken.Pieces;
        var undeclared = Undeclared(broken);
        for (var i = 0; i < pieces.Count; i++)
        {
            if (!pieces.IsVariable(i) || !undeclared.Contains(pieces[i].Source))
            {
                continue;
            }

            var field = Fields.Resolve(pieces[i].Source) ?? ByValue(pieces, i, broken.Scope);
            if (field is not null)
            {
                return new(pieces.Replace(i, i, field), $"`{pieces[i].Source}` is not known; {Fields.Meaning(field)} is called {field}.");
            }
        }

        return null;
    }

    private static string? ByValue(Pieces pieces, int i, SelectorScope scope) =>
        pieces[i + 1].IsSign("==", "!=") && pieces[i + 2].Kind == PieceKind.Text ? Fields.FieldOf(pieces[i + 2].Inner, scope)
        : pieces[i + 1].IsWord("in") && pieces[i + 2].IsSign("[") && pieces[i + 3].Kind == PieceKind.Text ? Fields.FieldOf(pieces[i + 3].Inner, scope)
        : pieces[i + 1].IsSign(".") && pieces[i + 2].IsWord("startsWith", "endsWith", "contains", "matches") ? "name"
        : pieces[i + 1].IsSign("==", "!=", "<", "<=", ">", ">=") && pieces[i + 2].Kind == PieceKind.Number ? "availableSpace"
        : null;

    /// <summary>Words that the errors call undeclared or reserved.</summary>
    private static HashSet<string> Undeclared(Broken broken) =>
        [.. broken.Selector.Errors.Select(e => UndeclaredPattern().Match(e.Message)).Where(m => m.Success).Select(m => m.Groups[1].Value)];

    [GeneratedRegex(@"^(?:undeclared reference to '|reserved identifier: )(\w+)")]
    private static partial Regex UndeclaredPattern();
}
