namespace OmniScale.Cel.Syntax.Antlr;

internal enum StateKind
{
    Basic, RuleStart, RuleStop, BlockStart, StarBlockStart, PlusBlockStart, BlockEnd, StarLoopEntry, StarLoopBack, PlusLoopBack, LoopEnd,
}

/// <summary>An edge of the network: one of nothing, a set of tokens, a call of a rule, or a condition on precedence.</summary>
internal sealed class Edge
{
    public required State Target { get; set; }

    public TokenSet Tokens { get; init; }

    /// <summary>Set for a call: where parsing goes on after the called rule.</summary>
    public State? Follow { get; set; }

    /// <summary>For a condition, the precedence that must not be exceeded; for a call, the one that is passed on.</summary>
    public int Precedence { get; init; }

    public bool IsCondition { get; init; }

    /// <summary>For an edge out of a rule: the precedence rule that was entered from outside of it.</summary>
    public RuleId? LeavesPrecedenceRule { get; init; }

    public bool ReadsToken => Tokens.Bits != 0;
}

/// <summary>A state of the network of transitions that a grammar amounts to.</summary>
internal sealed class State(int number, StateKind kind, RuleId rule)
{
    private TokenSet? _next;

    public int Number { get; } = number;

    public StateKind Kind { get; } = kind;

    public RuleId Rule { get; } = rule;

    public List<Edge> Edges { get; } = [];

    /// <summary>The loop over the operators of a left-recursive rule.</summary>
    public bool IsPrecedenceDecision { get; set; }

    /// <summary>For the start of a block.</summary>
    public State? BlockEnd { get; set; }

    public bool HasOnlySilentEdges => Edges.Count > 0 && Edges.TrueForAll(e => !e.ReadsToken);

    /// <summary>The tokens that may come next within the rule.</summary>
    public TokenSet NextTokens => _next ??= Look();

    private TokenSet Look()
    {
        var result = default(TokenSet);
        var seen = new HashSet<State>();
        var pending = new Stack<State>([this]);
        while (pending.TryPop(out var state))
        {
            if (!seen.Add(state))
            {
                continue;
            }

            if (state.Kind == StateKind.RuleStop)
            {
                result = result.Union(TokenSet.End);
                continue;
            }

            foreach (var edge in state.Edges)
            {
                if (edge.ReadsToken)
                {
                    result = result.Union(edge.Tokens);
                }
                else
                {
                    // No rule is empty, so what follows a call is never seen from here.
                    pending.Push(edge.Target);
                }
            }
        }

        return result;
    }
}
