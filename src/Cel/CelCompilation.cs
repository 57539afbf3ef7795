using OmniScale.Cel.Checking;
using OmniScale.Cel.Syntax;
using OmniScale.Cel.Syntax.Antlr;

namespace OmniScale.Cel;

/// <summary>The outcome of compiling an expression.</summary>
public sealed class CelCompilation
{
    /// <summary>The most code points that an expression may have.</summary>
    public const int MaxCodePoints = 100_000;

    private readonly CelEnvironment _environment;
    private readonly CelExpr? _expr;
    private CelProgram? _program;

    private CelCompilation(CelEnvironment environment, CelExpr? expr, ErrorList errors)
    {
        _environment = environment;
        Errors = errors.Count == 0 ? [] : errors.Sorted();
        ErrorText = errors.Count == 0 ? "" : errors.Display();
        _expr = errors.Count == 0 ? expr : null;
    }

    /// <summary>In the order of their places; empty for a valid expression.</summary>
    public IReadOnlyList<CelError> Errors { get; }

    /// <summary>All errors with the source line and a caret under the place, as the reference implementation lays them out.</summary>
    public string ErrorText { get; }

    public bool IsValid => Errors.Count == 0;

    /// <summary>The type of the result; dyn when it is known at run time only or the expression was not checked. Null when there are errors.</summary>
    public CelType? OutputType => _expr is null ? null : _expr.Type ?? CelType.Dyn;

    /// <summary>The parsed expression, for callers that look into it. Null when there are errors.</summary>
    public CelExpr? Expression => _expr;

    /// <exception cref="InvalidOperationException">There are errors.</exception>
    public CelProgram Program =>
        _program ??= new CelProgram(_expr ?? throw new InvalidOperationException("the expression has errors"), _environment);

    internal static CelCompilation Create(string text, CelEnvironment environment, bool check)
    {
        var source = new SourceText(text);
        var errors = new ErrorList(source);
        if (source.Length > MaxCodePoints)
        {
            errors.Report(SourceText.Nowhere, $"expression code point size exceeds limit: size: {source.Length}, limit {MaxCodePoints}");
            return new CelCompilation(environment, null, errors);
        }

        var expr = FastParser.Parse(source) ?? ReferenceParser.Parse(source, errors);
        if (check && errors.Count == 0)
        {
            Checker.Check(expr!, environment, errors);
        }

        return new CelCompilation(environment, expr, errors);
    }
}
