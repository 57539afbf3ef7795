namespace OmniScale.Cel.Syntax.Antlr;

/// <summary>Turns a parse tree, which may be incomplete, into an expression, and reports what only shows up here.</summary>
internal sealed class TreeVisitor(SourceText source, ErrorList errors)
{
    private readonly AstBuilder _build = new(source, errors);
    private int _depth;

    public CelExpr? Build(ParseNode tree)
    {
        try
        {
            return Visit(tree.Child("e"));
        }
        catch (ParsingStopped)
        {
            return null;
        }
    }

    private CelExpr Visit(ParseNode? node)
    {
        node = Unnest(node);
        if (node is null or { Rule: RuleId.Primary or RuleId.Literal, Alternative: 0 })
        {
            return errors.Count == 0 ? _build.Error(SourceText.Nowhere, "unknown parse element encountered: <<nil>>") : new CelErrorExpr(SourceText.NoOffset);
        }

        switch (node.Rule)
        {
            case RuleId.ConditionalOr:
                return VisitLogic(node, Operators.Or);
            case RuleId.ConditionalAnd:
                return VisitLogic(node, Operators.And);
            case RuleId.Unary:
                return VisitUnary(node);
            case RuleId.Primary:
                return VisitPrimary(node);
            case RuleId.Literal:
                return VisitLiteral(node);
        }

        if (++_depth > AstBuilder.MaxHeight)
        {
            errors.Report(SourceText.Nowhere, "max recursion depth exceeded");
            throw new ParsingStopped();
        }

        var result = node.Rule switch
        {
            RuleId.Expr => VisitConditional(node),
            RuleId.Relation or RuleId.Calc => VisitBinary(node),
            _ => VisitMember(node),
        };
        _depth--;
        return result;
    }

    /// <summary>Steps down to the first node that is more than a wrapper.</summary>
    private static ParseNode? Unnest(ParseNode? node)
    {
        while (node is not null)
        {
            var wrapped = node.Rule switch
            {
                RuleId.Expr when node.Token("op") is null => node.Child("e"),
                RuleId.ConditionalOr or RuleId.ConditionalAnd when node.Token("ops") is null => node.Child("e"),
                RuleId.Relation when node.Token("op") is null => node.Child("calc"),
                RuleId.Calc when node.Token("op") is null => node.Child("unary"),
                RuleId.Unary when node.Alternative == 1 => node.Child("member"),
                RuleId.Member when node.Alternative == 0 => node.Child("primary"),
                RuleId.Primary when node.Alternative == 3 => node.Child("e"),
                RuleId.Primary when node.Alternative == 7 => node.Child("literal"),
                _ => node,
            };
            if (wrapped == node)
            {
                return node;
            }

            node = wrapped;
        }

        return null;
    }

    private static CelErrorExpr Incomplete(ParseNode node) => new(node.Start.Start);

    private static int Place(Token? token) => token?.Start ?? SourceText.NoOffset;

    private string Text(Token? token) => token is { } t ? _build.Text(t) : "";

    private CelExpr VisitConditional(ParseNode node)
    {
        var condition = Visit(node.Child("e"));
        var yes = Visit(node.Child("e1"));
        var no = Visit(node.Child("e2"));
        return AstBuilder.Conditional(Place(node.Token("op")), condition, yes, no);
    }

    private CelExpr VisitLogic(ParseNode node, string function)
    {
        List<CelExpr> terms = [Visit(node.Child("e"))];
        terms.AddRange(node.Children("e1").Select(Visit));
        return AstBuilder.Logic(function, terms, [.. node.Tokens("ops").Select(t => t.Start)]);
    }

    private CelExpr VisitBinary(ParseNode node)
    {
        var sign = node.Token("op")!.Value;
        var left = Visit(node.Child("left"));
        var right = Visit(node.Child("right"));
        return AstBuilder.Binary(sign.Start, Operators.Binary(sign.Type) ?? "", left, right);
    }

    private CelExpr VisitUnary(ParseNode node)
    {
        if (node.Alternative == 0)
        {
            return Incomplete(node);
        }

        var signs = node.Tokens("ops");
        var operand = Visit(node.Child("member"));
        return signs.Count % 2 == 0 ? operand : AstBuilder.Unary(signs[0].Start, node.Alternative == 2 ? Operators.Not : Operators.Negate, operand);
    }

    private CelExpr VisitMember(ParseNode node)
    {
        var operand = Visit(node.Child("left"));
        switch (node.Alternative)
        {
            case 1:
                return VisitSelect(node, operand);
            case 2:
                return node.Token("id") is { } name
                    ? _build.MemberCall(Place(node.Token("open")), operand, Text(name), VisitAll(node.Child("args")))
                    : Incomplete(node);
            default:
                if (node.Token("op") is not { } bracket)
                {
                    return Incomplete(node);
                }

                var index = Visit(node.Child("index"));
                return node.Token("opt") is null
                    ? AstBuilder.Index(bracket.Start, operand, index)
                    : _build.Error(bracket.Start, "unsupported syntax '[?'");
        }
    }

