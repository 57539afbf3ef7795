using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace OmniScale.Cel.Syntax.Antlr;

/// <summary>
/// Parses as the reference implementation's generated parser does, error recovery included, so that wrong input is reported with the
/// same words at the same places. It is slow, and only used where <see cref="FastParser"/> gives up.
/// </summary>
internal sealed partial class ReferenceParser : IPredictionInput
{
    /// <summary>How deep calls of the same rule may nest.</summary>
    private const int MaxRuleDepth = 250;

    private const int MaxSyntaxErrors = 100;

    /// <summary>What predictors remember is bounded by throwing them away.</summary>
    private const int MaxPredictorSize = 20_000;

    private const int LargeStack = 16 << 20;

    private static readonly Rule[] Rules = NetworkBuilder.Build();
    private static readonly ConcurrentBag<Predictor> Predictors = [];

    private readonly SourceText _source;
    private readonly ErrorList _errors;
    private readonly TokenStream _tokens;
    private readonly Predictor _predictor;
    private readonly Stack<int> _precedences = new([0]);
    private readonly int[] _depths = new int[Rules.Length];
    private State? _state;
    private ParseNode? _context;
    private int _syntaxErrors;

    private ReferenceParser(SourceText source, ErrorList errors, Predictor predictor)
    {
        _source = source;
        _errors = errors;
        _predictor = predictor;
        _tokens = new TokenStream(source, new Lexer(source) { OnError = SyntaxError });
    }

    /// <summary>Null when parsing stopped for good; then there are errors.</summary>
    public static CelExpr? Parse(SourceText source, ErrorList errors)
    {
        try
        {
            return ParseHere(source, errors);
        }
        catch (InsufficientExecutionStackException)
        {
            // The limits on nesting allow for more than the stack of some threads.
            CelExpr? result = null;
            errors.Clear();
            var thread = new Thread(() => result = ParseHere(source, errors), LargeStack);
            thread.Start();
            thread.Join();
            return result;
        }
    }

    private static CelExpr? ParseHere(SourceText source, ErrorList errors)
    {
        var predictor = Predictors.TryTake(out var pooled) ? pooled : new Predictor();
        try
        {
            var tree = new ReferenceParser(source, errors, predictor).Call(RuleId.Start, 0);
            return new TreeVisitor(source, errors).Build(tree);
        }
        catch (ParsingStopped)
        {
            return null;
        }
        finally
        {
            if (predictor.Size < MaxPredictorSize)
            {
                Predictors.Add(predictor);
            }
        }
    }

    int IPredictionInput.Precedence => _precedences.Peek();

    TokenType IPredictionInput.LookAhead(int distance) => _tokens.LookAhead(distance).Type;

    CallStack IPredictionInput.Callers(CallStack.Factory stacks)
    {
        var callers = new Stack<State>();
        for (var context = _context; context?.Caller is { } caller; context = context.Parent)
        {
            callers.Push(caller.Edges[0].Follow!);
        }

        var result = stacks.Bottom;
        foreach (var caller in callers)
        {
            result = stacks.Push(result, caller);
        }

        return result;
    }

    private void SyntaxError(int offset, string message)
    {
        const string reserved = "no viable alternative at input '";
        if (message.StartsWith(reserved, StringComparison.Ordinal) && message[(reserved.Length + 1)..].TrimEnd('\'') is "true" or "false" or "null")
        {
            message = $"mismatched input '{message[(reserved.Length + 1)..].TrimEnd('\'')}' expecting IDENTIFIER";
        }

        if (_syntaxErrors++ >= MaxSyntaxErrors)
        {
            _errors.Report(offset, $"Syntax error: More than {MaxSyntaxErrors} syntax errors");
            throw new ParsingStopped();
        }

        _errors.Report(offset, "Syntax error: " + message);
    }

    private ParseNode Call(RuleId id, int precedence)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var rule = Rules[(int)id];
        var node = new ParseNode(id, _context, _state, _tokens.Current);
        var parent = _context;
        var caller = _state;
        _state = rule.Start;
        _context = node;
        if (rule.Operators is not null)
        {
            _precedences.Push(precedence);
        }

        Enter(id);
        if (!Parse(rule.Body) || (rule.Operators is not null && !ParseOperators(rule, ref node)))
        {
            Report();
            Recover();
            _error = null;
        }

        if (rule.Operators is not null)
        {
            _precedences.Pop();
        }
        else
        {
            _state = caller;
        }

