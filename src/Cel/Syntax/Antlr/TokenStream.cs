namespace OmniScale.Cel.Syntax.Antlr;

/// <summary>The tokens, read from the lexer only as far as the parser looks, so that lexical errors come in between its own.</summary>
internal sealed class TokenStream(SourceText source, Lexer lexer)
{
    /// <summary>All tokens, hidden ones included.</summary>
    private readonly List<Token> _tokens = [];

    /// <summary>The indexes of the tokens that the parser sees.</summary>
    private readonly List<int> _visible = [];

    private int _position;

    public Token Current => LookAhead(1);

    public Token LookAhead(int distance)
    {
        var index = _position + distance - 1;
        while (index >= _visible.Count && !(_visible.Count > 0 && _tokens[_visible[^1]].Type == TokenType.EndOfFile))
        {
            Fetch();
        }

        return _tokens[_visible[Math.Min(index, _visible.Count - 1)]];
    }

    public Token? Previous => _position > 0 ? _tokens[_visible[_position - 1]] : null;

    public int Position => _position;

    public void Advance()
    {
        if (Current.Type != TokenType.EndOfFile)
        {
            _position++;
            LookAhead(1);
        }
    }

    /// <summary>The text from the current token to the one at the distance, hidden tokens included, skipped characters not.</summary>
    public string TextTo(int distance)
    {
        LookAhead(distance);
        var last = _visible[Math.Min(_position + distance - 1, _visible.Count - 1)];
        return string.Concat(_tokens.Skip(_visible[_position]).Take(last - _visible[_position] + 1).Where(t => t.Type != TokenType.EndOfFile).Select(t => t.Text(source)));
    }

    private void Fetch()
    {
        var token = lexer.Next();
        if (token.Type is not (TokenType.Whitespace or TokenType.Comment))
        {
            _visible.Add(_tokens.Count);
        }

        _tokens.Add(token);
    }
}
