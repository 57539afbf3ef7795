using OmniScale.Cel.Values;

namespace OmniScale.Cel.Evaluation;

/// <summary>An and or an or. The deciding value wins over an error on the other side.</summary>
internal sealed class LogicNode(Node left, Node right, bool deciding) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var first = left.Evaluate(ref frame);
        if (first.Kind == CelKind.Bool && first.AsBool == deciding)
        {
            return first;
        }

        var second = right.Evaluate(ref frame);
        if (second.Kind == CelKind.Bool && (second.AsBool == deciding || first.Kind == CelKind.Bool))
        {
            return second;
        }

        var error = first.Kind == CelKind.Bool ? second : first;
        return error.IsError ? error : Errors.NoSuchOverload;
    }
}

internal sealed class NotNode(Node operand) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = operand.Evaluate(ref frame);
        return value.Kind == CelKind.Bool ? CelValue.Bool(!value.AsBool) : value.IsError ? value : Errors.NoSuchOverload;
    }
}

/// <summary>The condition of a macro's loop: an error counts as true, so that a later element can still decide.</summary>
internal sealed class NotStrictlyFalseNode(Node operand) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = operand.Evaluate(ref frame);
        return value.Kind == CelKind.Bool ? value : CelValue.True;
    }
}

internal sealed class ConditionalNode(Node condition, Node yes, Node no) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = condition.Evaluate(ref frame);
        return value.Kind == CelKind.Bool ? (value.AsBool ? yes : no).Evaluate(ref frame)
            : value.IsError ? value
            : Errors.NoSuchOverload;
    }
}

internal sealed class EqualNode(Node left, Node right, bool negated) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var first = left.Evaluate(ref frame);
        var second = right.Evaluate(ref frame);
        return first.IsError ? first
            : second.IsError ? second
            : CelValue.Bool(ValueEquality.AreEqual(first, second, ref frame.Budget) != negated);
    }
}

internal sealed class CompareNode(string function, Node left, Node right, bool wantsLess, bool orEqual) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var first = left.Evaluate(ref frame);
        var second = right.Evaluate(ref frame);
        if (first.IsError || second.IsError)
        {
            return first.IsError ? first : second;
        }

        return Arithmetic.TryCompare(function, first, second, out var order, out var error)
            ? CelValue.Bool(order == 0 ? orEqual : order < 0 == wantsLess)
            : error;
    }
}

internal sealed class InNode(Node item, Node container) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = item.Evaluate(ref frame);
        var within = container.Evaluate(ref frame);
        if (value.IsError || within.IsError)
        {
            return value.IsError ? value : within;
        }

        switch (within.Kind)
        {
            case CelKind.List:
                foreach (ref readonly var candidate in within.ListItems.Items)
                {
                    if (ValueEquality.AreEqual(value, candidate, ref frame.Budget))
                    {
                        return CelValue.True;
                    }
                }

                return CelValue.False;
            case CelKind.Map:
                return MapKeys.Unhashable(value) && within.MapItems.Count > 0 ? frame.Abort(MapKeys.Error) : CelValue.Bool(within.MapItems.TryGet(value, out _));
            default:
                return Errors.NoSuchOverload;
        }
    }
}
