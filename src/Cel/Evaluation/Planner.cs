using OmniScale.Cel.Checking;
using OmniScale.Cel.Syntax;

namespace OmniScale.Cel.Evaluation;

/// <summary>Turns an expression into a program. It also takes expressions that were not checked; their names are looked up here.</summary>
internal sealed class Planner(CelEnvironment environment)
{
    private readonly List<string> _locals = [];

    /// <summary>How many variables of macros are alive at once.</summary>
    public int LocalCount { get; private set; }

    public Node Plan(CelExpr expr) => expr switch
    {
        CelConstantExpr constant => new ConstantNode(constant.Value),
        CelIdentExpr ident => PlanIdent(ident),
        CelSelectExpr select => PlanSelect(select),
        CelCallExpr call => PlanCall(call),
        CelListExpr list => PlanList(list),
        CelMapExpr map => PlanMap(map),
        CelComprehensionExpr fold => PlanFold(fold),
        _ => new ConstantNode(CelValue.Error("unknown type")),
    };

    private static Node OfDeclaration(Declaration declaration) =>
        declaration.Constant is { } constant ? new ConstantNode(constant) : new VariableNode(declaration.Variable!);

    private Node PlanIdent(CelIdentExpr ident)
    {
        if (ident.Declaration is { } declaration && (declaration.Constant is not null || declaration.Variable is not null))
        {
            return OfDeclaration(declaration);
        }

        var slot = _locals.LastIndexOf(ident.Name);
        return slot >= 0 ? new LocalNode(slot)
            : environment.FindIdent(ident.Name) is { } global ? OfDeclaration(global)
            : Missing(ident.Name);
    }

    private static ConstantNode Missing(string name) => new(CelValue.Error($"no such attribute(s): {name}"));

    private Node PlanSelect(CelSelectExpr select)
    {
        if (select.Resolved is { } resolved)
        {
            return OfDeclaration(resolved.Declaration!);
        }

        if (select.Type is null && !select.IsTest && Checker.QualifiedName(select) is { } name
            && !_locals.Contains(name[..name.IndexOf('.', 1)]) && environment.FindIdent(name) is { } global)
        {
            return OfDeclaration(global);
        }

        return new SelectNode(Plan(select.Operand), select.Field, select.IsTest);
    }

    private Node PlanCall(CelCallExpr call)
    {
        var name = call.QualifiedFunction ?? call.Function;
        var target = call.QualifiedFunction is null ? call.Target : null;
        if (call.Overloads is null && target is not null
            && Checker.QualifiedName(target) is { } prefix && environment.FindFunction($"{prefix}.{name}") is { } qualified)
        {
            (name, target) = (qualified.Name, null);
        }

        Node[] arguments = [.. target is null ? [] : new[] { Plan(target) }, .. call.Arguments.Select(Plan)];
        var function = environment.FindFunction(name);
        name = function?.Name ?? name;
        if (function is not null && function.Overloads[0].Implementation is not null)
        {
            var overloads = call.Overloads ?? [.. function.Overloads.Where(o => o.Arguments.Length == arguments.Length)];
            return new CallNode(name, arguments, overloads);
        }

        return arguments.Length switch
        {
            1 => PlanUnary(name, arguments),
            2 => PlanBinary(name, arguments),
            3 when name == Operators.Conditional => new ConditionalNode(arguments[0], arguments[1], arguments[2]),
            _ => new CallNode(name, arguments, []),
        };
    }

    private static Node PlanUnary(string name, Node[] arguments) => name switch
    {
        Operators.Not => new NotNode(arguments[0]),
        Operators.NotStrictlyFalse => new NotStrictlyFalseNode(arguments[0]),
        _ => StandardFunctions.Unary.TryGetValue(name, out var function) ? new UnaryNode(arguments[0], function) : new CallNode(name, arguments, []),
    };

    private static Node PlanBinary(string name, Node[] arguments)
    {
        var (left, right) = (arguments[0], arguments[1]);
        return name switch
        {
            Operators.And => new LogicNode(left, right, deciding: false),
            Operators.Or => new LogicNode(left, right, deciding: true),
            Operators.Equal => new EqualNode(left, right, negated: false),
            Operators.NotEqual => new EqualNode(left, right, negated: true),
            Operators.Less => new CompareNode(name, left, right, wantsLess: true, orEqual: false),
            Operators.LessEqual => new CompareNode(name, left, right, wantsLess: true, orEqual: true),
            Operators.Greater => new CompareNode(name, left, right, wantsLess: false, orEqual: false),
            Operators.GreaterEqual => new CompareNode(name, left, right, wantsLess: false, orEqual: true),
            Operators.In => new InNode(left, right),
            Operators.Index => new IndexNode(left, right),
            "matches" => new MatchesNode(left, right),
            _ => StandardFunctions.Binary.TryGetValue(name, out var function) ? new BinaryNode(left, right, function) : new CallNode(name, arguments, []),
        };
    }

    private Node PlanList(CelListExpr list)
    {
        var node = new ListNode([.. list.Items.Select(Plan)]);
        return Array.TrueForAll(list.Items, IsConstant) ? Fold(node) : node;
    }

    private Node PlanMap(CelMapExpr map)
    {
        var node = new MapNode([.. map.Items.Select(e => (Plan(e.Key), Plan(e.Value)))]);
        return Array.TrueForAll(map.Items, e => IsConstant(e.Key) && IsConstant(e.Value)) ? Fold(node) : node;
    }

    private static bool IsConstant(CelExpr expr) => expr is CelConstantExpr;

    private static Node Fold(Node node)
    {
        var frame = new Frame { Activation = NoVariables.Instance, Locals = [], Budget = long.MaxValue };
        var value = node.Evaluate(ref frame);
        return value.IsError ? node : new ConstantNode(value);
    }

    private FoldNode PlanFold(CelComprehensionExpr fold)
    {
        var initial = Plan(fold.Initial);
        var range = Plan(fold.Range);
        _locals.Add(CelComprehensionExpr.Accumulator);
        _locals.Add(fold.Variable);
        LocalCount = Math.Max(LocalCount, _locals.Count);
        var condition = Plan(fold.Condition);
        var step = Plan(fold.Step);
        _locals.RemoveAt(_locals.Count - 1);
        var result = Plan(fold.Result);
        _locals.RemoveAt(_locals.Count - 1);
        return new FoldNode(range, initial, condition, step, result, _locals.Count, _locals.Count + 1);
    }
}

internal sealed class NoVariables : ICelActivation
{
    public static readonly NoVariables Instance = new();

    public CelValue Resolve(CelVariable variable) => CelValue.Error($"no such attribute(s): {variable.Name}");
}
