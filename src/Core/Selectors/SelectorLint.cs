using OmniScale.Cel;

namespace OmniScale.Core.Selectors;

/// <summary>A variable that is compared with a text.</summary>
/// <param name="IsEquality">By == or !=, not as a member of a list.</param>
internal sealed record Comparison(string Variable, string Value, CelConstantExpr Constant, bool IsEquality)
{
    /// <summary>The values that the variable has somewhere in the cluster.</summary>
    public IReadOnlyList<string> Known(SelectorScope scope) => Variable switch
    {
        "name" => scope.Names,
        "node" => scope.Nodes,
        _ => scope.Types,
    };

    public string Problem(SelectorScope scope) => Variable switch
    {
        "name" => $"There is no storage \"{Value}\".",
        "node" => $"There is no node \"{Value}\"; the nodes are {Phrases.Some(scope.Nodes, "nodes")}.",
        _ => StorageTypes.IsKnown(Value) ? $"There is no storage of type \"{Value}\"." : $"Proxmox has no storage type \"{Value}\".",
    };
}

/// <summary>Looks for what compiles and is wrong all the same.</summary>
internal static class SelectorLint
{
    public static IReadOnlyList<Comparison> UnknownConstants(StorageSelector selector, SelectorScope scope) =>
        [.. Comparisons(selector).Where(c => c.Value.Length > 0 && IsUnknown(c, scope)).DistinctBy(c => (c.Variable, c.Value))];

    /// <summary>Numbers of bytes that somebody took for GB: 0 and 1 only ask whether there is space at all.</summary>
    public static IReadOnlyList<(CelConstantExpr Constant, ulong Value)> SmallSizes(StorageSelector selector)
    {
        var found = new List<(CelConstantExpr, ulong)>();
        Visit(selector.Expression, call =>
        {
            if (call.Function is "_>_" or "_>=_" or "_<_" or "_<=_" or "_==_" or "_!=_"
                && Pair(call.Args) is { } pair && pair.Variable == "availableSpace" && pair.Constant.Value is { Kind: CelKind.UInt, AsUInt: > 1 and < 1 << 30 } value)
            {
                found.Add((pair.Constant, value.AsUInt));
            }
        });
        return found;
    }

    /// <summary>The variables that the selector looks at.</summary>
    public static IReadOnlySet<string> Variables(StorageSelector selector)
    {
        var names = new HashSet<string>();
        Visit(selector.Expression, _ => { }, ident => names.Add(ident.Name.TrimStart('.')));
        names.IntersectWith(StorageSelector.Environment.Variables.Select(v => v.Name));
        return names;
    }

    private static bool IsUnknown(Comparison comparison, SelectorScope scope) => scope.Names.Count > 0
        ? !comparison.Known(scope).Contains(comparison.Value)
        : comparison.Variable == "storageType" && !StorageTypes.IsKnown(comparison.Value);

    private static IEnumerable<Comparison> Comparisons(StorageSelector selector)
    {
        var found = new List<Comparison>();
        Visit(selector.Expression, call =>
        {
            if (call.Function is "_==_" or "_!=_" && Pair(call.Args) is { Constant.Value.Kind: CelKind.String } pair)
            {
                found.Add(new(pair.Variable, pair.Constant.Value.AsString, pair.Constant, IsEquality: true));
            }
            else if (call is { Function: "@in", Args: [CelIdentExpr variable, CelListExpr list] })
            {
                found.AddRange(list.Elements.OfType<CelConstantExpr>().Where(c => c.Value.Kind == CelKind.String)
                    .Select(c => new Comparison(variable.Name.TrimStart('.'), c.Value.AsString, c, IsEquality: false)));
            }
        });
        return found.Where(c => c.Variable is "name" or "node" or "storageType");
    }

    private static (string Variable, CelConstantExpr Constant)? Pair(IReadOnlyList<CelExpr> args) => args switch
    {
        [CelIdentExpr variable, CelConstantExpr constant] => (variable.Name.TrimStart('.'), constant),
        [CelConstantExpr constant, CelIdentExpr variable] => (variable.Name.TrimStart('.'), constant),
        _ => null,
    };

    private static void Visit(CelExpr? root, Action<CelCallExpr> onCall, Action<CelIdentExpr>? onIdent = null)
    {
        // A chain of || may be thousands deep.
        var pending = new Stack<CelExpr>();
        Push(root);
        while (pending.TryPop(out var expr))
        {
            switch (expr)
            {
                case CelIdentExpr ident:
                    onIdent?.Invoke(ident);
                    break;
                case CelSelectExpr select:
                    Push(select.Operand);
                    break;
                case CelCallExpr call:
                    onCall(call);
                    Push(call.Target);
                    PushAll(call.Args);
                    break;
                case CelListExpr list:
                    PushAll(list.Elements);
                    break;
                case CelMapExpr map:
                    PushAll(map.Entries.SelectMany(e => (CelExpr[])[e.Key, e.Value]));
                    break;
                case CelComprehensionExpr loop:
                    PushAll([loop.Range, loop.Initial, loop.Condition, loop.Step, loop.Result]);
                    break;
            }
        }

        void Push(CelExpr? expr)
        {
            if (expr is not null)
            {
                pending.Push(expr);
            }
        }

        void PushAll(IEnumerable<CelExpr> exprs)
        {
            foreach (var expr in exprs.Reverse())
            {
                pending.Push(expr);
            }
        }
    }
}
