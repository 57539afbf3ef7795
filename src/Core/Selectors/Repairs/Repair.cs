using OmniScale.Cel;

namespace OmniScale.Core.Selectors.Repairs;

/// <summary>One step towards a selector that works.</summary>
/// <param name="Why">A whole sentence on what was wrong.</param>
/// <param name="IsExample">The text is not what was written, put right, but another selector.</param>
internal sealed record Repair(string Text, string Why, bool IsExample = false);

/// <summary>A selector that does not work yet, and what is known of the cluster.</summary>
internal sealed class Broken(string text, SelectorScope scope)
{
    public string Text => text;

    public SelectorScope Scope => scope;

    public Pieces Pieces { get; } = Pieces.Of(text);

    public StorageSelector Selector { get; } = StorageSelector.Compile(text);

    /// <summary>The first error's words; empty when there is none.</summary>
    public string Message => Selector.Error?.Message ?? "";

    /// <summary>The piece that the first error points at; -1 when it points at none.</summary>
    public int ErrorPiece => Selector.Error is { } error ? IndexAt(Utf16(error)) : -1;

    /// <summary>What the selector does on the candidate nodes; empty when that is not known.</summary>
    public IReadOnlyList<NodeMatches> Matches => field ??= Selector.IsValid ? [.. (scope.Candidates ?? []).Select(n => NodeMatches.Of(Selector, n))] : [];

    /// <summary>The piece of an expression's node.</summary>
    public int IndexOf(CelExpr expr)
    {
        var (at, runes) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            if (runes++ == expr.Offset)
            {
                break;
            }

            at += rune.Utf16SequenceLength;
        }

        return IndexAt(at);
    }

    private int IndexAt(int start)
    {
        for (var i = 0; i < Pieces.Count; i++)
        {
            if (Pieces[i].Start == start)
            {
                return i;
            }
        }

        return -1;
    }

    private int Utf16(CelError error)
    {
        var at = 0;
        for (var line = 1; line < error.Line; line++)
        {
            at = text.IndexOf('\n', at) + 1;
        }

        foreach (var rune in text[at..].EnumerateRunes().Take(Math.Max(0, error.Column - 1)))
        {
            at += rune.Utf16SequenceLength;
        }

        return at;
    }
}
