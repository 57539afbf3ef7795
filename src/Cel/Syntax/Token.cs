namespace OmniScale.Cel.Syntax;

/// <summary>Token types in the order of the published CEL grammar, which is the order in which expected tokens are listed.</summary>
internal enum TokenType
{
    EndOfFile = -1,
    Epsilon = -2,
    Invalid = 0,
    Equal = 1, NotEqual, In, Less, LessEqual, GreaterEqual, Greater, And, Or,
    LeftBracket, RightBracket, LeftBrace, RightBrace, LeftParen, RightParen, Dot, Comma, Minus, Not,
    Question, Colon, Plus, Star, Slash, Percent, True, False, Null,
    Whitespace, Comment, Float, Int, UInt, String, Bytes, Identifier, EscapedIdentifier,
}

/// <summary><paramref name="Start"/> and <paramref name="End"/> (exclusive) are code point indexes. A token made up by error recovery has text of its own.</summary>
internal readonly record struct Token(TokenType Type, int Start, int End, string? MadeUpText = null)
{
    public string Text(SourceText source) =>
        MadeUpText ?? (Type == TokenType.EndOfFile ? "<EOF>" : source.Slice(Start, End));
}

internal static class TokenNames
{
    private static readonly string[] Literals =
    [
        "", "'=='", "'!='", "'in'", "'<'", "'<='", "'>='", "'>'", "'&&'", "'||'", "'['", "']'", "'{'", "'}'", "'('", "')'", "'.'", "','",
        "'-'", "'!'", "'?'", "':'", "'+'", "'*'", "'/'", "'%'", "'true'", "'false'", "'null'",
    ];

    private static readonly string[] Symbols =
        ["WHITESPACE", "COMMENT", "NUM_FLOAT", "NUM_INT", "NUM_UINT", "STRING", "BYTES", "IDENTIFIER", "ESC_IDENTIFIER"];

    public static string Of(TokenType type) => type switch
    {
        TokenType.EndOfFile => "<EOF>",
        TokenType.Epsilon => "<EPSILON>",
        <= TokenType.Null => Literals[(int)type],
        _ => Symbols[type - TokenType.Whitespace],
    };

    /// <summary>The text of a token that error recovery made up.</summary>
    public static string Missing(TokenType type) => type switch
    {
        TokenType.EndOfFile => "<missing EOF>",
        > 0 and <= TokenType.Null => $"<missing {Literals[(int)type]}>",
        _ => "<missing undefined>",
    };
}
