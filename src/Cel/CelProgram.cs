using OmniScale.Cel.Evaluation;
using OmniScale.Cel.Values;

namespace OmniScale.Cel;

/// <summary>Gives variables their values. A struct that implements this is boxed once per evaluation; a class is not.</summary>
public interface ICelActivation
{
    /// <summary>The value of a declared variable. <see cref="CelVariable.Index"/> is the order of declaration, for a plain switch.</summary>
    CelValue Resolve(CelVariable variable);
}

/// <summary>A function of the caller. Argument types are checked before the call; an error is returned as a value, not thrown.</summary>
public delegate CelValue CelFunction(ReadOnlySpan<CelValue> arguments);

/// <summary>Bounds of one evaluation.</summary>
public sealed record CelLimits
{
    public static readonly CelLimits Default = new();

    /// <summary>
    /// Elements visited by macros, with the cost of copying, comparing and matching large values added. A million steps take
    /// well under a second.
    /// </summary>
    public long MaxSteps { get; init; } = 1_000_000;
}

/// <summary>The outcome of one evaluation: a value, or an error in the words of the reference implementation.</summary>
public readonly record struct CelResult(CelValue Value, bool StepLimitExceeded)
{
    public bool IsError => Value.IsError;

    public string? Error => Value.IsError ? Value.ErrorMessage : null;

    /// <summary>True only when the value is the boolean true.</summary>
    public bool IsTrue => Value.Kind == CelKind.Bool && Value.AsBool;
}

/// <summary>A compiled expression, ready to be evaluated any number of times, by any number of threads.</summary>
public sealed class CelProgram
{
    private readonly Node _root;
    private readonly int _locals;

    internal CelProgram(CelExpr expr, CelEnvironment environment)
    {
        var planner = new Planner(environment);
        _root = planner.Plan(expr);
        _locals = planner.LocalCount;
    }

    public CelResult Evaluate(ICelActivation activation, CelLimits? limits = null)
    {
        var frame = new Frame
        {
            Activation = activation,
            Locals = _locals == 0 ? [] : new CelValue[_locals],
            Budget = (limits ?? CelLimits.Default).MaxSteps,
        };
        var value = _root.Evaluate(ref frame);
        return frame.Budget >= 0 ? new CelResult(value, false)
            : frame.Failure is { } failure ? new CelResult(failure, false)
            : new CelResult(Errors.OutOfSteps, true);
    }
}
