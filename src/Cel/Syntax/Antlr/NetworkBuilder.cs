namespace OmniScale.Cel.Syntax.Antlr;

/// <summary>Builds the network of states for the grammar, with the states where the parser generator puts them.</summary>
internal sealed class NetworkBuilder
{
    private readonly Rule[] _rules = Grammar.Create();
    private readonly List<State> _states = [];
    private RuleId _rule;

    private NetworkBuilder()
    {
        for (var i = 0; i < _rules.Length; i++)
        {
            _rule = (RuleId)i;
            _rules[i].Start = New(StateKind.RuleStart);
            _rules[i].Stop = New(StateKind.RuleStop);
        }

        for (var i = 0; i < _rules.Length; i++)
        {
            _rule = (RuleId)i;
            Build(_rules[i]);
        }

        foreach (var call in _states.SelectMany(s => s.Edges).Where(e => e.Follow is not null).ToList())
        {
            var called = _rules[(int)call.Target.Rule];
            called.Stop.Edges.Add(new Edge
            {
                Target = call.Follow!,
                LeavesPrecedenceRule = called.Operators is not null && call.Precedence == 0 ? call.Target.Rule : null,
            });
        }
    }

    public static Rule[] Build() => new NetworkBuilder()._rules;

    private State New(StateKind kind)
    {
        var state = new State(_states.Count, kind, _rule);
        _states.Add(state);
        return state;
    }

    private static void Link(State from, State to) => from.Edges.Add(new Edge { Target = to });

    private void Build(Rule rule)
    {
        var (left, right) = Build(rule.Body);
        Link(rule.Start, left);
        if (rule.Operators is { } operators)
        {
            var (entry, end, back) = Loop(operators, StateKind.StarBlockStart, out var block);
            operators.Entry = block;
            entry.IsPrecedenceDecision = true;
            rule.LoopEntry = entry;
            rule.LoopBack = back;
            Link(right, entry);
            right = end;
        }

        Link(right, rule.Stop);
    }

    private (State Left, State Right) Build(Element element)
    {
        State left;
        State right;
        switch (element)
        {
            case TokenElement token:
                (left, right) = (New(StateKind.Basic), New(StateKind.Basic));
                left.Edges.Add(new Edge { Target = right, Tokens = TokenSet.Of(token.Types) });
                break;
            case RuleElement call:
                (left, right) = (New(StateKind.Basic), New(StateKind.Basic));
                left.Edges.Add(new Edge { Target = _rules[(int)call.Rule].Start, Follow = right, Precedence = call.Precedence });
                break;
            case SequenceElement sequence:
                (left, right) = BuildSequence(sequence);
                break;
            case OptionalElement optional:
                (left, right) = Block(StateKind.BlockStart, optional.Body);
                Link(left, right);
                break;
            case ChoiceElement choice:
                (left, right) = Block(StateKind.BlockStart, choice.Alternatives);
                break;
            case LoopElement { AtLeastOnce: true } loop:
                (left, var blockEnd) = Block(StateKind.PlusBlockStart, loop.Body);
                loop.LoopBack = New(StateKind.PlusLoopBack);
                right = New(StateKind.LoopEnd);
                Link(blockEnd, loop.LoopBack);
                Link(loop.LoopBack, left);
                Link(loop.LoopBack, right);
                break;
            default:
                var many = (LoopElement)element;
                (left, right, many.LoopBack) = Loop(many.Body, StateKind.StarBlockStart, out _);
                break;
        }

        element.Entry = left;
        return (left, right);
    }

    private (State Left, State Right) BuildSequence(SequenceElement sequence)
    {
        State? left = null;
        State? right = null;
        if (sequence.Precedence > 0)
        {
            (left, right) = (New(StateKind.Basic), New(StateKind.Basic));
            left.Edges.Add(new Edge { Target = right, IsCondition = true, Precedence = sequence.Precedence });
        }

        foreach (var part in sequence.Parts)
        {
            var (partLeft, partRight) = Build(part);
            if (right is not null)
            {
                Link(right, partLeft);
            }

            left ??= partLeft;
            right = partRight;
        }

        return (left!, right!);
    }

    private (State Left, State Right) Block(StateKind kind, params Element[] alternatives)
    {
        var start = New(kind);
        var end = New(StateKind.BlockEnd);
        start.BlockEnd = end;
        foreach (var alternative in alternatives)
        {
            var (left, right) = Build(alternative);
            Link(start, left);
            LinkToEnd(alternative, right, end);
        }

        return (start, end);
    }

    /// <summary>
    /// The parser generator lets the last token or call of an alternative lead to the block's end at once. Calls at the ends of different
    /// alternatives then return to the same state, which is what makes some predictions ambiguous, and so decided early.
    /// </summary>
    private static void LinkToEnd(Element alternative, State right, State end)
    {
        var last = alternative is SequenceElement sequence ? sequence.Parts[^1] : alternative;
        if (last is not (TokenElement or RuleElement))
        {
            Link(right, end);
            return;
        }

        var edge = last.Entry.Edges[0];
        if (edge.Follow is null)
        {
            edge.Target = end;
        }
        else
        {
            edge.Follow = end;
        }
    }

    private (State Entry, State End, State Back) Loop(Element body, StateKind blockKind, out State block)
    {
        var entry = New(StateKind.StarLoopEntry);
        var (start, blockEnd) = Block(blockKind, body is ChoiceElement choice ? choice.Alternatives : [body]);
        var back = New(StateKind.StarLoopBack);
        var end = New(StateKind.LoopEnd);
        Link(entry, start);
        Link(entry, end);
        Link(blockEnd, back);
        Link(back, entry);
        block = start;
        return (entry, end, back);
    }
}