    private CelExpr VisitSelect(ParseNode node, CelExpr operand)
    {
        if (node.Child("id") is not { } id || node.Token("op") is not { } dot)
        {
            return Incomplete(node);
        }

        var field = FieldName(id, out var error);
        if (error is not null)
        {
            errors.Report(id.Start.Start, error);
        }

        return node.Token("opt") is null ? AstBuilder.Select(dot.Start, operand, field) : _build.Error(dot.Start, "unsupported syntax '.?'");
    }

    private string FieldName(ParseNode id, out string? error)
    {
        error = id.Alternative == 0 ? "unsupported ident kind" : null;
        var text = Text(id.Token("id"));
        return id.Alternative == 2 ? text[1..^1] : text;
    }

    private CelExpr[] VisitAll(ParseNode? list) => list is null ? [] : [.. list.Children("e").Select(Visit)];

    private CelExpr VisitPrimary(ParseNode node)
    {
        var id = node.Token("id");
        var leadingDot = node.Token("leadingDot") is not null;
        switch (node.Alternative)
        {
            case 1:
                return id is { } name ? _build.Ident(node.Start.Start, name.Start, leadingDot, Text(id)) : Incomplete(node);
            case 2:
                return id is null
                    ? Incomplete(node)
                    : _build.GlobalCall(node.Start.Start, Place(node.Token("op")), leadingDot, Text(id), AstBuilder.IsReserved(Text(id)) ? [] : VisitAll(node.Child("args")));
            case 4:
                return AstBuilder.List(Place(node.Token("op")), [.. node.Child("elems")?.Children("elems").Select(VisitOptional) ?? []]);
            case 5:
                return VisitMap(node);
            case 6:
                VisitFields(node.Child("entries"));
                var names = string.Join('.', node.Tokens("ids").Select(t => Text(t)));
                return new CelStructExpr(Place(node.Token("op")), leadingDot ? "." + names : names);
            default:
                return Incomplete(node);
        }
    }

    private CelExpr VisitOptional(ParseNode element)
    {
        var value = Visit(element.Child("e"));
        return element.Token("opt") is { } question ? _build.Error(question.Start, "unsupported syntax '?'") : value;
    }

    private CelExpr VisitMap(ParseNode node)
    {
        List<CelMapEntry> entries = [];
        if (node.Child("entries") is { } list)
        {
            var (keys, values, colons) = (list.Children("keys"), list.Children("values"), list.Tokens("cols"));
            for (var i = 0; i < Math.Min(colons.Count, Math.Min(keys.Count, values.Count)); i++)
            {
                if (keys[i].Token("opt") is not null)
                {
                    errors.Report(keys[i].Start.Start, "unsupported syntax '?'");
                    continue;
                }

                var key = Visit(keys[i].Child("e"));
                entries.Add(new CelMapEntry(colons[i].Start, key, Visit(values[i])));
            }
        }

        return AstBuilder.Map(Place(node.Token("op")), [.. entries]);
    }

    /// <summary>The fields of a message are visited for their errors only.</summary>
    private void VisitFields(ParseNode? list)
    {
        if (list is null)
        {
            return;
        }

        var (fields, values, colons) = (list.Children("fields"), list.Children("values"), list.Tokens("cols"));
        for (var i = 0; i < fields.Count && i < colons.Count && i < values.Count; i++)
        {
            if (fields[i].Token("opt") is not null)
            {
                errors.Report(fields[i].Start.Start, "unsupported syntax '?'");
                continue;
            }

            var error = "unsupported ident kind";
            if (fields[i].Child("id") is { } id)
            {
                FieldName(id, out error);
            }

            if (error is not null)
            {
                errors.Report(list.Start.Start, error);
                continue;
            }

            Visit(values[i]);
        }
    }

    private CelExpr VisitLiteral(ParseNode node)
    {
        var start = node.Start.Start;
        var negative = node.Token("sign") is not null;
        if (node.Token("tok") is not { } token)
        {
            return Incomplete(node);
        }

        return node.Alternative switch
        {
            1 => _build.Int(start, Text(token), negative),
            2 => _build.UInt(start, Text(token)),
            3 => _build.Double(start, Text(token), negative),
            4 => _build.String(start, Text(token)),
            5 => _build.Bytes(start, Text(token)),
            6 => new CelConstantExpr(start, CelValue.True),
            7 => new CelConstantExpr(start, CelValue.False),
            _ => new CelConstantExpr(start, CelValue.Null),
        };
    }
}
