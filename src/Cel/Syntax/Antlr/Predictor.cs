using System.Numerics;

namespace OmniScale.Cel.Syntax.Antlr;

/// <summary>What the predictor needs to know of the parser.</summary>
internal interface IPredictionInput
{
    /// <summary>The type of the token that many places ahead, counting from 1.</summary>
    TokenType LookAhead(int distance);

    int Precedence { get; }

    /// <summary>The stack of rules that are being parsed.</summary>
    CallStack Callers(CallStack.Factory stacks);
}

/// <summary>
/// Chooses between alternatives by following all of them through the network as far ahead as it takes: first with an unknown caller,
/// remembering the outcome, then, if that leaves a conflict, with the real one. This is ANTLR 4's adaptive prediction; which alternative
/// it takes for wrong input, and how far it looks before it gives up, decides how the error is reported.
/// </summary>
internal sealed partial class Predictor
{
    private readonly CallStack.Factory _stacks = new();
    private readonly Dictionary<(State, int), LookAheadState> _starts = [];
    private readonly Dictionary<(State, string), LookAheadState> _states = [];
    private State _decision = null!;

    /// <summary>How much has been remembered.</summary>
    public int Size => _stacks.Count + _states.Count;

    /// <summary>The alternative, counting from 1; or 0 with the distance of the token at which all alternatives failed.</summary>
    public int Predict(State decision, IPredictionInput input, out int failedAt)
    {
        _decision = decision;
        failedAt = 1;
        var current = Start(input);
        for (var distance = 1; ; distance++)
        {
            var token = input.LookAhead(distance);
            if (!current.Next.TryGetValue(token, out var target))
            {
                current.Next[token] = target = Step(current, token);
            }

            if (target is null)
            {
                failedAt = distance;
                return FinishedAlternative(current.Ways, input.Precedence);
            }

            if (target.Conflict)
            {
                var possible = target.Conditions is null ? 0 : Allowed(target.Conditions, input.Precedence);
                return BitOperations.PopCount((uint)possible) == 1 ? Lowest(possible) : PredictWithCallers(input, out failedAt);
            }

            if (target.Alternative != 0)
            {
                return target.Conditions is null ? target.Alternative : Lowest(Allowed(target.Conditions, input.Precedence));
            }

            current = target;
        }
    }

    private sealed class LookAheadState(ConfigurationSet ways)
    {
        public ConfigurationSet Ways { get; } = ways;

        public Dictionary<TokenType, LookAheadState?> Next { get; } = [];

        public int Alternative { get; init; }

        public bool Conflict { get; init; }

        /// <summary>Alternatives with the precedence that they depend on.</summary>
        public List<(int Alternative, int Condition)>? Conditions { get; init; }
    }

    private LookAheadState Start(IPredictionInput input)
    {
        var key = (_decision, _decision.IsPrecedenceDecision ? input.Precedence : -1);
        if (_starts.TryGetValue(key, out var start))
        {
            return start;
        }

        var ways = StartWays(_stacks.Bottom, knowsCallers: false, input.Precedence);
        return _starts[key] = Remember(new LookAheadState(_decision.IsPrecedenceDecision ? FilterByPrecedence(ways, input.Precedence) : ways));
    }

    private LookAheadState Remember(LookAheadState state)
    {
        var key = (_decision, state.Ways.Key);
        return _states.TryGetValue(key, out var known) ? known : _states[key] = state;
    }

    private ConfigurationSet StartWays(CallStack callers, bool knowsCallers, int precedence)
    {
        var ways = new ConfigurationSet(_stacks, knowsCallers);
        for (var i = 0; i < _decision.Edges.Count; i++)
        {
            new Closure(this, ways, knowsCallers, atEnd: false, precedence)
                .Follow(new Configuration(_decision.Edges[i].Target, i + 1, callers), collectConditions: true, depth: 0);
        }

        return ways;
    }

    private LookAheadState? Step(LookAheadState from, TokenType token)
    {
        if (Reach(from.Ways, token, knowsCallers: false, 0) is not { } reached)
        {
            return null;
        }

        var unique = reached.UniqueAlternative;
        var conflict = unique == 0 && reached.Conflicts;
        var conditions = (unique != 0 || conflict) && reached.HasConditions ? Conditions(reached) : null;
        return Remember(new LookAheadState(reached) { Alternative = unique, Conflict = conflict, Conditions = conditions });
    }

    /// <summary>An alternative that can also be reached without a condition has none.</summary>
    private static List<(int, int)> Conditions(ConfigurationSet ways) =>
        [.. ways.Items.GroupBy(w => w.Alternative).Select(g => (g.Key, g.Any(w => w.Condition == 0) ? 0 : g.Max(w => w.Condition)))];

