using System.Text;

namespace OmniScale.Cel.Regex;

/// <summary>Parses escapes and character classes.</summary>
internal readonly struct RegexClassParser(string pattern, bool foldCase)
{
    private const string InvalidRange = "invalid character class range";

    private static readonly CharRange[] Digits = [new('0', '9')];
    private static readonly CharRange[] Spaces = [new('\t', '\n'), new('\f', '\r'), new(' ', ' ')];
    private static readonly CharRange[] Words = [new('0', '9'), new('A', 'Z'), new('_', '_'), new('a', 'z')];

    private static readonly Dictionary<string, CharRange[]> Named = new()
    {
        ["alnum"] = [new('0', '9'), new('A', 'Z'), new('a', 'z')],
        ["alpha"] = [new('A', 'Z'), new('a', 'z')],
        ["ascii"] = [new(0, 0x7f)],
        ["blank"] = [new('\t', '\t'), new(' ', ' ')],
        ["cntrl"] = [new(0, 0x1f), new(0x7f, 0x7f)],
        ["digit"] = Digits,
        ["graph"] = [new('!', '~')],
        ["lower"] = [new('a', 'z')],
        ["print"] = [new(' ', '~')],
        ["punct"] = [new('!', '/'), new(':', '@'), new('[', '`'), new('{', '~')],
        ["space"] = [new('\t', '\r'), new(' ', ' ')],
        ["upper"] = [new('A', 'Z')],
        ["word"] = Words,
        ["xdigit"] = [new('0', '9'), new('A', 'F'), new('a', 'f')],
    };

    public static int NextRune(string pattern, ref int position)
    {
        Rune.DecodeFromUtf16(pattern.AsSpan(position), out var rune, out var consumed);
        position += consumed;
        return rune.Value;
    }

    private char At(int i) => i < pattern.Length ? pattern[i] : '\0';

    public CharRange[] ParseBracket(ref int position)
    {
        var start = position;
        var i = position + 1;
        var negated = At(i) == '^';
        i += negated ? 1 : 0;
        var result = new CharClass();
        for (var first = true; i >= pattern.Length || pattern[i] != ']' || first; first = false)
        {
            if (i + 2 < pattern.Length && pattern[i] == '[' && pattern[i + 1] == ':' && ParseNamed(ref i) is { } named)
            {
                result.Add(named);
                continue;
            }

            if (ParseClassEscape(ref i) is { } escaped)
            {
                result.Add(escaped);
                continue;
            }

            var from = i;
            var low = ParseChar(ref i, start);
            var high = low;
            if (i + 1 < pattern.Length && pattern[i] == '-' && pattern[i + 1] != ']')
            {
                i++;
                high = ParseChar(ref i, start);
                if (high < low)
                {
                    throw new RegexSyntaxException(InvalidRange, pattern[from..i]);
                }
            }

            result.Add(foldCase ? new CharClass().Add(low, high).Fold().ToArray() : [new CharRange(low, high)]);
        }

        position = i + 1;
        return negated ? CharClass.Negate(result.ToArray()) : result.ToArray();
    }

    private int ParseChar(ref int i, int classStart)
    {
        if (i >= pattern.Length)
        {
            throw new RegexSyntaxException("missing closing ]", pattern[classStart..]);
        }

        return pattern[i] == '\\' ? ParseEscape(ref i) : NextRune(pattern, ref i);
    }

    /// <summary>A class such as [:alpha:]; null when it has no end.</summary>
    private CharRange[]? ParseNamed(ref int i)
    {
        var end = pattern.IndexOf(":]", i + 2, StringComparison.Ordinal);
        if (end < 0)
        {
            return null;
        }

        var name = pattern[(i + 2)..end];
        var negated = name.StartsWith('^');
        if (!Named.TryGetValue(negated ? name[1..] : name, out var ranges))
        {
            throw new RegexSyntaxException(InvalidRange, pattern[i..(end + 2)]);
        }

        i = end + 2;
        return Group(ranges, negated);
    }

    private CharRange[] Group(CharRange[] ranges, bool negated)
    {
        var set = new CharClass().Add(ranges);
        var sorted = (foldCase ? set.Fold() : set).ToArray();
        return negated ? CharClass.Negate(sorted) : sorted;
    }

    /// <summary>\d, \s, \w, \p{…} and their negations; null when there is none at the position.</summary>
    public CharRange[]? ParseClassEscape(ref int i)
    {
        if (At(i) != '\\' || i + 1 >= pattern.Length)
        {
            return null;
        }

        var c = pattern[i + 1];
        if (c is 'p' or 'P')
        {
            return ParseUnicode(ref i);
        }

        var ranges = char.ToLowerInvariant(c) switch
        {
            'd' => Digits,
            's' => Spaces,
            'w' => Words,
            _ => null,
        };
        if (ranges is null || !char.IsAscii(c))
        {
            return null;
        }

        i += 2;
        return Group(ranges, char.IsAsciiLetterUpper(c));
    }

    private CharRange[]? ParseUnicode(ref int i)
    {
        var start = i;
        var negated = pattern[i + 1] == 'P';
        var next = i + 2;
        if (next >= pattern.Length)
        {
            // Go decodes an invalid rune of no width here and looks for a class of that name.
            throw new RegexSyntaxException(InvalidRange, pattern[start..]);
        }

        string name;
        if (pattern[next] == '{')
        {
            var end = pattern.IndexOf('}', next);
            if (end < 0)
            {
                throw new RegexSyntaxException(InvalidRange, pattern[start..]);
            }

            name = pattern[(next + 1)..end];
            next = end + 1;
        }
        else
        {
            NextRune(pattern, ref next);
            name = pattern[(start + 2)..next];
        }

        if (name.StartsWith('^'))
        {
            negated = !negated;
            name = name[1..];
        }

        if (UnicodeTables.Instance.Find(name) is not { } table)
        {
            throw new RegexSyntaxException(InvalidRange, pattern[start..next]);
        }

        i = next;
        return Group(table.Ranges, negated ^ table.Negated);
    }

    public int ParseEscape(ref int i)
    {
        var start = i;
        i++;
        if (i >= pattern.Length)
        {
            throw new RegexSyntaxException("trailing backslash at end of expression", "");
        }

        var c = NextRune(pattern, ref i);
        switch (c)
        {
            case >= '1' and <= '7' when At(i) is not (>= '0' and <= '7'):
                break;
            case >= '0' and <= '7':
                var value = c - '0';
                for (var n = 1; n < 3 && At(i) is >= '0' and <= '7'; n++, i++)
                {
                    value = (value * 8) + (At(i) - '0');
                }

                return value;
            case 'x' when i < pattern.Length:
                if (ParseHex(ref i) is { } hex)
                {
                    return hex;
                }

                break;
            case 'a':
                return '\a';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'v':
                return '\v';
            case < 128 when !char.IsAsciiLetterOrDigit((char)c):
                return c;
        }

        throw new RegexSyntaxException("invalid escape sequence", pattern[start..i]);
    }

    private int? ParseHex(ref int i)
    {
        var c = NextRune(pattern, ref i);
        if (c != '{')
        {
            if (i >= pattern.Length)
            {
                return null;
            }

            // The second digit is read even when the first is none.
            var second = NextRune(pattern, ref i);
            return Hex(c) is { } x && Hex(second) is { } y ? (x * 16) + y : null;
        }

        var value = 0;
        for (var digits = 0; i < pattern.Length; digits++)
        {
            c = NextRune(pattern, ref i);
            if (c == '}')
            {
                return digits == 0 ? null : value;
            }

            if (Hex(c) is not { } digit || (value = (value * 16) + digit) > 0x10ffff)
            {
                return null;
            }
        }

        return null;
    }

    private static int? Hex(int c) => c < 128 && char.IsAsciiHexDigit((char)c) ? Convert.ToInt32(((char)c).ToString(), 16) : null;
}
