using OmniScale.Cel.Syntax;

namespace OmniScale.Cel.Checking;

// Calls: overloads, and what their arguments must be.
internal sealed partial class Checker
{
    private void VisitCall(CelCallExpr call)
    {
        foreach (var argument in call.Arguments)
        {
            Visit(argument);
        }

        if (call.Target is null)
        {
            Apply(call, environment.FindFunction(call.Function), target: null);
            return;
        }

        if (QualifiedName(call.Target) is { } prefix && environment.FindFunction($"{prefix}.{call.Function}") is { } qualified)
        {
            call.QualifiedFunction = qualified.Name;
            Apply(call, qualified, target: null);
            return;
        }

        Visit(call.Target);
        Apply(call, environment.FindFunction(call.Function), call.Target);
    }

    private void Apply(CelCallExpr call, FunctionDeclaration? function, CelExpr? target)
    {
        if (function is null)
        {
            Fail(call, Undeclared(call.Function));
            return;
        }

        if (function.Name is Operators.And or Operators.Or)
        {
            ApplyLogic(call, function);
            return;
        }

        var skip = target is null ? 0 : 1;
        var arguments = new CelType[call.Arguments.Length + skip];
        if (target is not null)
        {
            arguments[0] = target.Type!;
        }

        for (var i = 0; i < call.Arguments.Length; i++)
        {
            arguments[i + skip] = call.Arguments[i].Type!;
        }

        CelType? result = null;
        List<Overload>? matches = null;
        foreach (var overload in function.Overloads)
        {
            if (overload.IsMember != target is not null
                || overload.Arguments.Length != arguments.Length
                || (overload.MixesNumbers && !_mixedComparisons))
            {
                continue;
            }

            var (parameters, declaredResult) = overload.IsGeneric ? _types.Instantiate(overload) : (overload.Arguments, overload.Result);
            if (!_types.AreAssignable(arguments, parameters))
            {
                continue;
            }

            (matches ??= []).Add(overload);
            var overloadResult = _types.Substitute(declaredResult, unboundToDyn: false);
            result = result is null || result.Kind == CelTypeKind.Dyn || result.Equals(overloadResult) ? result ?? overloadResult : CelType.Dyn;
        }

        if (result is null)
        {
            var signature = string.Join(", ", arguments.Skip(skip).Select(a => _types.Substitute(a, unboundToDyn: true).Format));
            var receiver = target is null ? "" : _types.Substitute(arguments[0], unboundToDyn: true).Format + ".";
            Fail(call, $"found no matching overload for '{function.Name}' applied to '{receiver}({signature})'");
            return;
        }

        call.Overloads = [.. matches!];
        SetType(call, result);
    }

    private void ApplyLogic(CelCallExpr call, FunctionDeclaration function)
    {
        var valid = true;
        foreach (var argument in call.Arguments)
        {
            valid &= Require(argument, CelType.Bool, argument.Type!, CelType.Bool);
        }

        if (!valid)
        {
            SetType(call, CelType.Error);
            return;
        }

        call.Overloads = [function.Overloads[0]];
        SetType(call, CelType.Bool);
    }

    /// <summary>Reports at the node unless <paramref name="from"/> can be assigned to <paramref name="to"/>.</summary>
    private bool Require(CelExpr at, CelType expected, CelType from, CelType to)
    {
        if (_types.IsAssignable(from, to))
        {
            return true;
        }

        errors.Report(at.Offset, $"expected type '{expected.Format}' but found '{at.Type!.Format}'");
        return false;
    }
}
