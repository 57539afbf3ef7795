namespace OmniScale.Core.Selectors.Repairs;

/// <summary>Functions that the provider's CEL does not have, or has in another form.</summary>
internal static class FunctionRepairs
{
    private const string Known = "the functions of a text are contains, startsWith, endsWith, matches and size";

    private static readonly HashSet<string> Methods = ["contains", "startsWith", "endsWith", "matches"];

    /// <summary>In lower case.</summary>
    private static readonly Dictionary<string, string> Renamed = new()
    {
        { "contains", "contains" }, { "includes", "contains" }, { "include", "contains" }, { "has", "contains" },
        { "startswith", "startsWith" }, { "hasprefix", "startsWith" }, { "beginswith", "startsWith" }, { "startwith", "startsWith" },
        { "endswith", "endsWith" }, { "hassuffix", "endsWith" }, { "endwith", "endsWith" },
        { "matches", "matches" }, { "match", "matches" }, { "regex", "matches" }, { "regexmatch", "matches" }, { "test", "matches" },
        { "length", "size" }, { "len", "size" }, { "count", "size" },
    };

    private static readonly HashSet<string> Conversions =
        ["lowerascii", "upperascii", "tolowercase", "touppercase", "tolower", "toupper", "lower", "upper", "casefold", "trim", "strip", "trimspace", "tostring"];

    /// <summary><c>name.lowerAscii() == "a"</c>: names and types are in lower case as a rule, so the call can go.</summary>
    public static Repair? Conversion(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Kind != PieceKind.Word || !Conversions.Contains(Plain(pieces[i].Source)) || !pieces[i + 1].IsSign("(") || pieces.Close(i + 1) is not (> 0 and var close))
            {
                continue;
            }

            var why = $"There is no function {pieces[i].Source}: the provider loads no string extensions, and texts compare exactly as Proxmox spells them.";
            return pieces[i - 1].IsSign(".") ? new(pieces.Replace(i - 1, close, ""), why)
                : close > i + 2 ? new(pieces.Replace(i, close, pieces.Slice(i + 2, close - 1)), why)
                : null;
        }

        return null;
    }

    /// <summary><c>name.split("-")[0] == "local"</c>.</summary>
    public static Repair? Split(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 2; i < pieces.Count; i++)
        {
            if (pieces[i].IsWord("split") && pieces[i - 1].IsSign(".") && pieces[i + 1].IsSign("(") && pieces[i + 2].Kind == PieceKind.Text && pieces[i + 3].IsSign(")")
                && pieces[i + 4].IsSign("[") && pieces[i + 5].Kind == PieceKind.Number && pieces[i + 6].IsSign("]") && pieces[i + 7].IsSign("==") && pieces[i + 8].Kind == PieceKind.Text)
            {
                var (separator, part) = (pieces[i + 2].Inner, pieces[i + 8].Inner);
                var call = pieces[i + 5].Source == "0" ? $"startsWith(\"{part}{separator}\")" : $"contains(\"{separator}{part}\")";
                return new(pieces.Replace(i, i + 8, call), $"There is no function split: {Known}.");
            }
        }

        return null;
    }

    /// <summary><c>name.includes("x")</c>, <c>name.startswith("x")</c>, <c>name.equals("x")</c>, <c>name.length</c>.</summary>
    public static Repair? Method(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 2; i < pieces.Count; i++)
        {
            if (pieces[i].Kind != PieceKind.Word || !pieces[i - 1].IsSign("."))
            {
                continue;
            }

            var called = pieces[i + 1].IsSign("(");
            if (called && Plain(pieces[i].Source) is ("equals" or "equal" or "eq" or "is" or "equalsignorecase") && pieces.Close(i + 1) is > 0 and var close && close > i + 2)
            {
                return new(pieces.Replace(i - 1, close, $" == {pieces.Slice(i + 2, close - 1)}"), $"There is no function {pieces[i].Source}: compare with ==.");
            }

            if (Renamed.GetValueOrDefault(Plain(pieces[i].Source)) is { } name && name != pieces[i].Source && (called || name == "size"))
            {
                return new(pieces.Replace(i, i, called ? name : name + "()"), $"There is no function {pieces[i].Source}: {Known}.");
            }
        }

        return null;
    }

    /// <summary><c>startsWith(name, "x")</c>, <c>name contains "x"</c>, <c>name =~ "x"</c>, <c>name like "x%"</c>.</summary>
    public static Repair? Form(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i < pieces.Count; i++)
        {
            var function = pieces[i].Kind == PieceKind.Word && !pieces[i - 1].IsSign(".") ? Renamed.GetValueOrDefault(Plain(pieces[i].Source)) : null;
            if (function is not null && Methods.Contains(function) && pieces[i + 1].IsSign("(") && pieces[i + 2].Kind == PieceKind.Word && pieces[i + 3].IsSign(","))
            {
                return new(pieces.Replace(i, i + 4, $"{pieces[i + 2].Source}.{function}({pieces[i + 4].Source}"), $"{function} is called on a text: {pieces[i + 2].Source}.{function}(…).");
            }

            if (pieces[i - 1].Kind == PieceKind.Word && pieces[i + 1].Kind == PieceKind.Text && i > 0)
            {
                if ((function is not null && Methods.Contains(function)) || pieces[i].IsSign("=~", "~=", "~"))
                {
                    function ??= "matches";
                    return new(pieces.Replace(i - 1, i + 1, $"{pieces[i - 1].Source}.{function}({pieces[i + 1].Source})"),
                        $"`{pieces[i].Source}` is not an operator of CEL: call {pieces[i - 1].Source}.{function}(…).");
                }

                if (pieces[i].Kind == PieceKind.Word && Plain(pieces[i].Source) == "like")
                {
                    return new(pieces.Replace(i - 1, i + 1, $"{pieces[i - 1].Source} == {pieces[i + 1].Source}"), "`like` is not an operator of CEL: use contains, startsWith or endsWith.");
                }
            }
        }

        return null;
    }

    /// <summary>Says that a function does not exist where nothing is known that could stand in its place.</summary>
    public static string? Missing(Broken broken)
    {
        for (var i = 0; i < broken.Pieces.Count; i++)
        {
            if (broken.Pieces[i].Kind == PieceKind.Word && broken.Pieces[i + 1].IsSign("(")
                && broken.Selector.Errors.Any(e => e.Message.StartsWith($"undeclared reference to '{broken.Pieces[i].Source}'", StringComparison.Ordinal)))
            {
                return $"There is no function {broken.Pieces[i].Source}: {Known}.";
            }
        }

        return null;
    }

    private static string Plain(string word) => word.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
