using System.Globalization;

namespace OmniScale.Cel.Syntax;

/// <summary>Makes the nodes of the expression: literals are read, reserved words refused, macros expanded.</summary>
internal sealed class AstBuilder(SourceText source, ErrorList errors)
{
    /// <summary>How deep an expression may nest, counting what the reference implementation's tree visitor counts.</summary>
    public const int MaxHeight = 250;

    private static readonly HashSet<string> Reserved =
    [
        "as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "package",
        "namespace", "null", "return", "true", "var", "void", "while",
    ];

    public static bool IsReserved(string name) => Reserved.Contains(name);

    public CelExpr Error(int offset, string message)
    {
        errors.Report(offset, message);
        return new CelErrorExpr(offset);
    }

    public CelExpr Ident(int start, int nameOffset, bool leadingDot, string name) =>
        Reserved.Contains(name)
            ? Error(start, $"reserved identifier: {name}")
            : new CelIdentExpr(nameOffset, leadingDot ? "." + name : name);

    public CelExpr Int(int start, string digits, bool negative)
    {
        var hex = digits.StartsWith("0x", StringComparison.Ordinal);
        if (!UInt128.TryParse(hex ? digits.AsSpan(2) : digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var magnitude)
            || magnitude > (UInt128)long.MaxValue + (negative ? 1u : 0u))
        {
            return Error(start, "invalid int literal");
        }

        return new CelConstantExpr(start, CelValue.Int(unchecked(negative ? -(long)(ulong)magnitude : (long)(ulong)magnitude)));
    }

