using System.Buffers;

namespace OmniScale.Cel.Regex;

/// <summary>Groups, named or not, and the flags that they set.</summary>
internal sealed partial class RegexParser
{
    private static readonly SearchValues<char> NameChars = SearchValues.Create("_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    private void ParseGroup()
    {
        if (_position + 1 >= _pattern.Length || _pattern[_position + 1] != '?')
        {
            _stack.Add(new RegexNode(RegexOp.LeftParen) { Flags = _flags });
            _position++;
            return;
        }

        var rest = _pattern.AsSpan(_position);
        var nameStart = rest.StartsWith("(?P<") && rest.Length > 4 ? 4 : rest.StartsWith("(?<") && rest.Length > 3 ? 3 : 0;
        if (nameStart > 0)
        {
            var end = rest.IndexOf('>');
            if (end < 0)
            {
                throw new RegexSyntaxException("invalid named capture", rest.ToString());
            }

            var name = rest[nameStart..end];
            if (name.IsEmpty || name.ContainsAnyExcept(NameChars))
            {
                throw new RegexSyntaxException("invalid named capture", rest[..(end + 1)].ToString());
            }

            _stack.Add(new RegexNode(RegexOp.LeftParen) { Flags = _flags });
            _position += end + 1;
            return;
        }

        ParseFlags();
    }

    private void ParseFlags()
    {
        var start = _position;
        var flags = _flags;
        var negative = false;
        var sawFlag = false;
        _position += 2;
        while (!AtEnd)
        {
            var c = RegexClassParser.NextRune(_pattern, ref _position);
            var flag = c switch
            {
                'i' => RegexFlags.FoldCase,
                'm' => RegexFlags.MultiLine,
                's' => RegexFlags.DotMatchesNewLine,
                'U' => RegexFlags.NonGreedy,
                _ => RegexFlags.None,
            };
            if (flag != RegexFlags.None)
            {
                flags = negative ? flags & ~flag : flags | flag;
                sawFlag = true;
                continue;
            }

            if (c == '-' && !negative)
            {
                negative = true;
                sawFlag = false;
                continue;
            }

            if (c is not (':' or ')') || (negative && !sawFlag))
            {
                break;
            }

            if (c == ':')
            {
                _stack.Add(new RegexNode(RegexOp.LeftParen) { Flags = _flags });
            }

            _flags = flags;
            return;
        }

        throw new RegexSyntaxException("invalid or unsupported Perl syntax", _pattern[start.._position]);
    }

    private void CloseGroup()
    {
        Alternate();
        if (_stack.Count < 2 || _stack[^2].Op != RegexOp.LeftParen)
        {
            throw new RegexSyntaxException("unexpected )", _pattern);
        }

        var inner = _stack[^1];
        _flags = _stack[^2].Flags;
        _stack.RemoveRange(_stack.Count - 2, 2);
        _stack.Add(inner);
        _position++;
    }
}
