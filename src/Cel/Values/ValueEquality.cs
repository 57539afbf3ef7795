namespace OmniScale.Cel.Values;

internal static class ValueEquality
{
    public static bool AreEqual(CelValue left, CelValue right)
    {
        var budget = long.MaxValue;
        return AreEqual(left, right, ref budget);
    }

    /// <summary>Takes every comparison off the budget, since lists that share elements can be exponentially large. Below zero the answer means nothing.</summary>
    public static bool AreEqual(CelValue left, CelValue right, ref long budget)
    {
        if (--budget < 0)
        {
            return false;
        }

        if (left.Kind != right.Kind)
        {
            return Numbers.IsNumber(left.Kind) && Numbers.IsNumber(right.Kind) && Numbers.Compare(left, right) == 0;
        }

        switch (left.Kind)
        {
            case CelKind.Null:
                return true;
            case CelKind.Bool or CelKind.Int or CelKind.UInt or CelKind.Duration:
                return left.AsInt == right.AsInt;
            case CelKind.Double:
                return Numbers.Compare(left, right) == 0;
            case CelKind.String:
                return string.Equals(left.AsString, right.AsString, StringComparison.Ordinal);
            case CelKind.Bytes:
                return left.AsBytes.SequenceEqual(right.AsBytes);
            case CelKind.Timestamp:
                return left.AsTimestamp.Seconds == right.AsTimestamp.Seconds && left.AsTimestamp.Nanoseconds == right.AsTimestamp.Nanoseconds;
            case CelKind.Type:
                return left.AsType.Name == right.AsType.Name;
            case CelKind.List:
                return AreEqual(left.ListItems, right.ListItems, ref budget);
            case CelKind.Map:
                return AreEqual(left.MapItems, right.MapItems, ref budget);
            case CelKind.Object:
                return left.AsObject.Equals(right.AsObject);
            default:
                return left.ErrorMessage == right.ErrorMessage;
        }
    }

    public static int Hash(CelValue value) => value.Kind switch
    {
        CelKind.Bool or CelKind.Duration => value.AsInt.GetHashCode(),
        CelKind.Int => ((double)value.AsInt).GetHashCode(),
        CelKind.UInt => ((double)value.AsUInt).GetHashCode(),
        CelKind.Double => (value.AsDouble + 0.0).GetHashCode(),
        CelKind.String => value.AsString.GetHashCode(StringComparison.Ordinal),
        CelKind.Timestamp => value.AsTimestamp.Seconds.GetHashCode(),
        CelKind.Type => value.AsType.Name.GetHashCode(StringComparison.Ordinal),
        CelKind.List => value.ListItems.Count,
        CelKind.Map => value.MapItems.Count,
        CelKind.Bytes => value.AsBytes.Length,
        CelKind.Object => value.AsObject.GetHashCode(),
        _ => 0,
    };

    private static bool AreEqual(CelList left, CelList right, ref long budget)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        for (var i = 0; i < left.Count; i++)
        {
            if (!AreEqual(left[i], right[i], ref budget))
            {
                return false;
            }
        }

        return true;
    }

    private static bool AreEqual(CelMap left, CelMap right, ref long budget)
    {
        if (left.Count != right.Count)
        {
            return false;
        }

        foreach (var (key, value) in left)
        {
            // A key that is not a number equals no key, not even itself.
            if (!left.TryGet(key, out _) || !right.TryGet(key, out var other) || !AreEqual(value, other, ref budget))
            {
                return false;
            }
        }

        return true;
    }
}
