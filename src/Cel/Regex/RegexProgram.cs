using System.Runtime.InteropServices;
using System.Text;

namespace OmniScale.Cel.Regex;

/// <summary>
/// A regular expression compiled to a non-deterministic automaton over code points. Matching is unanchored and takes time proportional
/// to the text's length times the program's, whatever the pattern.
/// </summary>
internal sealed class RegexProgram
{
    /// <summary>Go's limit on compiled size.</summary>
    public const int MaxInstructions = (128 << 20) / 40;

    private readonly List<Instruction> _code = [];
    private readonly int _start;

    private RegexProgram(string pattern)
    {
        var match = Emit(new Instruction(Code.Match, 0, 0, null));
        _start = Compile(RegexParser.Parse(pattern), match);
    }

    /// <summary>Throws <see cref="RegexSyntaxException"/>.</summary>
    public static RegexProgram Compile(string pattern) => new(pattern);

    public int Size => _code.Count;

    private enum Code : byte
    {
        Match, Chars, Split, BeginText, EndText, BeginLine, EndLine, WordBoundary, NoWordBoundary,
    }

    private readonly record struct Instruction(Code Code, int Next, int Other, CharRange[]? Ranges);

    private int Emit(Instruction instruction)
    {
        _code.Add(instruction);
        return _code.Count - 1;
    }

    /// <summary>Compiles the node so that it continues at <paramref name="next"/>, and returns where it starts.</summary>
    private int Compile(RegexNode node, int next)
    {
        switch (node.Op)
        {
            case RegexOp.Empty:
                return next;
            case RegexOp.Class:
                return Emit(new Instruction(Code.Chars, next, 0, node.Ranges));
            case RegexOp.Concat:
                for (var i = node.Children.Count - 1; i >= 0; i--)
                {
                    next = Compile(node.Children[i], next);
                }

                return next;
            case RegexOp.Alternate:
                var start = Compile(node.Children[^1], next);
                for (var i = node.Children.Count - 2; i >= 0; i--)
                {
                    start = Emit(new Instruction(Code.Split, Compile(node.Children[i], next), start, null));
                }

                return start;
            case RegexOp.Repeat:
                return CompileRepeat(node, next);
            default:
                return Emit(new Instruction((Code)((int)Code.BeginText + (node.Op - RegexOp.BeginText)), next, 0, null));
        }
    }

    private int CompileRepeat(RegexNode node, int next)
    {
        var child = node.Children[0];
        if (node.Max < 0)
        {
            var loop = Emit(new Instruction(Code.Split, 0, next, null));
            var body = Compile(child, loop);
            _code[loop] = new Instruction(Code.Split, body, next, null);
            next = node.Min == 0 ? loop : body;
            for (var i = 1; i < node.Min; i++)
            {
                next = Compile(child, next);
            }

            return next;
        }

        var end = next;
        for (var i = node.Min; i < node.Max; i++)
        {
            next = Emit(new Instruction(Code.Split, Compile(child, next), end, null));
        }

        for (var i = 0; i < node.Min; i++)
        {
            next = Compile(child, next);
        }

        return next;
    }

    /// <summary>Takes work off the budget; a negative budget means that the answer was not reached.</summary>
    public bool IsMatch(string text, ref long budget)
    {
        var code = CollectionsMarshal.AsSpan(_code);
        var current = new Threads(code.Length);
        var following = new Threads(code.Length);
        var previous = -1;
        var position = 0;
        while (true)
        {
            var width = 0;
            var rune = -1;
            if (position < text.Length)
            {
                Rune.DecodeFromUtf16(text.AsSpan(position), out var decoded, out width);
                rune = decoded.Value;
            }

            // A match may begin anywhere.
            if (Follow(code, current, previous, rune))
            {
                return true;
            }

            budget -= 1 + (current.Count / 4);
            if (rune < 0 || budget < 0)
            {
                return false;
            }

            following.Clear();
            foreach (var index in current.Items)
            {
                ref readonly var instruction = ref code[index];
                if (instruction.Code == Code.Chars && Matches(instruction.Ranges!, rune))
                {
                    following.Pending.Push(instruction.Next);
                }
            }

            (current, following) = (following, current);
            previous = rune;
            position += width;
        }
    }

    private static bool Matches(CharRange[] ranges, int rune) =>
        ranges.Length == 1 ? rune >= ranges[0].Low && rune <= ranges[0].High : CharClass.Contains(ranges, rune);

    /// <summary>Adds the start and everything reachable without reading; true when that includes the match.</summary>
    private bool Follow(ReadOnlySpan<Instruction> code, Threads threads, int previous, int next)
    {
        threads.Pending.Push(_start);
        while (threads.Pending.TryPop(out var index))
        {
            if (!threads.Add(index))
            {
                continue;
            }

            ref readonly var instruction = ref code[index];
            var passes = instruction.Code switch
            {
                Code.BeginText => previous < 0,
                Code.EndText => next < 0,
                Code.BeginLine => previous is < 0 or '\n',
                Code.EndLine => next is < 0 or '\n',
                Code.WordBoundary => IsWord(previous) != IsWord(next),
                Code.NoWordBoundary => IsWord(previous) == IsWord(next),
                Code.Split => true,
                _ => false,
            };
            if (instruction.Code == Code.Match)
            {
                return true;
            }

            if (passes)
            {
                if (instruction.Code == Code.Split)
                {
                    threads.Pending.Push(instruction.Other);
                }

                threads.Pending.Push(instruction.Next);
            }
        }

        return false;
    }

    private static bool IsWord(int rune) => rune is >= '0' and <= '9' or >= 'A' and <= 'Z' or '_' or >= 'a' and <= 'z';

    /// <summary>A set of instructions that is cleared in no time.</summary>
    private sealed class Threads(int capacity)
    {
        private readonly int[] _dense = new int[capacity];
        private readonly int[] _sparse = new int[capacity];

        public Stack<int> Pending { get; } = new();

        public int Count { get; private set; }

        public ReadOnlySpan<int> Items => _dense.AsSpan(0, Count);

        public bool Add(int index)
        {
            var slot = _sparse[index];
            if (slot < Count && _dense[slot] == index)
            {
                return false;
            }

            _sparse[index] = Count;
            _dense[Count++] = index;
            return true;
        }

        public void Clear() => Count = 0;
    }
}
