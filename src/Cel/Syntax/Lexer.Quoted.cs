namespace OmniScale.Cel.Syntax;

// Strings and bytes, and the escapes in them.
internal sealed partial class Lexer
{
    /// <summary>On failure, the end is the index of the character that could not be matched.</summary>
    private (TokenType Type, int End) Quoted(int open, bool raw, TokenType type)
    {
        var quote = At(open);
        if (At(open + 1) == quote && At(open + 2) == quote)
        {
            var close = CloseTriple(open + 3, quote, raw);
            // An unterminated """ still begins with the empty string "".
            return (type, close < 0 ? open + 2 : close);
        }

        for (var i = open + 1; ; i++)
        {
            var c = At(i);
            if (c == quote)
            {
                return (type, i + 1);
            }

            if (c is -1 or '\n' or '\r')
            {
                return (TokenType.Invalid, i);
            }

            if (c == '\\' && !raw)
            {
                var (end, valid) = Escape(i);
                if (!valid)
                {
                    return (TokenType.Invalid, end);
                }

                i = end - 1;
            }
        }
    }

    private int CloseTriple(int i, int quote, bool raw)
    {
        for (; At(i) is var c and not -1; i++)
        {
            if (c == quote && At(i + 1) == quote && At(i + 2) == quote)
            {
                return i + 3;
            }

            if (c == '\\' && !raw)
            {
                var (end, valid) = Escape(i);
                if (!valid)
                {
                    return -1;
                }

                i = end - 1;
            }
        }

        return -1;
    }

    /// <summary>The end of an escape sequence, or the index of the first character that does not belong to one.</summary>
    private (int End, bool Valid) Escape(int backslash)
    {
        var i = backslash + 1;
        switch (At(i))
        {
            case 'a' or 'b' or 'f' or 'n' or 'r' or 't' or 'v' or '"' or '\'' or '\\' or '?' or '`':
                return (i + 1, true);
            case 'x' or 'X':
                return Hex(i + 1, 2);
            case 'u':
                return Hex(i + 1, 4);
            case 'U':
                return Hex(i + 1, 8);
            case >= '0' and <= '3':
                return At(i + 1) is not (>= '0' and <= '7') ? (i + 1, false)
                    : At(i + 2) is not (>= '0' and <= '7') ? (i + 2, false)
                    : (i + 3, true);
            default:
                return (i, false);
        }
    }

    private (int End, bool Valid) Hex(int start, int count)
    {
        for (var i = start; i < start + count; i++)
        {
            if (!char.IsAsciiHexDigit(Char(i)))
            {
                return (i, false);
            }
        }

        return (start + count, true);
    }
}
