using static OmniScale.Cel.Syntax.TokenType;

namespace OmniScale.Cel.Syntax.Antlr;

internal enum RuleId
{
    Start, Expr, ConditionalOr, ConditionalAnd, Relation, Calc, Unary, Member, Primary, ExprList, ListInit, FieldInitializerList, OptField,
    MapInitializerList, EscapeIdent, OptExpr, Literal,
}

/// <summary>
/// A part of a rule. "Adaptive" says that the parser generator decides between the alternatives by simulating the network, where for
/// all others one token is enough; the two report errors differently.
/// </summary>
internal abstract class Element
{
    /// <summary>The state in which the parser is while it works on the part.</summary>
    public State Entry { get; set; } = null!;
}

internal sealed class TokenElement(string? label, params TokenType[] types) : Element
{
    public string? Label { get; } = label;

    public TokenType[] Types { get; } = types;
}

internal sealed class RuleElement(RuleId rule, string label, int precedence = 0) : Element
{
    public RuleId Rule { get; } = rule;

    public string Label { get; } = label;

    public int Precedence { get; } = precedence;
}

/// <summary>A sequence; in a loop over operators it begins with a condition on precedence.</summary>
internal sealed class SequenceElement(int precedence, params Element[] parts) : Element
{
    public int Precedence { get; } = precedence;

    public Element[] Parts { get; } = parts;
}

internal sealed class OptionalElement(Element body) : Element
{
    public Element Body { get; } = body;
}

internal sealed class LoopElement(Element body, bool atLeastOnce, bool adaptive) : Element
{
    public Element Body { get; } = body;

    public bool AtLeastOnce { get; } = atLeastOnce;

    public bool Adaptive { get; } = adaptive;

    public State LoopBack { get; set; } = null!;
}

internal sealed class ChoiceElement(bool adaptive, params Element[] alternatives) : Element
{
    public bool Adaptive { get; } = adaptive;

    public Element[] Alternatives { get; } = alternatives;
}

/// <summary>A rule. A left-recursive one has a loop over its operators.</summary>
internal sealed class Rule(Element body, ChoiceElement? operators = null)
{
    public Element Body { get; } = body;

    public ChoiceElement? Operators { get; } = operators;

    public State Start { get; set; } = null!;

    public State Stop { get; set; } = null!;

    /// <summary>The states around the loop over the operators.</summary>
    public State LoopEntry { get; set; } = null!;

    public State LoopBack { get; set; } = null!;
}

