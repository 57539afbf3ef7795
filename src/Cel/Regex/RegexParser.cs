using System.Globalization;

namespace OmniScale.Cel.Regex;

/// <summary>Parses the syntax of RE2 as Go's regexp package accepts it.</summary>
internal sealed partial class RegexParser
{
    private const int MaxRepeat = 1000;
    private const int MaxHeight = 1000;

    private readonly string _pattern;
    private readonly List<RegexNode> _stack = [];
    private int _position;
    private RegexFlags _flags;
    private string? _lastRepeat;

    private RegexParser(string pattern) => _pattern = pattern;

    public static RegexNode Parse(string pattern) => new RegexParser(pattern).Parse();

    private bool AtEnd => _position >= _pattern.Length;

    private bool FoldsCase => (_flags & RegexFlags.FoldCase) != 0;

    private RegexNode Parse()
    {
        while (!AtEnd)
        {
            string? repeat = null;
            switch (_pattern[_position])
            {
                case '(':
                    ParseGroup();
                    break;
                case '|':
                    Concat();
                    _stack.Add(new RegexNode(RegexOp.Bar));
                    _position++;
                    break;
                case ')':
                    CloseGroup();
                    break;
                case '^':
                    Push((_flags & RegexFlags.MultiLine) != 0 ? RegexOp.BeginLine : RegexOp.BeginText);
                    break;
                case '$':
                    Push((_flags & RegexFlags.MultiLine) != 0 ? RegexOp.EndLine : RegexOp.EndText);
                    break;
                case '.':
                    PushClass((_flags & RegexFlags.DotMatchesNewLine) != 0
                        ? [new CharRange(0, 0x10ffff)]
                        : CharClass.Negate([new CharRange('\n', '\n')]));
                    _position++;
                    break;
                case '[':
                    PushClass(new RegexClassParser(_pattern, FoldsCase).ParseBracket(ref _position));
                    break;
                case '*':
                    repeat = Repeat(_position, _position + 1, 0, -1);
                    break;
                case '+':
                    repeat = Repeat(_position, _position + 1, 1, -1);
                    break;
                case '?':
                    repeat = Repeat(_position, _position + 1, 0, 1);
                    break;
                case '{':
                    repeat = CountedRepeat();
                    break;
                case '\\':
                    ParseBackslash();
                    break;
                default:
                    Literal(RegexClassParser.NextRune(_pattern, ref _position));
                    break;
            }

            _lastRepeat = repeat;
        }

        Alternate();
        if (_stack.Count != 1)
        {
            throw new RegexSyntaxException("missing closing )", _pattern);
        }

        return _stack[0];
    }

    private void Push(RegexOp op)
    {
        _stack.Add(new RegexNode(op));
        _position++;
    }

    private void PushClass(CharRange[] ranges) => _stack.Add(new RegexNode(RegexOp.Class) { Ranges = ranges });

    private void Literal(int rune)
    {
        var single = new CharClass().Add(rune, rune);
        if (FoldsCase)
        {
            for (var other = UnicodeTables.Instance.NextFold(rune); other != rune; other = UnicodeTables.Instance.NextFold(other))
            {
                single.Add(other, other);
            }
        }

        PushClass(single.ToArray());
    }

    private string Repeat(int before, int after, int min, int max)
    {
        if (after < _pattern.Length && _pattern[after] == '?')
        {
            after++;
        }

        if (_lastRepeat is not null)
        {
            // The earlier operator's text starts where its own repetition started.
            throw new RegexSyntaxException("invalid nested repetition operator", _pattern[(_pattern.Length - _lastRepeat.Length)..after]);
        }

        if (_stack.Count == 0 || _stack[^1].Op is RegexOp.LeftParen or RegexOp.Bar)
        {
            throw new RegexSyntaxException("missing argument to repetition operator", _pattern[before..after]);
        }

        var child = _stack[^1];
        var counted = min > 1 || max > 1;
        var factor = child.RepeatFactor * (counted ? Math.Max(min, max) : 1);
        if (counted && (long)child.RepeatFactor * Math.Max(min, max) > MaxRepeat)
        {
            throw new RegexSyntaxException("invalid repeat count", _pattern[before..after]);
        }

        _stack[^1] = Measured(new RegexNode(RegexOp.Repeat) { Children = [child], Min = min, Max = max, RepeatFactor = factor });
        _position = after;
        return _pattern[before..];
    }

