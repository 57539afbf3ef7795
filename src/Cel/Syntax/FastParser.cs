namespace OmniScale.Cel.Syntax;

/// <summary>
/// Recursive descent over the whole grammar but message literals and optional syntax. It gives up at the first sign of trouble, and
/// the caller then runs <see cref="Antlr.ReferenceParser"/>, which knows how every error is reported.
/// </summary>
internal sealed class FastParser
{
    /// <summary>Deeper nesting goes to the reference parser, which counts rule by rule.</summary>
    private const int MaxNesting = 80;

    private readonly List<Token> _tokens = [];
    private readonly AstBuilder _build;
    private int _position;
    private int _nesting;
    private bool _failed;

    private FastParser(SourceText source, AstBuilder build)
    {
        _build = build;
        var lexer = new Lexer(source);
        Token token;
        do
        {
            token = lexer.Next();
            if (token.Type is not (TokenType.Whitespace or TokenType.Comment))
            {
                _tokens.Add(token);
            }
        }
        while (token.Type is not (TokenType.EndOfFile or TokenType.Invalid));
    }

    public static CelExpr? Parse(SourceText source)
    {
        var errors = new ErrorList(source);
        var parser = new FastParser(source, new AstBuilder(source, errors));
        if (parser._tokens[^1].Type == TokenType.Invalid)
        {
            return null;
        }

        var expr = parser.Expr();
        return parser._failed || parser.Peek != TokenType.EndOfFile || errors.Count > 0 || expr.Height > AstBuilder.MaxHeight ? null : expr;
    }

    private TokenType Peek => _tokens[_position].Type;

    private Token Take() => _tokens[_position++];

    private CelErrorExpr Fail()
    {
        _failed = true;
        _position = _tokens.Count - 1;
        return new CelErrorExpr(SourceText.NoOffset);
    }

    private Token Expect(TokenType type)
    {
        if (Peek == type)
        {
            return Take();
        }

        Fail();
        return default;
    }

    private CelExpr Expr()
    {
        if (++_nesting > MaxNesting)
        {
            return Fail();
        }

        var result = Or();
        if (Peek == TokenType.Question)
        {
            var sign = Take().Start;
            var yes = Or();
            Expect(TokenType.Colon);
            var no = _failed ? yes : Expr();
            result = AstBuilder.Conditional(sign, result, yes, no);
        }

        _nesting--;
        return result;
    }

    private CelExpr Or()
    {
        var first = And();
        if (Peek != TokenType.Or)
        {
            return first;
        }

        List<CelExpr> terms = [first];
        List<int> signs = [];
        while (Peek == TokenType.Or)
        {
            signs.Add(Take().Start);
            terms.Add(And());
        }

        return AstBuilder.Logic(Operators.Or, terms, signs);
    }

    private CelExpr And()
    {
        var first = Relation();
        if (Peek != TokenType.And)
        {
            return first;
        }

        List<CelExpr> terms = [first];
        List<int> signs = [];
        while (Peek == TokenType.And)
        {
            signs.Add(Take().Start);
            terms.Add(Relation());
        }

        return AstBuilder.Logic(Operators.And, terms, signs);
    }

    private CelExpr Relation()
    {
        var left = Sum();
        while (Peek is >= TokenType.Equal and <= TokenType.Greater)
        {
            var sign = Take();
            left = AstBuilder.Binary(sign.Start, Operators.Binary(sign.Type)!, left, Sum());
        }

        return left;
    }

    private CelExpr Sum()
    {
        var left = Product();
        while (Peek is TokenType.Plus or TokenType.Minus)
        {
            var sign = Take();
            left = AstBuilder.Binary(sign.Start, Operators.Binary(sign.Type)!, left, Product());
        }

        return left;
    }

    private CelExpr Product()
    {
        var left = Unary();
        while (Peek is TokenType.Star or TokenType.Slash or TokenType.Percent)
        {
            var sign = Take();
            left = AstBuilder.Binary(sign.Start, Operators.Binary(sign.Type)!, left, Unary());
        }

        return left;
    }

    private CelExpr Unary()
    {
        var type = Peek;
        if (type is not (TokenType.Not or TokenType.Minus))
        {
            return Member(Primary());
        }

        var sign = Take().Start;
        var count = 1;
        for (; Peek == type; count++)
        {
            Take();
        }

        if (type == TokenType.Minus && count == 1 && Peek is TokenType.Int or TokenType.Float)
        {
            var number = Take();
            return Member(number.Type == TokenType.Int
                ? _build.Int(sign, _build.Text(number), negative: true)
                : _build.Double(sign, _build.Text(number), negative: true));
        }

        var operand = Member(Primary());
        return count % 2 == 0 ? operand : AstBuilder.Unary(sign, type == TokenType.Not ? Operators.Not : Operators.Negate, operand);
    }