/// <summary>The published grammar of the language, with left recursion rewritten as the parser generator does it.</summary>
internal static class Grammar
{
    public static Rule[] Create() =>
    [
        new(Sequence(Call(RuleId.Expr, "e"), Token(null, EndOfFile))),
        new(Sequence(
            Call(RuleId.ConditionalOr, "e"),
            new OptionalElement(Sequence(Token("op", Question), Call(RuleId.ConditionalOr, "e1"), Token(null, Colon), Call(RuleId.Expr, "e2"))))),
        new(Sequence(Call(RuleId.ConditionalAnd, "e"), Many(Sequence(Token("ops", Or), Call(RuleId.ConditionalAnd, "e1"))))),
        new(Sequence(Call(RuleId.Relation, "e"), Many(Sequence(Token("ops", And), Call(RuleId.Relation, "e1"))))),
        new(
            Sequence(Call(RuleId.Calc, "calc")),
            Operators(new SequenceElement(1, Token("op", Equal, NotEqual, In, Less, LessEqual, GreaterEqual, Greater), Call(RuleId.Relation, "right", 2)))),
        new(
            Sequence(Call(RuleId.Unary, "unary")),
            Operators(
                new SequenceElement(2, Token("op", Star, Slash, Percent), Call(RuleId.Calc, "right", 3)),
                new SequenceElement(1, Token("op", Minus, Plus), Call(RuleId.Calc, "right", 2)))),
        new(new ChoiceElement(
            true,
            Sequence(Call(RuleId.Member, "member")),
            Sequence(new LoopElement(Token("ops", Not), atLeastOnce: true, adaptive: false), Call(RuleId.Member, "member")),
            Sequence(new LoopElement(Token("ops", Minus), atLeastOnce: true, adaptive: true), Call(RuleId.Member, "member")))),
        new(
            Sequence(Call(RuleId.Primary, "primary")),
            Operators(
                new SequenceElement(3, Token("op", Dot), Maybe(Token("opt", Question)), Call(RuleId.EscapeIdent, "id")),
                new SequenceElement(
                    2, Token("op", Dot), Token("id", Identifier), Token("open", LeftParen), Maybe(Call(RuleId.ExprList, "args")), Token(null, RightParen)),
                new SequenceElement(
                    1, Token("op", LeftBracket), Maybe(Token("opt", Question)), Call(RuleId.Expr, "index"), Token(null, RightBracket)))),
        new(new ChoiceElement(
            true,
            Sequence(Maybe(Token("leadingDot", Dot)), Token("id", Identifier)),
            Sequence(
                Maybe(Token("leadingDot", Dot)), Token("id", Identifier), Token("op", LeftParen), Maybe(Call(RuleId.ExprList, "args")), Token(null, RightParen)),
            Sequence(Token(null, LeftParen), Call(RuleId.Expr, "e"), Token(null, RightParen)),
            Sequence(Token("op", LeftBracket), Maybe(Call(RuleId.ListInit, "elems")), Maybe(Token(null, Comma)), Token(null, RightBracket)),
            Sequence(Token("op", LeftBrace), Maybe(Call(RuleId.MapInitializerList, "entries")), Maybe(Token(null, Comma)), Token(null, RightBrace)),
            Sequence(
                Maybe(Token("leadingDot", Dot)), Token("ids", Identifier), Many(Sequence(Token("ops", Dot), Token("ids", Identifier))), Token("op", LeftBrace),
                Maybe(Call(RuleId.FieldInitializerList, "entries")), Maybe(Token(null, Comma)), Token(null, RightBrace)),
            Sequence(Call(RuleId.Literal, "literal")))),
        new(Sequence(Call(RuleId.Expr, "e"), Many(Sequence(Token(null, Comma), Call(RuleId.Expr, "e"))))),
        new(Sequence(Call(RuleId.OptExpr, "elems"), ManyAdaptive(Sequence(Token(null, Comma), Call(RuleId.OptExpr, "elems"))))),
        new(Sequence(
            Call(RuleId.OptField, "fields"), Token("cols", Colon), Call(RuleId.Expr, "values"),
            ManyAdaptive(Sequence(Token(null, Comma), Call(RuleId.OptField, "fields"), Token("cols", Colon), Call(RuleId.Expr, "values"))))),
        new(Sequence(Maybe(Token("opt", Question)), Call(RuleId.EscapeIdent, "id"))),
        new(Sequence(
            Call(RuleId.OptExpr, "keys"), Token("cols", Colon), Call(RuleId.Expr, "values"),
            ManyAdaptive(Sequence(Token(null, Comma), Call(RuleId.OptExpr, "keys"), Token("cols", Colon), Call(RuleId.Expr, "values"))))),
        new(new ChoiceElement(false, Sequence(Token("id", Identifier)), Sequence(Token("id", EscapedIdentifier)))),
        new(Sequence(Maybe(Token("opt", Question)), Call(RuleId.Expr, "e"))),
        new(new ChoiceElement(
            true,
            Sequence(Maybe(Token("sign", Minus)), Token("tok", Int)),
            Sequence(Token("tok", UInt)),
            Sequence(Maybe(Token("sign", Minus)), Token("tok", Float)),
            Sequence(Token("tok", TokenType.String)),
            Sequence(Token("tok", Bytes)),
            Sequence(Token("tok", True)),
            Sequence(Token("tok", False)),
            Sequence(Token("tok", Null)))),
    ];

    private static SequenceElement Sequence(params Element[] parts) => new(0, parts);

    private static TokenElement Token(string? label, params TokenType[] types) => new(label, types);

    private static RuleElement Call(RuleId rule, string label, int precedence = 0) => new(rule, label, precedence);

    private static OptionalElement Maybe(Element body) => new(body);

    private static LoopElement Many(Element body) => new(body, atLeastOnce: false, adaptive: false);

    private static LoopElement ManyAdaptive(Element body) => new(body, atLeastOnce: false, adaptive: true);

    private static ChoiceElement Operators(params SequenceElement[] alternatives) => new(true, alternatives);
}
