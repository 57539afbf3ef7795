namespace OmniScale.Cel.Syntax;

/// <summary>
/// Recursive descent over the whole grammar but message literals and optional syntax. It gives up at the first sign of trouble, and
/// the caller then runs <see cref="Antlr.ReferenceParser"/>, which knows how every error is reported.
/// </summary>
internal sealed partial class FastParser
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
}