    public CelExpr UInt(int start, string text)
    {
        var hex = text.StartsWith("0x", StringComparison.Ordinal);
        var digits = hex ? text.AsSpan(2, text.Length - 3) : text.AsSpan(0, text.Length - 1);
        return ulong.TryParse(digits, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? new CelConstantExpr(start, CelValue.UInt(value))
            : Error(start, "invalid uint literal");
    }

    public CelExpr Double(int start, string text, bool negative)
    {
        var value = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        return double.IsInfinity(value)
            ? Error(start, "invalid double literal")
            : new CelConstantExpr(start, CelValue.Double(negative ? -value : value));
    }

    public CelExpr String(int start, string literal) =>
        StringLiteral.Decode(literal, out var value) is { } error
            ? Error(start, error)
            : new CelConstantExpr(start, CelValue.String(value));

    public CelExpr Bytes(int start, string literal) =>
        StringLiteral.DecodeBytes(literal.AsSpan(1).ToString(), out var value) is { } error
            ? Error(start, error)
            : new CelConstantExpr(start, CelValue.Bytes(value));

    public static CelExpr Select(int dot, CelExpr operand, string field) => Counted(new CelSelectExpr(dot, operand, field, testOnly: false), operand);

    public static CelExpr Index(int bracket, CelExpr operand, CelExpr index) => Counted(new CelCallExpr(bracket, Operators.Index, null, [operand, index]), operand, index);

    public static CelExpr Binary(int sign, string function, CelExpr left, CelExpr right) => Counted(new CelCallExpr(sign, function, null, [left, right]), left, right);

    public static CelExpr Conditional(int sign, CelExpr condition, CelExpr yes, CelExpr no)
    {
        var call = Counted(new CelCallExpr(sign, Operators.Conditional, null, [condition, yes, no]), condition, yes);
        call.Height = Math.Max(call.Height, no.Height + 1);
        return call;
    }

    public static CelExpr Unary(int sign, string function, CelExpr operand) =>
        new CelCallExpr(sign, function, null, [operand]) { Height = operand.Height };

    public static CelExpr List(int bracket, CelExpr[] items) => new CelListExpr(bracket, items) { Height = MaxOf(items) };

    public static CelExpr Map(int brace, CelMapEntry[] entries)
    {
        var height = 0;
        foreach (var entry in entries)
        {
            height = Math.Max(height, Math.Max(entry.Key.Height, entry.Value.Height));
        }

        return new CelMapExpr(brace, entries) { Height = height };
    }

    /// <summary>A chain of <c>&amp;&amp;</c> or <c>||</c> becomes a balanced tree, so that its length is no depth.</summary>
    public static CelExpr Logic(string function, IReadOnlyList<CelExpr> terms, IReadOnlyList<int> signs)
    {
        return Balance(0, signs.Count - 1);

        CelExpr Balance(int low, int high)
        {
            var middle = (low + high + 1) / 2;
            var left = middle == low ? terms[middle] : Balance(low, middle - 1);
            var right = middle == high ? terms[middle + 1] : Balance(middle + 1, high);
            return new CelCallExpr(signs[middle], function, null, [left, right]) { Height = Math.Max(left.Height, right.Height) };
        }
    }

    public CelExpr GlobalCall(int start, int paren, bool leadingDot, string name, CelExpr[] arguments)
    {
        if (Reserved.Contains(name))
        {
            return Error(start, $"reserved identifier: {name}");
        }

        if (!leadingDot && name == "has" && arguments.Length == 1)
        {
            return arguments[0] is CelSelectExpr select
                ? new CelSelectExpr(paren, select.Operand, select.Field, testOnly: true) { Height = select.Height }
                : Error(arguments[0].Offset, "invalid argument to has() macro");
        }

        return new CelCallExpr(paren, leadingDot ? "." + name : name, null, arguments) { Height = MaxOf(arguments) };
    }

    public CelExpr MemberCall(int paren, CelExpr target, string name, CelExpr[] arguments)
    {
        var call = Macro(paren, target, name, arguments) ?? new CelCallExpr(paren, name, target, arguments);
        call.Height = 1 + Math.Max(target.Height, MaxOf(arguments));
        return call;
    }

    private CelExpr? Macro(int at, CelExpr target, string name, CelExpr[] arguments)
    {
        var quantifier = name is "all" or "exists" or "exists_one" or "existsOne";
        var expands = arguments.Length == 2 ? quantifier || name is "map" or "filter" : arguments.Length == 3 && name == "map";
        if (!expands)
        {
            return null;
        }

        if (arguments[0] is not CelIdentExpr { Name: var variable })
        {
            return Error(arguments[0].Offset, quantifier ? "argument must be a simple name" : "argument is not an identifier");
        }

        if (variable is CelComprehensionExpr.Accumulator or "__result__")
        {
            return Error(arguments[0].Offset, "iteration variable overwrites accumulator variable");
        }

        var predicate = arguments[1];
        switch (name)
        {
            case "all":
                return Fold(True(), Call(Operators.NotStrictlyFalse, Accumulator()), Call(Operators.And, Accumulator(), predicate), Accumulator());
            case "exists":
                return Fold(
                    new CelConstantExpr(at, CelValue.False),
                    Call(Operators.NotStrictlyFalse, Call(Operators.Not, Accumulator())),
                    Call(Operators.Or, Accumulator(), predicate),
                    Accumulator());
            case "exists_one" or "existsOne":
                return Fold(
                    Number(0),
                    True(),
                    Call(Operators.Conditional, predicate, Call(Operators.Add, Accumulator(), Number(1)), Accumulator()),
                    Call(Operators.Equal, Accumulator(), Number(1)));
            case "filter":
                return Fold(
                    new CelListExpr(at, []), True(), Call(Operators.Conditional, predicate, Append(arguments[0]), Accumulator()), Accumulator());
            default:
                var step = Append(arguments[^1]);
                return Fold(
                    new CelListExpr(at, []),
                    True(),
                    arguments.Length == 3 ? Call(Operators.Conditional, predicate, step, Accumulator()) : step,
                    Accumulator());
        }

        CelExpr Fold(CelExpr initial, CelExpr condition, CelExpr step, CelExpr result) =>
            new CelComprehensionExpr(at, target, variable, initial, condition, step, result);
        CelExpr Call(string function, params CelExpr[] args) => new CelCallExpr(at, function, null, args);
        CelExpr Append(CelExpr item) => Call(Operators.Add, Accumulator(), new CelListExpr(at, [item]));
        CelExpr Accumulator() => new CelIdentExpr(at, CelComprehensionExpr.Accumulator);
        CelExpr True() => new CelConstantExpr(at, CelValue.True);
        CelExpr Number(long value) => new CelConstantExpr(at, CelValue.Int(value));
    }

    public string Text(Token token) => token.Text(source);

    private static CelExpr Counted(CelExpr expr, CelExpr first, CelExpr? second = null)
    {
        expr.Height = 1 + Math.Max(first.Height, second?.Height ?? 0);
        return expr;
    }

    private static int MaxOf(CelExpr[] items)
    {
        var height = 0;
        foreach (var item in items)
        {
            height = Math.Max(height, item.Height);
        }

        return height;
    }
}
