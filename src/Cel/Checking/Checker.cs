using OmniScale.Cel.Syntax;

namespace OmniScale.Cel.Checking;

/// <summary>Gives every node a type and every name a meaning, or reports why that cannot be.</summary>
internal sealed partial class Checker(CelEnvironment environment, ErrorList errors)
{
    private readonly TypeUnifier _types = new();
    private readonly List<Declaration> _locals = [];
    private readonly List<CelExpr> _generic = [];
    private bool _mixedComparisons;

    public static void Check(CelExpr expr, CelEnvironment environment, ErrorList errors)
    {
        var checker = new Checker(environment, errors);
        checker.Visit(expr);
        foreach (var node in checker._generic)
        {
            node.Type = checker._types.Substitute(node.Type!, unboundToDyn: true);
        }
    }

    private void SetType(CelExpr expr, CelType type)
    {
        expr.Type = type;
        if (type.HasTypeParam)
        {
            _generic.Add(expr);
        }
    }

    private void Fail(CelExpr expr, string message)
    {
        SetType(expr, CelType.Error);
        errors.Report(expr.Offset, message);
    }

    private string Undeclared(string name) => $"undeclared reference to '{name}' (in container '{environment.Container}')";

    private CelType Visit(CelExpr expr)
    {
        switch (expr)
        {
            case CelConstantExpr constant:
                expr.Type = constant.Value.Type;
                break;
            case CelIdentExpr ident:
                VisitIdent(ident);
                break;
            case CelSelectExpr select:
                VisitSelect(select);
                break;
            case CelCallExpr call:
                VisitCall(call);
                break;
            case CelListExpr list:
                VisitList(list);
                break;
            case CelMapExpr map:
                VisitMap(map);
                break;
            case CelComprehensionExpr comprehension:
                VisitComprehension(comprehension);
                break;
            case CelStructExpr message:
                VisitStruct(message);
                break;
        }

        return expr.Type!;
    }

    private void VisitIdent(CelIdentExpr ident)
    {
        if (Local(ident.Name) is { } local)
        {
            Resolve(ident, local);
        }
        else if (environment.FindIdent(ident.Name) is { } global)
        {
            Resolve(ident, global);
        }
        else
        {
            Fail(ident, Undeclared(ident.Name));
        }
    }

    private void Resolve(CelIdentExpr ident, Declaration declaration)
    {
        ident.Declaration = declaration;
        SetType(ident, declaration.Type);
    }

    private Declaration? Local(string name)
    {
        for (var i = _locals.Count - 1; i >= 0; i--)
        {
            if (_locals[i].Name == name)
            {
                return name.StartsWith('.') ? null : _locals[i];
            }
        }

        return null;
    }

    private void VisitSelect(CelSelectExpr select)
    {
        if (!select.IsTest
            && QualifiedName(select) is { } name
            && Local(name[..name.IndexOf('.', 1)]) is null
            && environment.FindIdent(name) is { } declaration)
        {
            var ident = new CelIdentExpr(select.Offset, name);
            Resolve(ident, declaration);
            select.Resolved = ident;
            SetType(select, ident.Type!);
            return;
        }

        var type = _types.Substitute(SelectField(select), unboundToDyn: false);
        SetType(select, select.IsTest ? CelType.Bool : type);
    }

    private CelType SelectField(CelSelectExpr select)
    {
        var operand = _types.Substitute(Visit(select.Operand), unboundToDyn: false);
        switch (operand.Kind)
        {
            case CelTypeKind.Map:
                return operand.Parameters[1];
            case CelTypeKind.Object:
                if (operand.TryGetField(select.Field, out var field))
                {
                    return field;
                }

                errors.Report(select.Offset, $"undefined field '{select.Field}'");
                return CelType.Error;
            case CelTypeKind.TypeParam:
                _types.IsAssignable(CelType.Dyn, operand);
                return CelType.Dyn;
            case CelTypeKind.Dyn or CelTypeKind.Error:
                return CelType.Dyn;
            default:
                errors.Report(select.Offset, $"type '{operand.Format}' does not support field selection");
                return CelType.Dyn;
        }
    }

    /// <summary>The dotted name that the expression spells, or null when it is no plain chain of names.</summary>
    internal static string? QualifiedName(CelExpr expr)
    {
        var parts = new Stack<string>();
        while (expr is CelSelectExpr { IsTest: false } select)
        {
            parts.Push(select.Field);
            expr = select.Operand;
        }

        if (expr is not CelIdentExpr ident)
        {
            return null;
        }

        parts.Push(ident.Name);
        return string.Join('.', parts);
    }

    private void VisitList(CelListExpr list)
    {
        CelType? element = null;
        foreach (var item in list.Items)
        {
            element = Join(element, Visit(item));
        }

        SetType(list, CelType.List(element ?? _types.NewVariable()));
    }

    private void VisitMap(CelMapExpr map)
    {
        CelType? key = null;
        CelType? value = null;
        foreach (var entry in map.Items)
        {
            key = Join(key, Visit(entry.Key));
            value = Join(value, Visit(entry.Value));
        }

        key ??= _types.NewVariable();
        SetType(map, CelType.Map(key, value ?? _types.NewVariable()));
    }

    private CelType Join(CelType? previous, CelType current) =>
        previous is null ? current
        : _types.IsAssignable(previous, current) ? TypeUnifier.MostGeneral(previous, current)
        : CelType.Dyn;

    private void VisitStruct(CelStructExpr message)
    {
        if (environment.FindIdent(message.Name) is not { Type.Kind: CelTypeKind.Type } type)
        {
            Fail(message, Undeclared(message.Name));
        }
        else
        {
            Fail(message, $"'{type.Name}' is not a message type");
        }
    }

    private void VisitComprehension(CelComprehensionExpr fold)
    {
        Visit(fold.Range);
        var accumulator = Visit(fold.Initial);
        var range = _types.Substitute(fold.Range.Type!, unboundToDyn: false);
        _locals.Add(new Declaration(CelComprehensionExpr.Accumulator, accumulator));

        // In the reference implementation a macro's scope forgets that mixed comparisons are off, and they stay on after it.
        _mixedComparisons = true;
        _locals.Add(new Declaration(fold.Variable, ElementType(fold, range)));
        Visit(fold.Condition);
        Require(fold.Condition, CelType.Bool, CelType.Bool, fold.Condition.Type!);
        Visit(fold.Step);
        Require(fold.Step, accumulator, accumulator, fold.Step.Type!);
        _locals.RemoveAt(_locals.Count - 1);
        Visit(fold.Result);
        _locals.RemoveAt(_locals.Count - 1);
        SetType(fold, _types.Substitute(fold.Result.Type!, unboundToDyn: false));
    }

    private CelType ElementType(CelComprehensionExpr fold, CelType range)
    {
        switch (range.Kind)
        {
            case CelTypeKind.List or CelTypeKind.Map:
                return range.Parameters[0];
            case CelTypeKind.Dyn or CelTypeKind.Error or CelTypeKind.TypeParam:
                _types.IsAssignable(CelType.Dyn, range);
                return CelType.Dyn;
            default:
                errors.Report(
                    fold.Range.Offset,
                    $"expression of type '{range.Format}' cannot be range of a comprehension (must be list, map, or dynamic)");
                return CelType.Error;
        }
    }
}
