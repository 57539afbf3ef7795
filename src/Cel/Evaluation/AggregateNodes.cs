using OmniScale.Cel.Values;

namespace OmniScale.Cel.Evaluation;

internal static class MapKeys
{
    /// <summary>The reference implementation panics on such a key, which ends the evaluation, and reports the panic.</summary>
    public static readonly CelValue Error = CelValue.Error("internal error: runtime error: hash of unhashable type types.Bytes");

    public static bool Unhashable(CelValue key) => key.Kind == CelKind.Bytes;
}

internal sealed class ListNode(Node[] items) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var values = new CelValue[items.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = items[i].Evaluate(ref frame);
            if (values[i].IsError)
            {
                return values[i];
            }
        }

        return CelValue.OfList(new CelList(values));
    }
}

internal sealed class MapNode((Node Key, Node Value)[] entries) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var map = new CelMap();
        foreach (var (keyNode, valueNode) in entries)
        {
            var key = keyNode.Evaluate(ref frame);
            if (key.IsError)
            {
                return key;
            }

            var value = valueNode.Evaluate(ref frame);
            if (value.IsError)
            {
                return value;
            }

            if (MapKeys.Unhashable(key))
            {
                return frame.Abort(MapKeys.Error);
            }

            map.Set(key, value);
        }

        return CelValue.OfMap(map);
    }
}

internal sealed class SelectNode(Node operand, string field, bool test) : Node
{
    private static readonly CelValue WrongIndex = CelValue.Error("unsupported index type 'string' in list");

    private readonly CelValue _key = CelValue.String(field);

    public override CelValue Evaluate(ref Frame frame)
    {
        var value = operand.Evaluate(ref frame);
        CelValue result;
        bool found;
        switch (value.Kind)
        {
            case CelKind.Error:
                return value;
            case CelKind.Map:
                found = value.MapItems.TryGet(_key, out result);
                break;
            case CelKind.Object:
                found = value.AsObject.TryGetField(field, out result);
                break;
            case CelKind.List:
                return WrongIndex;
            default:
                found = false;
                result = default;
                break;
        }

        return test ? CelValue.Bool(found) : found ? result : Errors.NoSuchKey(field);
    }
}

internal sealed class IndexNode(Node operand, Node index) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = operand.Evaluate(ref frame);
        if (value.IsError)
        {
            return value;
        }

        var key = index.Evaluate(ref frame);
        if (key.IsError)
        {
            return key;
        }

        if (InvalidQualifier(key) is { } invalid)
        {
            return CelValue.Error($"invalid qualifier type: {invalid}");
        }

        switch (value.Kind)
        {
            case CelKind.Map:
                return value.MapItems.TryGet(key, out var result) ? result : Errors.NoSuchKey(key);
            case CelKind.List:
                return At(value.ListItems, key);
            case CelKind.Object when key.Kind == CelKind.String:
                return value.AsObject.TryGetField(key.AsString, out var field) ? field : Errors.NoSuchKey(key);
            default:
                return Errors.NoSuchKey(key);
        }
    }

    private static CelValue At(CelList list, CelValue key)
    {
        long? position = key.Kind switch
        {
            CelKind.Int => key.AsInt,
            CelKind.UInt => key.AsUInt <= long.MaxValue ? (long)key.AsUInt : null,
            CelKind.Double => Numbers.ToIntExactly(key.AsDouble),
            _ => -1,
        };
        if (!Numbers.IsNumber(key.Kind))
        {
            return CelValue.Error($"unsupported index type '{key.Type}' in list");
        }

        return position is not { } i ? CelValue.Error($"unsupported index value {key} in list")
            : i >= 0 && i < list.Count ? list[(int)i]
            : CelValue.Error($"index out of bounds: {key}");
    }

    /// <summary>The reference implementation indexes by a few types only; it names others as its own types.</summary>
    private static string? InvalidQualifier(CelValue key) => key.Kind switch
    {
        CelKind.Bytes => "types.Bytes",
        CelKind.Null => "types.Null",
        CelKind.Timestamp => "types.Timestamp",
        CelKind.Duration => "types.Duration",
        CelKind.Type => "*types.Type",
        CelKind.List => "*types.baseList",
        CelKind.Map => "*types.baseMap",
        _ => null,
    };
}

/// <summary>The loop of a macro.</summary>
internal sealed class FoldNode(Node range, Node initial, Node condition, Node step, Node result, int accumulator, int variable) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var over = range.Evaluate(ref frame);
        if (over.IsError)
        {
            return over;
        }

        if (over.Kind is not (CelKind.List or CelKind.Map))
        {
            return CelValue.Error($"got '{GoTypeName(over.Kind)}', expected iterable type");
        }

        frame.Locals[accumulator] = initial.Evaluate(ref frame);
        if (over.Kind == CelKind.List)
        {
            var list = over.ListItems;
            for (var i = 0; i < list.Count && Next(list[i], ref frame); i++)
            {
            }
        }
        else
        {
            foreach (var key in over.MapItems.Keys)
            {
                if (!Next(key, ref frame))
                {
                    break;
                }
            }
        }

        return frame.Budget < 0 ? Errors.OutOfSteps : result.Evaluate(ref frame);
    }

    private bool Next(CelValue element, ref Frame frame)
    {
        if (--frame.Budget < 0)
        {
            return false;
        }

        frame.Locals[variable] = element;
        var proceed = condition.Evaluate(ref frame);
        if (proceed.Kind == CelKind.Bool && !proceed.AsBool)
        {
            return false;
        }

        frame.Locals[accumulator] = step.Evaluate(ref frame);
        return true;
    }

    private static string GoTypeName(CelKind kind) => kind switch
    {
        CelKind.Type => "*types.Type",
        CelKind.UInt => "types.Uint",
        _ => $"types.{kind}",
    };
}
