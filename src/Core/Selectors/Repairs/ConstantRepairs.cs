using System.Globalization;

namespace OmniScale.Core.Selectors.Repairs;

/// <summary>Selectors that compile and evaluate, and compare with something that cannot be meant.</summary>
internal static class ConstantRepairs
{
    /// <summary>A number of bytes that is next to nothing: GiB were meant, or MiB.</summary>
    public static Repair? Size(Broken broken)
    {
        foreach (var (constant, value) in SelectorLint.SmallSizes(broken.Selector))
        {
            var unit = value < 65536 ? (Name: "GiB", Bytes: NumberRepairs.GiB) : value < (1 << 26) ? (Name: "MiB", Bytes: 1UL << 20) : (Name: "KiB", Bytes: 1UL << 10);
            if (broken.IndexOf(constant) is >= 0 and var at && NumberRepairs.Literal((decimal)value * unit.Bytes) is { } literal)
            {
                return new(broken.Pieces.Replace(at, at, literal),
                    string.Create(CultureInfo.InvariantCulture, $"availableSpace counts bytes, and {value} bytes are next to nothing: {value} {unit.Name} are {literal}."));
            }
        }

        return null;
    }

    /// <summary>A text that no storage of the cluster has.</summary>
    public static Repair? Unknown(Broken broken)
    {
        foreach (var comparison in SelectorLint.UnknownConstants(broken.Selector, broken.Scope))
        {
            if (broken.IndexOf(comparison.Constant) is not (>= 0 and var at) || Meant(broken, at, comparison) is not { } text)
            {
                continue;
            }

            return new(text, comparison.Problem(broken.Scope));
        }

        return null;
    }

    private static string? Meant(Broken broken, int at, Comparison comparison)
    {
        var (pieces, scope, value) = (broken.Pieces, broken.Scope, comparison.Value);
        var known = comparison.Known(scope);
        var near = comparison.Variable == "storageType" ? StorageTypes.Meant(value).FirstOrDefault(known.Contains) : null;
        near ??= NearNames.Nearest(value, known);
        if (near is not null)
        {
            return pieces.Replace(at, at, $"\"{near}\"");
        }

        if (!comparison.IsEquality || !pieces[at - 2].IsWord(comparison.Variable))
        {
            return null;
        }

        var field = Fields.FieldOf(value, scope);
        return field != comparison.Variable && (scope.Names.Contains(value) || scope.Types.Contains(value)) ? pieces.Replace(at - 2, at - 2, field)
            : Glob(value) is { } glob ? pieces.Replace(at - 2, at, $"{comparison.Variable}.{glob}")
            : null;
    }

    /// <summary><c>name == "a" &amp;&amp; name == "b"</c>.</summary>
    public static Repair? Contradiction(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i + 6 < pieces.Count; i++)
        {
            if (pieces.IsVariable(i) && pieces[i + 1].IsSign("==") && pieces[i + 2].Kind == PieceKind.Text && pieces[i + 3].IsSign("&&")
                && pieces[i + 4].IsWord(pieces[i].Source) && pieces[i + 5].IsSign("==") && pieces[i + 6].Kind == PieceKind.Text && pieces[i + 6].Inner != pieces[i + 2].Inner)
            {
                return new(pieces.Replace(i, i + 6, $"{pieces[i].Source} in [{pieces[i + 2].Source}, {pieces[i + 6].Source}]"),
                    $"No storage is {pieces[i + 2].Source} and {pieces[i + 6].Source} at once: && asks for both.");
            }
        }

        return null;
    }

    /// <summary>A selector that asks for the node: it is chosen already when the selector is asked.</summary>
    public static Repair? Node(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (broken.Scope.IsPinned || !pieces.IsVariable(i) || !pieces[i].IsWord("node") || !pieces[i + 1].IsSign("==") || pieces[i + 2].Kind != PieceKind.Text
                || !broken.Scope.Nodes.Contains(pieces[i + 2].Inner))
            {
                continue;
            }

            var why = $"The selector does not choose the node; it is asked when the VM has one. To build on {pieces[i + 2].Inner} only, set spec.node: {pieces[i + 2].Inner}.";
            return pieces[i - 1].IsSign("&&") ? new(pieces.Replace(i - 1, i + 2, "").TrimEnd(), why)
                : pieces[i + 3].IsSign("&&") ? new(pieces.Replace(i, i + 3, "").TrimStart(), why)
                : new(Fields.Example(broken.Scope), why, IsExample: true);
        }

        return null;
    }

    /// <summary>The call that does what a pattern of file names was meant to do; null when it is none, or not so simple.</summary>
    public static string? Glob(string pattern)
    {
        var text = pattern.Replace('%', '*').Trim('^', '$');
        var core = text.Trim('*');
        return text == core || core.Length == 0 || core.Contains('*', StringComparison.Ordinal) || core.Any(c => c is '[' or ']' or '(' or ')' or '?' or '\\') ? null
            : text.StartsWith('*') && text.EndsWith('*') ? $"contains(\"{core}\")"
            : text.EndsWith('*') ? $"startsWith(\"{core}\")"
            : $"endsWith(\"{core}\")";
    }
}
