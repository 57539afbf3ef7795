using OmniScale.Cel.Checking;
using OmniScale.Cel.Regex;
using OmniScale.Cel.Values;

namespace OmniScale.Cel.Evaluation;

internal delegate CelValue UnaryFunction(CelValue argument);

internal delegate CelValue BinaryFunction(CelValue left, CelValue right, ref long budget);

internal sealed class UnaryNode(Node argument, UnaryFunction function) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = argument.Evaluate(ref frame);
        return value.IsError ? value : function(value);
    }
}

internal sealed class BinaryNode(Node left, Node right, BinaryFunction function) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var first = left.Evaluate(ref frame);
        var second = right.Evaluate(ref frame);
        return first.IsError ? first : second.IsError ? second : function(first, second, ref frame.Budget);
    }
}

/// <summary>A regular expression match; a constant pattern is compiled once.</summary>
internal sealed class MatchesNode(Node text, Node pattern) : Node
{
    private RegexProgram? _constant;

    public override CelValue Evaluate(ref Frame frame)
    {
        var subject = text.Evaluate(ref frame);
        var expression = pattern.Evaluate(ref frame);
        if (subject.IsError || expression.IsError)
        {
            return subject.IsError ? subject : expression;
        }

        if (subject.Kind != CelKind.String || expression.Kind != CelKind.String)
        {
            return subject.Kind is CelKind.String or CelKind.Timestamp or CelKind.Duration ? Errors.NoSuchOverload : Errors.NoSuchOverloadOf("matches");
        }

        try
        {
            var program = _constant ?? RegexProgram.Compile(expression.AsString);
            if (pattern is ConstantNode)
            {
                _constant = program;
            }

            frame.Budget -= program.Size / 64;
            var matched = program.IsMatch(subject.AsString, ref frame.Budget);
            return frame.Budget < 0 ? Errors.OutOfSteps : CelValue.Bool(matched);
        }
        catch (RegexSyntaxException error)
        {
            return CelValue.Error(error.Message);
        }
    }
}

/// <summary>A call of a function that the caller defined, or of one that does not exist.</summary>
internal sealed class CallNode(string function, Node[] arguments, Overload[] overloads) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var values = new CelValue[arguments.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = arguments[i].Evaluate(ref frame);
            if (values[i].IsError)
            {
                return values[i];
            }
        }

        frame.Budget--;
        foreach (var overload in overloads)
        {
            if (Accepts(overload, values))
            {
                return overload.Implementation!(values);
            }
        }

        return Errors.NoSuchOverloadFor(function, values);
    }

    private static bool Accepts(Overload overload, CelValue[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            var type = overload.Arguments[i];
            if (type.Kind is not (CelTypeKind.Dyn or CelTypeKind.TypeParam) && type.Name != values[i].Type.Name)
            {
                return false;
            }
        }

        return true;
    }
}
