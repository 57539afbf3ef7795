namespace OmniScale.Cel.Syntax;

// What binds tighter than any operator: members, calls, literals.
internal sealed partial class FastParser
{
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
