namespace OmniScale.Cel.Regex;

internal enum RegexOp
{
    Empty, Class, Concat, Alternate, Repeat, BeginText, EndText, BeginLine, EndLine, WordBoundary, NoWordBoundary,

    /// <summary>An open group on the parser's stack, and the bar between its alternatives.</summary>
    LeftParen, Bar,
}

/// <summary>A parsed regular expression. Greediness is left out: it decides what matches, not whether anything does.</summary>
internal sealed class RegexNode(RegexOp op)
{
    public RegexOp Op { get; } = op;

    public CharRange[] Ranges { get; init; } = [];

    public List<RegexNode> Children { get; init; } = [];

    public int Min { get; init; }

    /// <summary>-1 for no limit.</summary>
    public int Max { get; init; }

    /// <summary>For an open group: the flags to return to.</summary>
    public RegexFlags Flags { get; init; }

    /// <summary>The largest product of counted repetitions that this node multiplies to.</summary>
    public int RepeatFactor { get; set; } = 1;

    public int Height { get; set; } = 1;

    /// <summary>How many instructions the compiled node takes at most.</summary>
    public long Size { get; set; } = 1;
}

[Flags]
internal enum RegexFlags
{
    None = 0,
    FoldCase = 1,
    MultiLine = 2,
    DotMatchesNewLine = 4,
    NonGreedy = 8,
}

/// <summary>A syntax error, worded as Go's regexp package words it.</summary>
internal sealed class RegexSyntaxException(string reason, string part) : Exception($"error parsing regexp: {reason}: `{part}`");
