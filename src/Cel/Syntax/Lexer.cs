namespace OmniScale.Cel.Syntax;

/// <summary>
/// Splits the source by longest match. What no token matches is reported and skipped up to and including the character at which
/// matching failed, which is how the reference implementation's generated lexer behaves.
/// </summary>
internal sealed partial class Lexer(SourceText source)
{
    private int _position;

    /// <summary>Called with the offset and message of a lexical error. Without it, an error yields a token of type Invalid.</summary>
    public Action<int, string>? OnError { get; init; }

    /// <summary>Returns white space and comments too.</summary>
    public Token Next()
    {
        while (true)
        {
            var start = _position;
            if (start >= source.Length)
            {
                return new Token(TokenType.EndOfFile, start, start);
            }

            var (type, end) = Match(start);
            if (type != TokenType.Invalid)
            {
                _position = end;
                return new Token(type, start, end);
            }

            if (OnError is null)
            {
                return new Token(TokenType.Invalid, start, end);
            }

            // Here end is the index of the character that could not be matched.
            OnError(start, $"token recognition error at: '{source.Slice(start, end + 1)}'");
            _position = Math.Min(end + 1, source.Length);
        }
    }

    private int At(int index) => index < source.Length ? source[index] : -1;

    private (TokenType Type, int End) Match(int i)
    {
        switch (At(i))
        {
            case ' ' or '\t' or '\r' or '\n' or '\f':
                do
                {
                    i++;
                }
                while (At(i) is ' ' or '\t' or '\r' or '\n' or '\f');
                return (TokenType.Whitespace, i);
            case '=':
                return At(i + 1) == '=' ? (TokenType.Equal, i + 2) : (TokenType.Invalid, i + 1);
            case '!':
                return At(i + 1) == '=' ? (TokenType.NotEqual, i + 2) : (TokenType.Not, i + 1);
            case '<':
                return At(i + 1) == '=' ? (TokenType.LessEqual, i + 2) : (TokenType.Less, i + 1);
            case '>':
                return At(i + 1) == '=' ? (TokenType.GreaterEqual, i + 2) : (TokenType.Greater, i + 1);
            case '&':
                return At(i + 1) == '&' ? (TokenType.And, i + 2) : (TokenType.Invalid, i + 1);
            case '|':
                return At(i + 1) == '|' ? (TokenType.Or, i + 2) : (TokenType.Invalid, i + 1);
            case '[':
                return (TokenType.LeftBracket, i + 1);
            case ']':
                return (TokenType.RightBracket, i + 1);
            case '{':
                return (TokenType.LeftBrace, i + 1);
            case '}':
                return (TokenType.RightBrace, i + 1);
            case '(':
                return (TokenType.LeftParen, i + 1);
            case ')':
                return (TokenType.RightParen, i + 1);
            case ',':
                return (TokenType.Comma, i + 1);
            case '-':
                return (TokenType.Minus, i + 1);
            case '?':
                return (TokenType.Question, i + 1);
            case ':':
                return (TokenType.Colon, i + 1);
            case '+':
                return (TokenType.Plus, i + 1);
            case '*':
                return (TokenType.Star, i + 1);
            case '%':
                return (TokenType.Percent, i + 1);
            case '/':
                return At(i + 1) == '/' ? (TokenType.Comment, EndOfLine(i)) : (TokenType.Slash, i + 1);
            case '.':
                return IsDigit(At(i + 1)) ? (TokenType.Float, Exponent(Digits(i + 1))) : (TokenType.Dot, i + 1);
            case '"' or '\'':
                return Quoted(i, raw: false, TokenType.String);
            case '`':
                return EscapedIdentifier(i);
            case >= '0' and <= '9':
                return Number(i);
            case var c when IsLetter(c):
                return Word(i);
            default:
                return (TokenType.Invalid, i);
        }
    }

    private int EndOfLine(int i)
    {
        while (At(i) is not ('\n' or -1))
        {
            i++;
        }

        return i;
    }

    private (TokenType Type, int End) EscapedIdentifier(int start)
    {
        var i = start + 1;
        while (At(i) is var c && (IsLetter(c) || IsDigit(c) || c is '.' or '-' or '/' or ' '))
        {
            i++;
        }

        return At(i) == '`' && i > start + 1 ? (TokenType.EscapedIdentifier, i + 1) : (TokenType.Invalid, i);
    }

    private (TokenType Type, int End) Number(int start)
    {
        var i = start;
        if (At(i) == '0' && At(i + 1) == 'x' && char.IsAsciiHexDigit(Char(i + 2)))
        {
            i += 3;
            while (char.IsAsciiHexDigit(Char(i)))
            {
                i++;
            }

            return At(i) is 'u' or 'U' ? (TokenType.UInt, i + 1) : (TokenType.Int, i);
        }

        i = Digits(i);
        if (At(i) == '.' && IsDigit(At(i + 1)))
        {
            return (TokenType.Float, Exponent(Digits(i + 1)));
        }

        var exponent = Exponent(i);
        return exponent > i ? (TokenType.Float, exponent)
            : At(i) is 'u' or 'U' ? (TokenType.UInt, i + 1)
            : (TokenType.Int, i);
    }

    private int Digits(int i)
    {
        while (IsDigit(At(i)))
        {
            i++;
        }

        return i;
    }

    private int Exponent(int i)
    {
        if (At(i) is not ('e' or 'E'))
        {
            return i;
        }

        var digits = At(i + 1) is '+' or '-' ? i + 2 : i + 1;
        return IsDigit(At(digits)) ? Digits(digits) : i;
    }

    private (TokenType Type, int End) Word(int start)
    {
        // A prefix of a string literal makes a word only when the literal does not match.
        var quote = start;
        var bytes = At(quote) is 'b' or 'B';
        quote += bytes ? 1 : 0;
        var raw = At(quote) is 'r' or 'R';
        quote += raw ? 1 : 0;
        if (quote > start && At(quote) is '"' or '\'')
        {
            var literal = Quoted(quote, raw, bytes ? TokenType.Bytes : TokenType.String);
            if (literal.Type != TokenType.Invalid)
            {
                return literal;
            }
        }

        var i = start + 1;
        while (At(i) is var c && (IsLetter(c) || IsDigit(c)))
        {
            i++;
        }

        return (Keyword(start, i - start), i);
    }

    private TokenType Keyword(int start, int length) => length switch
    {
        2 when source[start] == 'i' && source[start + 1] == 'n' => TokenType.In,
        4 when Is(start, "true") => TokenType.True,
        4 when Is(start, "null") => TokenType.Null,
        5 when Is(start, "false") => TokenType.False,
        _ => TokenType.Identifier,
    };

    private bool Is(int start, string word)
    {
        for (var i = 0; i < word.Length; i++)
        {
            if (source[start + i] != word[i])
            {
                return false;
            }
        }

        return true;
    }

    private char Char(int i) => At(i) is >= 0 and < 128 and var c ? (char)c : '\0';

    private static bool IsDigit(int c) => c is >= '0' and <= '9';

    private static bool IsLetter(int c) => c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or '_';
}