    private string? CountedRepeat()
    {
        var before = _position;
        var i = before + 1;
        if (Number(ref i) is not { } min)
        {
            return Brace();
        }

        var max = min;
        if (i < _pattern.Length && _pattern[i] == ',')
        {
            i++;
            if (i < _pattern.Length && _pattern[i] == '}')
            {
                max = -1;
            }
            else if (Number(ref i) is { } upper)
            {
                max = upper;
            }
            else
            {
                return Brace();
            }
        }

        if (i >= _pattern.Length || _pattern[i] != '}')
        {
            return Brace();
        }

        i++;
        if (min > MaxRepeat || max > MaxRepeat || (max >= 0 && min > max))
        {
            throw new RegexSyntaxException("invalid repeat count", _pattern[before..i]);
        }

        return Repeat(before, i, min, max);
    }

    private string? Brace()
    {
        Literal('{');
        _position++;
        return null;
    }

    /// <summary>Decimal digits without a leading zero; a number too large for any count is one past the limit.</summary>
    private int? Number(ref int i)
    {
        var start = i;
        while (i < _pattern.Length && char.IsAsciiDigit(_pattern[i]))
        {
            i++;
        }

        if (i == start || (i - start > 1 && _pattern[start] == '0'))
        {
            return null;
        }

        return i - start > 8 ? MaxRepeat + 1 : int.Parse(_pattern.AsSpan(start, i - start), CultureInfo.InvariantCulture);
    }

    private void ParseBackslash()
    {
        switch (_position + 1 < _pattern.Length ? _pattern[_position + 1] : '\0')
        {
            case 'A':
                Escaped(RegexOp.BeginText);
                return;
            case 'z':
                Escaped(RegexOp.EndText);
                return;
            case 'b':
                Escaped(RegexOp.WordBoundary);
                return;
            case 'B':
                Escaped(RegexOp.NoWordBoundary);
                return;
            case 'C':
                throw new RegexSyntaxException("invalid escape sequence", "\\C");
            case 'Q':
                var end = _pattern.IndexOf("\\E", _position + 2, StringComparison.Ordinal);
                var stop = end < 0 ? _pattern.Length : end;
                for (_position += 2; _position < stop;)
                {
                    Literal(RegexClassParser.NextRune(_pattern, ref _position));
                }

                _position = end < 0 ? stop : end + 2;
                return;
        }

        var classes = new RegexClassParser(_pattern, FoldsCase);
        if (classes.ParseClassEscape(ref _position) is { } ranges)
        {
            PushClass(ranges);
        }
        else
        {
            Literal(classes.ParseEscape(ref _position));
        }
    }

    private void Escaped(RegexOp op)
    {
        _stack.Add(new RegexNode(op));
        _position += 2;
    }

    /// <summary>Joins everything since the last group or bar into one node.</summary>
    private void Concat()
    {
        var start = _stack.Count;
        while (start > 0 && _stack[start - 1].Op is not (RegexOp.LeftParen or RegexOp.Bar))
        {
            start--;
        }

        Collapse(start, RegexOp.Concat);
    }

    private void Alternate()
    {
        Concat();
        var start = _stack.Count - 1;
        while (start > 0 && _stack[start - 1].Op != RegexOp.LeftParen)
        {
            start--;
        }

        _stack.RemoveAll(n => n.Op == RegexOp.Bar, start);
        Collapse(start, RegexOp.Alternate);
    }

    private void Collapse(int start, RegexOp op)
    {
        var children = _stack.GetRange(start, _stack.Count - start);
        _stack.RemoveRange(start, children.Count);
        _stack.Add(children.Count switch
        {
            0 => new RegexNode(RegexOp.Empty),
            1 => children[0],
            _ => Measured(new RegexNode(op) { Children = children, RepeatFactor = children.Max(c => c.RepeatFactor) }),
        });
    }

    private RegexNode Measured(RegexNode node)
    {
        node.Height = 1 + node.Children.Max(c => c.Height);
        if (node.Height > MaxHeight)
        {
            throw new RegexSyntaxException("expression nests too deeply", _pattern);
        }

        var inner = node.Children.Sum(c => c.Size);
        node.Size = node.Op switch
        {
            RegexOp.Alternate => inner + node.Children.Count - 1,
            RegexOp.Repeat when node.Max < 0 => node.Min == 0 ? inner + 2 : (inner * node.Min) + 1,
            RegexOp.Repeat => (inner * node.Max) + node.Max - node.Min,
            _ => inner,
        };
        if (node.Size > RegexProgram.MaxInstructions)
        {
            throw new RegexSyntaxException("expression too large", _pattern);
        }

        return node;
    }
}

internal static class RegexStack
{
    public static void RemoveAll(this List<RegexNode> stack, Predicate<RegexNode> match, int start)
    {
        var kept = stack.GetRange(start, stack.Count - start).FindAll(n => !match(n));
        stack.RemoveRange(start, stack.Count - start);
        stack.AddRange(kept);
    }
}
