namespace OmniScale.Core.Selectors.Repairs;

internal enum PieceKind
{
    Word,
    Number,
    Text,
    Sign,
}

/// <summary>A word, number, quoted text or sign, with its place in the source.</summary>
internal readonly record struct Piece(PieceKind Kind, string Source, int Start)
{
    public int End => Start + Source.Length;

    public bool IsSign(params ReadOnlySpan<string> signs) => Kind == PieceKind.Sign && signs.Contains(Source);

    public bool IsWord(params ReadOnlySpan<string> words) => Kind == PieceKind.Word && words.Contains(Source);

    /// <summary>The quote that a quoted text begins with and lacks at its end; null when nothing is wrong.</summary>
    public char? MissingQuote => Kind == PieceKind.Text && (Source.Length < 2 || Source[^1] != Source[0]) ? Source[0] : null;

    /// <summary>What stands between the quotes, escapes left as they are.</summary>
    public string Inner => Source.Length >= 2 ? Source[1..^1] : "";
}

/// <summary>
/// Splits a selector that may be broken in any way. The language's own lexer stops where things get interesting: at
/// <c>100GB</c>, <c>=</c> or an open quote.
/// </summary>
internal sealed class Pieces(string source, IReadOnlyList<Piece> items)
{
    private static readonly string[] LongSigns = ["===", "!==", "==", "!=", "<=", ">=", "<>", "=~", "~=", "!~", "=>", "=<", "&&", "||", "\\\"", "\\'"];

    public string Source => source;

    public int Count => items.Count;

    /// <summary>The piece at a place; past either end, an empty sign.</summary>
    public Piece this[int index] =>
        index < 0 ? new(PieceKind.Sign, "", 0) : index < items.Count ? items[index] : new(PieceKind.Sign, "", source.Length);

    public static Pieces Of(string source)
    {
        var items = new List<Piece>();
        for (var i = 0; i < source.Length;)
        {
            if (char.IsWhiteSpace(source[i]))
            {
                i++;
                continue;
            }

            var (kind, end) = Match(source, i);
            items.Add(new(kind, source[i..end], i));
            i = end;
        }

        return new(source, items);
    }

    /// <summary>The source with the pieces from <paramref name="first"/> to <paramref name="last"/> (inclusive) replaced.</summary>
    public string Replace(int first, int last, string text) => string.Concat(source.AsSpan(0, this[first].Start), text, source.AsSpan(this[last].End));

    public string Slice(int first, int last) => first > last ? "" : source[this[first].Start..this[last].End];

    /// <summary>Whether two neighbours have nothing between them.</summary>
    public bool Touch(int left) => this[left].End == this[left + 1].Start;

    /// <summary>The index of the bracket that closes the one at <paramref name="open"/>; -1 when nothing does.</summary>
    public int Close(int open)
    {
        var depth = 0;
        for (var i = open; i < Count; i++)
        {
            depth += this[i].IsSign("(", "[", "{") ? 1 : this[i].IsSign(")", "]", "}") ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The index of the last piece of the condition that begins at <paramref name="first"/>: up to the next &amp;&amp;, || or closing bracket around it.</summary>
    public int EndOfCondition(int first)
    {
        for (var i = first; i < Count; i++)
        {
            if (this[i].IsSign("(", "[", "{"))
            {
                i = Close(i);
                if (i < 0)
                {
                    return Count - 1;
                }
            }
            else if (this[i].IsSign("&&", "||", ")", "]", "}", "?", ":", ","))
            {
                return i - 1;
            }
        }

        return Count - 1;
    }

    /// <summary>Whether the word is a variable of its own, not a field, a call or a part of a longer bare name.</summary>
    public bool IsVariable(int index) => this[index].Kind == PieceKind.Word && !this[index - 1].IsSign(".") && !this[index + 1].IsSign("(");

    private static (PieceKind Kind, int End) Match(string source, int start)
    {
        var c = source[start];
        if (c is '"' or '\'')
        {
            return (PieceKind.Text, EndOfText(source, start));
        }

        if (char.IsAsciiDigit(c))
        {
            return (PieceKind.Number, EndOfNumber(source, start));
        }

        if (char.IsLetter(c) || c == '_')
        {
            var end = start + 1;
            while (end < source.Length && (char.IsLetterOrDigit(source[end]) || source[end] == '_'))
            {
                end++;
            }

            return (PieceKind.Word, end);
        }

        var sign = LongSigns.FirstOrDefault(s => string.CompareOrdinal(source, start, s, 0, s.Length) == 0);
        return (PieceKind.Sign, start + (sign?.Length ?? 1));
    }

    /// <summary>An open quote takes the rest of its line.</summary>
    private static int EndOfText(string source, int start)
    {
        for (var i = start + 1; i < source.Length; i++)
        {
            if (source[i] == '\n')
            {
                return i;
            }

            if (source[i] == source[start])
            {
                return i + 1;
            }

            i += source[i] == '\\' ? 1 : 0;
        }

        return source.Length;
    }

    /// <summary>With the unit that is written to it: 100GB, 1.5TiB, 100_000u, 1e11, 0x10u.</summary>
    private static int EndOfNumber(string source, int start)
    {
        var end = start + 1;
        while (end < source.Length
            && (char.IsLetterOrDigit(source[end]) || source[end] == '_'
                || (source[end] == '.' && end + 1 < source.Length && char.IsAsciiDigit(source[end + 1]))
                || (source[end] is '+' or '-' && source[end - 1] is 'e' or 'E' && end + 1 < source.Length && char.IsAsciiDigit(source[end + 1]))))
        {
            end++;
        }

        return end;
    }
}
