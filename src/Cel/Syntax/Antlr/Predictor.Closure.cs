namespace OmniScale.Cel.Syntax.Antlr;

// Where the parser may be before it reads the next token.
internal sealed partial class Predictor
{
    /// <summary>Follows edges that read no token.</summary>
    private readonly struct Closure(Predictor owner, ConfigurationSet ways, bool knowsCallers, bool atEnd, int precedence)
    {
        private readonly HashSet<(State, int, CallStack, int, bool)> _busy = [];

        public void Follow(Configuration start, bool collectConditions, int depth)
        {
            var pending = new Stack<Configuration>([start]);
            while (pending.TryPop(out var way))
            {
                if (way.State.Kind != StateKind.RuleStop)
                {
                    FollowEdges(way, collectConditions, depth);
                    continue;
                }

                foreach (var (returnTo, below) in way.Stack.Entries)
                {
                    if (returnTo is not null)
                    {
                        // The condition is kept, but not the mark of a filtered way.
                        pending.Push(new Configuration(returnTo, way.Alternative, below!, way.Condition) { LeftRule = way.LeftRule });
                    }
                    else if (knowsCallers)
                    {
                        ways.Add(way.With(way.State, owner._stacks.Bottom));
                    }
                    else
                    {
                        FollowEdges(way, collectConditions, depth);
                    }
                }
            }
        }

        private void FollowEdges(Configuration way, bool collectConditions, int depth)
        {
            if (!way.State.HasOnlySilentEdges)
            {
                ways.Add(way);
            }

            for (var i = 0; i < way.State.Edges.Count; i++)
            {
                if (i == 0 && IsRepeatedLoopEntry(way))
                {
                    continue;
                }

                var edge = way.State.Edges[i];
                if (Cross(way, edge, collectConditions && depth == 0) is not { } next)
                {
                    continue;
                }

                var newDepth = depth;
                if (way.State.Kind == StateKind.RuleStop)
                {
                    next.Unfiltered |= owner._decision.IsPrecedenceDecision && edge.LeavesPrecedenceRule == owner._decision.Rule;
                    next.LeftRule++;
                    if (!IsNew(next))
                    {
                        continue;
                    }

                    newDepth--;
                }
                else if (edge.ReadsToken && !IsNew(next))
                {
                    continue;
                }
                else if (edge.Follow is not null && newDepth >= 0)
                {
                    newDepth++;
                }

                Follow(next, collectConditions, newDepth);
            }
        }

        private bool IsNew(Configuration way) => _busy.Add((way.State, way.Alternative, way.Stack, way.Condition, way.Unfiltered));

        private Configuration? Cross(Configuration way, Edge edge, bool inDecisionRule)
        {
            if (edge.ReadsToken)
            {
                // After the end of input, the end may be read again and again.
                return atEnd && edge.Tokens.Contains(TokenType.EndOfFile) ? way.With(edge.Target) : null;
            }

            if (edge.Follow is not null)
            {
                return way.With(edge.Target, owner._stacks.Push(way.Stack, edge.Follow));
            }

            if (!edge.IsCondition || !inDecisionRule)
            {
                return way.With(edge.Target);
            }

            return !knowsCallers ? way.With(edge.Target, condition: edge.Precedence)
                : edge.Precedence >= precedence ? way.With(edge.Target)
                : null;
        }

        /// <summary>
        /// Inside an operand of the same left-recursive rule, entering the loop again leads where returning and entering it there leads.
        /// </summary>
        private static bool IsRepeatedLoopEntry(Configuration way)
        {
            var state = way.State;
            if (!state.IsPrecedenceDecision || way.Stack.IsBottom || way.Stack.MayBeBottom)
            {
                return false;
            }

            var blockEnd = state.Edges[0].Target.BlockEnd;
            foreach (var (returnTo, _) in way.Stack.Entries)
            {
                if (returnTo!.Rule != state.Rule || returnTo.Edges.Count != 1 || returnTo.Edges[0].ReadsToken
                    || (returnTo != blockEnd && returnTo.Edges[0].Target != blockEnd))
                {
                    return false;
                }
            }

            return true;
        }
    }
}