    private CelExpr Member(CelExpr operand)
    {
        while (true)
        {
            switch (Peek)
            {
                case TokenType.Dot:
                    var dot = Take().Start;
                    if (Peek == TokenType.EscapedIdentifier)
                    {
                        operand = AstBuilder.Select(dot, operand, _build.Text(Take())[1..^1]);
                        break;
                    }

                    var name = Expect(TokenType.Identifier);
                    if (_failed)
                    {
                        return operand;
                    }

                    if (Peek == TokenType.LeftParen)
                    {
                        var paren = Take().Start;
                        operand = _build.MemberCall(paren, operand, _build.Text(name), Arguments());
                    }
                    else
                    {
                        operand = AstBuilder.Select(dot, operand, _build.Text(name));
                    }

                    break;
                case TokenType.LeftBracket:
                    var bracket = Take().Start;
                    operand = AstBuilder.Index(bracket, operand, Expr());
                    Expect(TokenType.RightBracket);
                    break;
                default:
                    return operand;
            }
        }
    }

    private CelExpr[] Arguments()
    {
        if (Peek == TokenType.RightParen)
        {
            Take();
            return [];
        }

        List<CelExpr> arguments = [Expr()];
        while (Peek == TokenType.Comma)
        {
            Take();
            arguments.Add(Expr());
        }

        Expect(TokenType.RightParen);
        return [.. arguments];
    }

    private CelExpr Primary()
    {
        var token = Take();
        switch (token.Type)
        {
            case TokenType.Identifier:
                return Name(token, token, leadingDot: false);
            case TokenType.Dot:
                var name = Expect(TokenType.Identifier);
                return _failed ? new CelErrorExpr(token.Start) : Name(token, name, leadingDot: true);
            case TokenType.LeftParen:
                var inner = Expr();
                Expect(TokenType.RightParen);
                return inner;
            case TokenType.LeftBracket:
                return List(token.Start);
            case TokenType.LeftBrace:
                return Map(token.Start);
            case TokenType.String:
                return _build.String(token.Start, _build.Text(token));
            case TokenType.Int:
                return _build.Int(token.Start, _build.Text(token), negative: false);
            case TokenType.UInt:
                return _build.UInt(token.Start, _build.Text(token));
            case TokenType.Float:
                return _build.Double(token.Start, _build.Text(token), negative: false);
            case TokenType.Bytes:
                return _build.Bytes(token.Start, _build.Text(token));
            case TokenType.True:
                return new CelConstantExpr(token.Start, CelValue.True);
            case TokenType.False:
                return new CelConstantExpr(token.Start, CelValue.False);
            case TokenType.Null:
                return new CelConstantExpr(token.Start, CelValue.Null);
            default:
                return Fail();
        }
    }

    private CelExpr Name(Token start, Token name, bool leadingDot)
    {
        if (Peek == TokenType.LeftParen)
        {
            var paren = Take().Start;
            return _build.GlobalCall(start.Start, paren, leadingDot, _build.Text(name), Arguments());
        }

        return _build.Ident(start.Start, name.Start, leadingDot, _build.Text(name));
    }

    private CelExpr List(int bracket)
    {
        List<CelExpr> items = [];
        while (Peek is not (TokenType.RightBracket or TokenType.Comma))
        {
            items.Add(Expr());
            if (Peek != TokenType.Comma)
            {
                break;
            }

            Take();
        }

        // A lone comma is a trailing comma too.
        if (items.Count == 0 && Peek == TokenType.Comma)
        {
            Take();
        }

        Expect(TokenType.RightBracket);
        return AstBuilder.List(bracket, [.. items]);
    }

    private CelExpr Map(int brace)
    {
        List<CelMapEntry> entries = [];
        while (Peek is not (TokenType.RightBrace or TokenType.Comma))
        {
            var key = Expr();
            var colon = Expect(TokenType.Colon).Start;
            if (_failed)
            {
                break;
            }

            entries.Add(new CelMapEntry(colon, key, Expr()));
            if (Peek != TokenType.Comma)
            {
                break;
            }

            Take();
        }

        if (entries.Count == 0 && Peek == TokenType.Comma)
        {
            Take();
        }

        Expect(TokenType.RightBrace);
        return AstBuilder.Map(brace, [.. entries]);
    }
}
