using System.Text;

namespace OmniScale.Cel.Syntax;

/// <summary>The source in code points, with line starts, and the layout of errors that refer to it.</summary>
internal sealed class SourceText
{
    /// <summary>The offset of a node that stands nowhere, since its place in the source could not be parsed.</summary>
    public const int NoOffset = -1;

    /// <summary>For errors about the source as a whole.</summary>
    public const int Nowhere = int.MinValue;

    /// <summary>A longer line (in bytes) is not printed with the error.</summary>
    private const int MaxSnippetBytes = 16384;

    /// <summary>Null while every character is one code point, which is nearly always.</summary>
    private readonly int[]? _codePoints;

    private List<int>? _lineStarts;

    public SourceText(string text)
    {
        Text = text;
        Length = text.Length;
        if (text.AsSpan().ContainsAnyInRange('\ud800', '\udfff'))
        {
            // A lone surrogate cannot be encoded; it reads as U+FFFD, as invalid UTF-8 does.
            _codePoints = [.. text.EnumerateRunes().Select(r => r.Value)];
            Length = _codePoints.Length;
            Text = string.Concat(text.EnumerateRunes());
        }
    }

    public string Text { get; }

    public int Length { get; }

    public int this[int index] => _codePoints is null ? Text[index] : _codePoints[index];

    public string Slice(int start, int end)
    {
        start = Math.Min(start, Length);
        end = Math.Clamp(end, start, Length);
        if (_codePoints is null)
        {
            return Text[start..end];
        }

        var builder = new StringBuilder(end - start);
        foreach (var codePoint in _codePoints.AsSpan(start, end - start))
        {
            builder.Append(new Rune(codePoint).ToString());
        }

        return builder.ToString();
    }

    public CelError Error(int offset, string message)
    {
        if (offset == Nowhere)
        {
            return new CelError(-1, 0, message);
        }

        if (offset < 0 || Length == 0)
        {
            // The reference implementation counts columns from -1 here, and from 0 elsewhere.
            return new CelError(1, 0, message);
        }

        var starts = LineStarts();
        var line = starts.BinarySearch(offset);
        line = line < 0 ? ~line - 1 : line;
        return new CelError(line + 1, offset - starts[line] + 1, message);
    }

    public string Display(CelError error)
    {
        var builder = new StringBuilder();
        builder.Append("ERROR: <input>:").Append(error.Line).Append(':').Append(error.Column).Append(": ").Append(error.Message);
        var starts = LineStarts();
        if (Length == 0 || error.Line < 1 || error.Line > starts.Count)
        {
            return builder.ToString();
        }

        var end = error.Line < starts.Count ? starts[error.Line] - 1 : Length;
        var snippet = Slice(starts[error.Line - 1], end).Replace('\t', ' ');
        if (Encoding.UTF8.GetByteCount(snippet) > MaxSnippetBytes)
        {
            return builder.ToString();
        }

        builder.Append("\n | ").Append(snippet).Append("\n | ");
        var runes = snippet.EnumerateRunes();
        var left = error.Column - 1;
        var more = runes.MoveNext();
        for (; left > 0 && more; left--, more = runes.MoveNext())
        {
            builder.Append(runes.Current.IsAscii ? '.' : '．');
        }

        builder.Append(more && !runes.Current.IsAscii ? '＾' : '^');
        return builder.ToString();
    }

    private List<int> LineStarts()
    {
        if (_lineStarts is not null)
        {
            return _lineStarts;
        }

        List<int> starts = [0];
        for (var i = 0; i < Length; i++)
        {
            if (this[i] == '\n')
            {
                starts.Add(i + 1);
            }
        }

        return _lineStarts = starts;
    }
}

/// <summary>Collects errors; past the hundredth they are only counted.</summary>
internal sealed class ErrorList(SourceText source)
{
    private const int MaxReported = 100;

    private readonly List<CelError> _errors = [];
    private int _count;

    public int Count => _errors.Count;

    public void Clear()
    {
        _errors.Clear();
        _count = 0;
    }

    public void Report(int offset, string message)
    {
        _count++;
        if (_count <= MaxReported)
        {
            _errors.Add(source.Error(offset, message));
        }
    }

    public IReadOnlyList<CelError> Sorted() => [.. _errors.OrderBy(e => e.Line).ThenBy(e => e.Column)];

    public string Display()
    {
        var text = string.Join('\n', Sorted().Select(source.Display));
        return _count > MaxReported ? $"{text}\n{_count - MaxReported} more errors were truncated" : text;
    }
}