        _depths[(int)id]--;
        _context = parent;
        return node;
    }

    private void Enter(RuleId id)
    {
        if (++_depths[(int)id] > MaxRuleDepth)
        {
            _errors.Report(SourceText.Nowhere, $"expression recursion limit exceeded: {MaxRuleDepth}");
            throw new ParsingStopped();
        }
    }

    /// <summary>The loop over the operators of a left-recursive rule. What was parsed so far becomes the left part of a new node.</summary>
    private bool ParseOperators(Rule rule, ref ParseNode node)
    {
        _state = rule.LoopEntry;
        while (true)
        {
            if (!Sync() || Predict(rule.LoopEntry) is not (> 0 and var choice))
            {
                return false;
            }

            if (choice == 2)
            {
                return true;
            }

            var operators = rule.Operators!;
            var alternative = 1;
            if (operators.Alternatives.Length > 1)
            {
                _state = operators.Entry;
                if (!Sync() || (alternative = Predict(operators.Entry)) == 0)
                {
                    return false;
                }
            }

            var outer = new ParseNode(node.Rule, node.Parent, node.Caller, node.Start) { Alternative = alternative };
            outer.Add("left", node);
            _context = node = outer;
            var body = (SequenceElement)operators.Alternatives[alternative - 1];
            _state = body.Entry;
            if (body.Precedence < _precedences.Peek())
            {
                _error = new RecognitionError(ErrorKind.FailedCondition, _tokens.Current, "", _state, _context);
                return false;
            }

            if (!Parse(body))
            {
                return false;
            }

            _state = rule.LoopBack;
        }
    }

    /// <summary>False when the rule has to be given up; the error is then set.</summary>
    private bool Parse(Element element)
    {
        switch (element)
        {
            case TokenElement token:
                return ParseToken(token);
            case RuleElement call:
                _state = call.Entry;
                _context!.Add(call.Label, Call(call.Rule, call.Precedence));
                return true;
            case SequenceElement sequence:
                foreach (var part in sequence.Parts)
                {
                    if (!Parse(part))
                    {
                        return false;
                    }
                }

                return true;
            case OptionalElement optional:
                _state = optional.Entry;
                return Sync() && (!Starts(optional.Body) || Parse(optional.Body));
            case LoopElement loop:
                return ParseLoop(loop);
            default:
                return ParseChoice((ChoiceElement)element);
        }
    }

    private bool Starts(Element element) => element.Entry.NextTokens.Contains(_tokens.Current.Type);

    private bool ParseToken(TokenElement element)
    {
        _state = element.Entry;
        var token = _tokens.Current;
        if (Array.IndexOf(element.Types, token.Type) >= 0)
        {
            EndRecovery();
            Consume();
        }
        else if (RecoverInline() is { } recovered)
        {
            token = recovered;
        }
        else
        {
            return false;
        }

        _context!.Add(element.Label, token);
        return true;
    }

    private bool ParseLoop(LoopElement loop)
    {
        _state = loop.Entry;
        if (!Sync())
        {
            return false;
        }

        var enters = loop.AtLeastOnce;
        while (enters || Goes(loop, _state) is 1)
        {
            enters = false;
            if (!Parse(loop.Body))
            {
                return false;
            }

            _state = loop.LoopBack;
            if (!Sync())
            {
                return false;
            }
        }

        return _error is null;
    }

    /// <summary>1 for another round, 2 for the end of the loop, 0 for an error.</summary>
    private int Goes(LoopElement loop, State at) =>
        !loop.Adaptive ? Starts(loop.Body) ? 1 : 2
        : Predict(loop.AtLeastOnce ? loop.LoopBack : loop.Entry, at);

    private bool ParseChoice(ChoiceElement choice)
    {
        _state = choice.Entry;
        if (!Sync())
        {
            return false;
        }

        var alternative = choice.Adaptive ? Predict(choice.Entry) : 1 + Array.FindIndex(choice.Alternatives, Starts);
        if (alternative == 0)
        {
            _error ??= new RecognitionError(ErrorKind.NoViableAlternative, _tokens.Current, _tokens.TextTo(1), _state, _context!);
            return false;
        }

        _context!.Alternative = alternative;
        return Parse(choice.Alternatives[alternative - 1]);
    }

    /// <summary>The chosen alternative, or 0 with the error set.</summary>
    private int Predict(State decision, State? at = null)
    {
        var alternative = _predictor.Predict(decision, this, out var failedAt);
        if (alternative == 0)
        {
            var text = _tokens.Current.Type == TokenType.EndOfFile ? "<EOF>" : _tokens.TextTo(failedAt);
            _error = new RecognitionError(ErrorKind.NoViableAlternative, _tokens.LookAhead(failedAt), text, at ?? _state!, _context!);
        }

        return alternative;
    }
}
