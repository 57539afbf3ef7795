using System.Buffers;
using System.Globalization;
using System.Text;

namespace OmniScale.Cel.Syntax;

/// <summary>Decodes string and bytes literals, quotes and raw prefix included.</summary>
internal static class StringLiteral
{
    /// <summary>Returns an error message, or null.</summary>
    public static string? Decode(string literal, out string value)
    {
        var body = Body(literal, out var raw);
        value = body;
        if (raw || !body.Contains('\\', StringComparison.Ordinal))
        {
            return null;
        }

        var builder = new StringBuilder(body.Length);
        for (var i = 0; i < body.Length; i++)
        {
            if (body[i] != '\\')
            {
                builder.Append(body[i]);
                continue;
            }

            var (codePoint, end, _) = Escape(body, i + 1);
            if (!Rune.TryCreate(codePoint, out var rune))
            {
                return "invalid unicode code point";
            }

            builder.Append(rune.ToString());
            i = end - 1;
        }

        value = builder.ToString();
        return null;
    }

    /// <summary>Returns an error message, or null. The literal comes without its <c>b</c>.</summary>
    public static string? DecodeBytes(string literal, out byte[] value)
    {
        var body = Body(literal, out var raw);
        if (raw || !body.Contains('\\', StringComparison.Ordinal))
        {
            value = Encoding.UTF8.GetBytes(body);
            return null;
        }

        value = [];
        var bytes = new ArrayBufferWriter<byte>(body.Length);
        for (var i = 0; i < body.Length;)
        {
            var escape = body.IndexOf('\\', i);
            var end = escape < 0 ? body.Length : escape;
            Encoding.UTF8.GetBytes(body.AsSpan(i, end - i), bytes);
            i = end;
            if (escape >= 0)
            {
                var (codePoint, next, unicode) = Escape(body, escape + 1);
                if (unicode)
                {
                    return "unable to unescape string";
                }

                bytes.Write([(byte)codePoint]);
                i = next;
            }
        }

        value = bytes.WrittenSpan.ToArray();
        return null;
    }

    private static string Body(string literal, out bool raw)
    {
        raw = literal[0] is 'r' or 'R';
        var start = raw ? 1 : 0;
        var quotes = literal.Length - start >= 6 && literal[start + 1] == literal[start] && literal[start + 2] == literal[start] ? 3 : 1;
        var body = literal[(start + quotes)..^quotes];
        return body.Contains('\r', StringComparison.Ordinal)
            ? body.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n')
            : body;
    }

    /// <summary>The lexer has seen that the sequence is complete. <paramref name="i"/> is the index after the backslash.</summary>
    private static (int CodePoint, int End, bool Unicode) Escape(string body, int i)
    {
        switch (body[i])
        {
            case 'a':
                return ('\a', i + 1, false);
            case 'b':
                return ('\b', i + 1, false);
            case 'f':
                return ('\f', i + 1, false);
            case 'n':
                return ('\n', i + 1, false);
            case 'r':
                return ('\r', i + 1, false);
            case 't':
                return ('\t', i + 1, false);
            case 'v':
                return ('\v', i + 1, false);
            case 'x' or 'X':
                return (Hex(2), i + 3, false);
            case 'u':
                return (Hex(4), i + 5, true);
            case 'U':
                return (Hex(8), i + 9, true);
            case >= '0' and <= '3':
                return (((body[i] - '0') * 64) + ((body[i + 1] - '0') * 8) + (body[i + 2] - '0'), i + 3, false);
            default:
                return (body[i], i + 1, false);
        }

        int Hex(int digits) => int.Parse(body.AsSpan(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
    }
}
