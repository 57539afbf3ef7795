namespace OmniScale.Cel.Syntax.Antlr;

internal enum ErrorKind
{
    Mismatch, NoViableAlternative, FailedCondition,
}

/// <summary>Why a rule was given up: the offending token, the text to quote, and where the parser stood.</summary>
internal sealed record RecognitionError(ErrorKind Kind, Token Token, string Text, State State, ParseNode Context);

/// <summary>Parsing ends here; the reason has been reported.</summary>
internal sealed class ParsingStopped : Exception;

/// <summary>ANTLR's default recovery from errors, with the limits that the reference implementation adds.</summary>
internal sealed partial class ReferenceParser
{
    private const int MaxRecoveries = 30;
    private const int MaxSkipped = 256;

    private readonly HashSet<State> _errorStates = [];
    private RecognitionError? _error;
    private bool _recovering;
    private int _errorPosition = -1;
    private int _recoveries;

    /// <summary>Tokens skipped in the present recovery; -1 outside of one.</summary>
    private int _skipped = -1;

    private void Consume()
    {
        if (_skipped >= 0 && _skipped++ >= MaxSkipped)
        {
            _errors.Report(SourceText.Nowhere, $"error recovery token lookahead limit exceeded: {MaxSkipped}");
            throw new ParsingStopped();
        }

        _tokens.Advance();
    }

    private void EndRecovery()
    {
        _recovering = false;
        _errorStates.Clear();
        _errorPosition = -1;
    }

    private void Report()
    {
        if (_recovering)
        {
            return;
        }

        _recovering = true;
        var error = _error!;
        SyntaxError(error.Token.Start, error.Kind switch
        {
            ErrorKind.Mismatch => $"mismatched input {Quote(Display(error.Token))} expecting {Expected(error.State, error.Context)}",
            ErrorKind.NoViableAlternative => $"no viable alternative at input {Quote(error.Text)}",
            _ => $"rule {char.ToLowerInvariant(error.Context.Rule.ToString()[0])}{error.Context.Rule.ToString()[1..]} failed predicate",
        });
    }

    private string Display(Token token) => token.Text(_source);

    private static string Quote(string text) =>
        $"'{text.Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal)}'";

    /// <summary>The tokens that could follow the state, with the rules that are being parsed taken into account.</summary>
    private static TokenSet Expected(State state, ParseNode? context)
    {
        var following = state.NextTokens;
        var result = following.WithoutEnd();
        for (; following.ReachesEnd && context?.Caller is { } caller; context = context.Parent)
        {
            following = caller.Edges[0].Follow!.NextTokens;
            result = result.Union(following.WithoutEnd());
        }

        return following.ReachesEnd ? result.Union(TokenSet.Of(TokenType.EndOfFile)) : result;
    }

    private void CountRecovery()
    {
        if (_recoveries++ == MaxRecoveries)
        {
            SyntaxError(_tokens.Current.Start, $"error recovery attempt limit exceeded: {MaxRecoveries}");
            throw new ParsingStopped();
        }
    }

    /// <summary>Skips tokens until one may follow the rule or any of its callers.</summary>
    private void Recover()
    {
        CountRecovery();
        _skipped = 0;
        if (_errorPosition == _tokens.Position && _errorStates.Contains(_state!))
        {
            // Nothing was skipped since the last error at this place.
            Consume();
        }

        _errorPosition = _tokens.Position;
        _errorStates.Add(_state!);
        SkipTo(RecoverySet());
        _skipped = -1;
    }

    private TokenSet RecoverySet()
    {
        var result = default(TokenSet);
        for (var context = _context; context?.Caller is { } caller; context = context.Parent)
        {
            result = result.Union(caller.Edges[0].Follow!.NextTokens);
        }

        return result.WithoutEnd();
    }

    private void SkipTo(TokenSet set)
    {
        while (_tokens.Current.Type != TokenType.EndOfFile && !set.Contains(_tokens.Current.Type))
        {
            Consume();
        }
    }

    /// <summary>Before a block or a round of a loop: is the next token possible here? A single wrong token is skipped.</summary>
    private bool Sync()
    {
        if (_recovering)
        {
            return true;
        }

        var next = _state!.NextTokens;
        if (next.ReachesEnd || next.Contains(_tokens.Current.Type))
        {
            return true;
        }

        switch (_state.Kind)
        {
            case StateKind.BlockStart or StateKind.StarBlockStart or StateKind.PlusBlockStart or StateKind.StarLoopEntry:
                if (DeleteToken())
                {
                    return true;
                }

                _error = new RecognitionError(ErrorKind.Mismatch, _tokens.Current, "", _state, _context!);
                return false;
            case StateKind.PlusLoopBack or StateKind.StarLoopBack:
                ReportUnwanted();
                SkipTo(Expected(_state, _context).Union(RecoverySet()));
                return true;
            default:
                return true;
        }
    }

    private void ReportUnwanted()
    {
        if (!_recovering)
        {
            _recovering = true;
            SyntaxError(_tokens.Current.Start, $"extraneous input {Quote(Display(_tokens.Current))} expecting {Expected(_state!, _context)}");
        }
    }

    /// <summary>Skips the current token when the one after it is expected.</summary>
    private bool DeleteToken()
    {
        if (!Expected(_state!, _context).Contains(_tokens.LookAhead(2).Type))
        {
            return false;
        }

        ReportUnwanted();
        Consume();
        EndRecovery();
        return true;
    }

    /// <summary>In place of a token that does not match: the next one, or one made up, or null with the error set.</summary>
    private Token? RecoverInline()
    {
        CountRecovery();
        _skipped = 0;
        try
        {
            if (DeleteToken())
            {
                var matched = _tokens.Current;
                Consume();
                return matched;
            }

            if (Expected(_state!.Edges[0].Target, _context).Contains(_tokens.Current.Type))
            {
                return MakeUpToken();
            }
        }
        finally
        {
            _skipped = -1;
        }

        _error = new RecognitionError(ErrorKind.Mismatch, _tokens.Current, "", _state, _context!);
        return null;
    }

    private Token MakeUpToken()
    {
        var expected = Expected(_state!, _context);
        if (!_recovering)
        {
            _recovering = true;
            SyntaxError(_tokens.Current.Start, $"missing {expected} at {Quote(Display(_tokens.Current))}");
        }

        var type = expected.Types.First();
        var place = _tokens.Current.Type == TokenType.EndOfFile && _tokens.Previous is { } previous ? previous : _tokens.Current;
        return new Token(type, place.Start, place.Start, TokenNames.Missing(type));
    }
}