    private static int Allowed(List<(int Alternative, int Condition)> conditions, int precedence) =>
        conditions.Where(c => c.Condition == 0 || c.Condition >= precedence).Aggregate(0, (bits, c) => bits | (1 << c.Alternative));

    private static int Lowest(int alternatives) => alternatives == 0 ? 0 : BitOperations.TrailingZeroCount(alternatives);

    private int PredictWithCallers(IPredictionInput input, out int failedAt)
    {
        // ANTLR's Go runtime goes back to the start before it looks for the token to blame.
        failedAt = 1;
        var ways = StartWays(input.Callers(_stacks), knowsCallers: true, input.Precedence);
        for (var distance = 1; ; distance++)
        {
            if (Reach(ways, input.LookAhead(distance), knowsCallers: true, input.Precedence) is not { } reached)
            {
                return FinishedAlternative(ways, input.Precedence);
            }

            var unique = reached.UniqueAlternative;
            if (unique != 0)
            {
                return unique;
            }

            var lowest = reached.AlternativesByPlace().Select(Lowest).Distinct().ToList();
            if (lowest.Count == 1)
            {
                return lowest[0];
            }

            ways = reached;
        }
    }

    /// <summary>
    /// When everything failed: the first alternative that got to the end of the rule, so that the error is reported by what comes after
    /// it; 0 if there is none.
    /// </summary>
    private static int FinishedAlternative(ConfigurationSet ways, int precedence)
    {
        var finished = ways.Items.FindAll(w => w.LeftRule > 0 || (w.State.Kind == StateKind.RuleStop && w.Stack.MayBeBottom));
        var allowed = finished.FindAll(w => w.Condition == 0 || w.Condition >= precedence);
        return allowed.Count > 0 ? allowed.Min(w => w.Alternative) : finished.Count > 0 ? finished.Min(w => w.Alternative) : 0;
    }

    private ConfigurationSet? Reach(ConfigurationSet from, TokenType token, bool knowsCallers, int precedence)
    {
        var moved = new ConfigurationSet(_stacks, knowsCallers);
        List<Configuration>? stopped = null;
        foreach (var way in from.Items)
        {
            if (way.State.Kind == StateKind.RuleStop)
            {
                if (knowsCallers || token == TokenType.EndOfFile)
                {
                    (stopped ??= []).Add(way);
                }

                continue;
            }

            foreach (var edge in way.State.Edges)
            {
                if (edge.Tokens.Contains(token))
                {
                    moved.Add(way.With(edge.Target));
                }
            }
        }

        var atEnd = token == TokenType.EndOfFile;
        var reached = moved;
        if (stopped is not null || atEnd || (moved.Items.Count != 1 && (moved.Items.Count == 0 || moved.UniqueAlternative == 0)))
        {
            reached = new ConfigurationSet(_stacks, knowsCallers);
            var closure = new Closure(this, reached, knowsCallers, atEnd, precedence);
            foreach (var way in moved.Items)
            {
                closure.Follow(way, collectConditions: false, depth: 0);
            }
        }

        if (atEnd && !reached.AllStopped)
        {
            var ended = new ConfigurationSet(_stacks, knowsCallers);
            foreach (var way in reached.Items.Where(w => w.State.Kind == StateKind.RuleStop))
            {
                ended.Add(way);
            }

            reached = ended;
        }

        if (stopped is not null && (!knowsCallers || !reached.Items.Exists(w => w.State.Kind == StateKind.RuleStop)))
        {
            stopped.ForEach(reached.Add);
        }

        return reached.Items.Count == 0 ? null : reached;
    }

    /// <summary>
    /// Drops ways whose precedence is too low, and, of ways out of the loop, those that a way into the loop also reaches.
    /// </summary>
    private ConfigurationSet FilterByPrecedence(ConfigurationSet ways, int precedence)
    {
        var result = new ConfigurationSet(_stacks, knowsCallers: false);
        var inLoop = new Dictionary<State, CallStack>();
        foreach (var way in ways.Items.Where(w => w.Alternative == 1 && (w.Condition == 0 || w.Condition >= precedence)))
        {
            inLoop[way.State] = way.Stack;
            result.Add(way.With(way.State, condition: 0));
        }

        foreach (var way in ways.Items.Where(w => w.Alternative != 1))
        {
            if (way.Unfiltered || inLoop.GetValueOrDefault(way.State) != way.Stack)
            {
                result.Add(way);
            }
        }

        return result;
    }
}
