namespace OmniScale.Cel.Evaluation;

/// <summary>What one evaluation works on: the caller's variables, the variables of macros, and the steps that are left.</summary>
internal ref struct Frame
{
    public required ICelActivation Activation { get; init; }

    public CelValue[] Locals { get; init; }

    /// <summary>Below zero the evaluation is over, whatever it yields.</summary>
    public long Budget;

    /// <summary>Why the evaluation was ended; no error when the budget ran out.</summary>
    public CelValue? Failure { get; private set; }

    /// <summary>Ends the evaluation with an error that no operator absorbs.</summary>
    public CelValue Abort(CelValue error)
    {
        Failure ??= error;
        Budget = -1;
        return error;
    }
}

/// <summary>A node of the prepared program.</summary>
internal abstract class Node
{
    public abstract CelValue Evaluate(ref Frame frame);
}

internal sealed class ConstantNode(CelValue value) : Node
{
    public CelValue Value { get; } = value;

    public override CelValue Evaluate(ref Frame frame) => Value;
}

internal sealed class VariableNode(CelVariable variable) : Node
{
    public override CelValue Evaluate(ref Frame frame) => frame.Activation.Resolve(variable);
}

internal sealed class LocalNode(int slot) : Node
{
    public override CelValue Evaluate(ref Frame frame) => frame.Locals[slot];
}
