namespace OmniScale.Cel;

/// <summary>A node of the parsed expression, macros already expanded. Read-only for callers that lint expressions.</summary>
public abstract class CelExpr
{
    internal CelExpr(int offset) => Offset = offset;

    /// <summary>
    /// Where the node stands: an index into the source in code points, or -1. An operator or call stands at its sign or opening
    /// parenthesis, a selection at its dot, everything else at its first character.
    /// </summary>
    public int Offset { get; }

    /// <summary>The checked type; null before the check and for an expression that did not pass it.</summary>
    public CelType? Type { get; internal set; }

    /// <summary>How deep the source of this node nests, as the limit on nesting counts it.</summary>
    internal int Height { get; set; }
}

public sealed class CelConstantExpr : CelExpr
{
    internal CelConstantExpr(int offset, CelValue value) : base(offset) => Value = value;

    public CelValue Value { get; }
}

/// <summary>A variable, type name or constant. A qualified name that the checker resolved (<c>a.b.c</c>) is one identifier.</summary>
public sealed class CelIdentExpr : CelExpr
{
    internal CelIdentExpr(int offset, string name) : base(offset) => Name = name;

    public string Name { get; }

    /// <summary>What the checker found behind the name; null in an unchecked expression.</summary>
    internal Checking.Declaration? Declaration { get; set; }
}

public sealed class CelSelectExpr : CelExpr
{
    internal CelSelectExpr(int offset, CelExpr operand, string field, bool testOnly) : base(offset)
    {
        Operand = operand;
        Field = field;
        IsTest = testOnly;
    }

    public CelExpr Operand { get; }

    public string Field { get; }

    /// <summary>True for <c>has(operand.field)</c>.</summary>
    public bool IsTest { get; }

    /// <summary>Set when the checker found the whole selection to be one qualified name.</summary>
    public CelIdentExpr? Resolved { get; internal set; }
}

/// <summary>A call. Operators are calls of functions named <c>_==_</c>, <c>_&amp;&amp;_</c>, <c>_[_]</c>, <c>@in</c>, <c>_?_:_</c> and so on.</summary>
public sealed class CelCallExpr : CelExpr
{
    internal CelCallExpr(int offset, string function, CelExpr? target, CelExpr[] arguments) : base(offset)
    {
        Function = function;
        Target = target;
        Arguments = arguments;
    }

    public string Function { get; }

    public CelExpr? Target { get; }

    public IReadOnlyList<CelExpr> Args => Arguments;

    internal CelExpr[] Arguments { get; }

    /// <summary>The overloads that the checked argument types allow; null in an unchecked expression.</summary>
    internal Checking.Overload[]? Overloads { get; set; }

    /// <summary>The checker found the target to be part of the function's name: <c>ns.f(x)</c>.</summary>
    internal string? QualifiedFunction { get; set; }
}

public sealed class CelListExpr : CelExpr
{
    internal CelListExpr(int offset, CelExpr[] elements) : base(offset) => Items = elements;

    public IReadOnlyList<CelExpr> Elements => Items;

    internal CelExpr[] Items { get; }
}

public sealed class CelMapExpr : CelExpr
{
    internal CelMapExpr(int offset, CelMapEntry[] entries) : base(offset) => Items = entries;

    public IReadOnlyList<CelMapEntry> Entries => Items;

    internal CelMapEntry[] Items { get; }
}

public readonly record struct CelMapEntry(int Offset, CelExpr Key, CelExpr Value);

/// <summary>A message literal such as <c>Name{field: value}</c>. It parses, but no message types are declared, so it never passes the check.</summary>
public sealed class CelStructExpr : CelExpr
{
    internal CelStructExpr(int offset, string name) : base(offset) => Name = name;

    public string Name { get; }
}

/// <summary>What the macros all, exists, exists_one, map and filter expand to.</summary>
public sealed class CelComprehensionExpr : CelExpr
{
    /// <summary>The accumulator's name; it cannot be written in source.</summary>
    public const string Accumulator = "@result";

    internal CelComprehensionExpr(int offset, CelExpr range, string variable, CelExpr initial, CelExpr condition, CelExpr step, CelExpr result)
        : base(offset)
    {
        Range = range;
        Variable = variable;
        Initial = initial;
        Condition = condition;
        Step = step;
        Result = result;
    }

    public CelExpr Range { get; }

    public string Variable { get; }

    public CelExpr Initial { get; }

    public CelExpr Condition { get; }

    public CelExpr Step { get; }

    public CelExpr Result { get; }
}

/// <summary>Stands where an error was reported; never part of a compilation without errors.</summary>
internal sealed class CelErrorExpr(int offset) : CelExpr(offset);
