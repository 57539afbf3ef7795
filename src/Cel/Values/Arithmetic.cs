using OmniScale.Cel.Syntax;

namespace OmniScale.Cel.Values;

/// <summary>The arithmetic operators on values whose types are known at run time only.</summary>
internal static class Arithmetic
{
    public static CelValue Add(CelValue left, CelValue right, ref long budget)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var sum = unchecked(left.AsInt + right.AsInt);
                return ((left.AsInt ^ sum) & (right.AsInt ^ sum)) < 0 ? Errors.IntOverflow : CelValue.Int(sum);
            case (CelKind.UInt, CelKind.UInt):
                return left.AsUInt > ulong.MaxValue - right.AsUInt ? Errors.UIntOverflow : CelValue.UInt(left.AsUInt + right.AsUInt);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Double(left.AsDouble + right.AsDouble);
            case (CelKind.String, CelKind.String):
                budget -= (left.AsString.Length + right.AsString.Length) / 16;
                return budget < 0 ? Errors.OutOfSteps : CelValue.String(left.AsString + right.AsString);
            case (CelKind.Bytes, CelKind.Bytes):
                budget -= (left.AsBytes.Length + right.AsBytes.Length) / 16;
                return budget < 0 ? Errors.OutOfSteps : CelValue.Bytes([.. left.AsBytes, .. right.AsBytes]);
            case (CelKind.List, CelKind.List):
                // The left side is only copied when something else was appended to it before.
                budget -= right.ListItems.Count + (left.ListItems.Count / 64);
                return budget < 0 ? Errors.OutOfSteps : CelValue.OfList(left.ListItems.Concat(right.ListItems));
            case (CelKind.Duration, CelKind.Duration):
                return Duration(Add(CelValue.Int(left.AsDuration), CelValue.Int(right.AsDuration), ref budget));
            case (CelKind.Timestamp, CelKind.Duration):
                return Shift(left, right.AsDuration);
            case (CelKind.Duration, CelKind.Timestamp):
                return Shift(right, left.AsDuration);
            default:
                return Mismatch(left, Operators.Add, left.Kind is not (CelKind.Null or CelKind.Bool or CelKind.Map or CelKind.Type or CelKind.Object));
        }
    }

    public static CelValue Subtract(CelValue left, CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                return Subtract(left.AsInt, right.AsInt);
            case (CelKind.UInt, CelKind.UInt):
                return right.AsUInt > left.AsUInt ? Errors.UIntOverflow : CelValue.UInt(left.AsUInt - right.AsUInt);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Double(left.AsDouble - right.AsDouble);
            case (CelKind.Duration, CelKind.Duration):
                return Duration(Subtract(left.AsDuration, right.AsDuration));
            case (CelKind.Timestamp, CelKind.Duration):
                return right.AsDuration == long.MinValue ? Errors.IntOverflow : Shift(left, -right.AsDuration);
            case (CelKind.Timestamp, CelKind.Timestamp):
                var (a, b) = (left.AsTimestamp, right.AsTimestamp);
                var nanoseconds = ((Int128)(a.Seconds - b.Seconds) * Times.Second) + (a.Nanoseconds - b.Nanoseconds);
                var wholeSeconds = (Int128)(a.Seconds - b.Seconds) * Times.Second;
                return IsLong(nanoseconds) && IsLong(wholeSeconds) ? CelValue.Duration((long)nanoseconds) : Errors.IntOverflow;
            default:
                return Mismatch(
                    left,
                    Operators.Subtract,
                    left.Kind is CelKind.Int or CelKind.UInt or CelKind.Double or CelKind.String or CelKind.Timestamp or CelKind.Duration);
        }
    }

    public static CelValue Multiply(CelValue left, CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var product = (Int128)left.AsInt * right.AsInt;
                return IsLong(product) ? CelValue.Int((long)product) : Errors.IntOverflow;
            case (CelKind.UInt, CelKind.UInt):
                var unsigned = (UInt128)left.AsUInt * right.AsUInt;
                return unsigned > ulong.MaxValue ? Errors.UIntOverflow : CelValue.UInt((ulong)unsigned);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Double(left.AsDouble * right.AsDouble);
            default:
                return NumberMismatch(left, Operators.Multiply);
        }
    }

    public static CelValue Divide(CelValue left, CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                return right.AsInt == 0 ? Errors.DivisionByZero
                    : left.AsInt == long.MinValue && right.AsInt == -1 ? Errors.IntOverflow
                    : CelValue.Int(left.AsInt / right.AsInt);
            case (CelKind.UInt, CelKind.UInt):
                return right.AsUInt == 0 ? Errors.DivisionByZero : CelValue.UInt(left.AsUInt / right.AsUInt);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Double(left.AsDouble / right.AsDouble);
            default:
                return NumberMismatch(left, Operators.Divide);
        }
    }

    public static CelValue Modulo(CelValue left, CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                return right.AsInt == 0 ? Errors.ModulusByZero
                    : left.AsInt == long.MinValue && right.AsInt == -1 ? Errors.IntOverflow
                    : CelValue.Int(left.AsInt % right.AsInt);
            case (CelKind.UInt, CelKind.UInt):
                return right.AsUInt == 0 ? Errors.ModulusByZero : CelValue.UInt(left.AsUInt % right.AsUInt);
            default:
                return Mismatch(
                    left, Operators.Modulo, left.Kind is CelKind.Int or CelKind.UInt or CelKind.String or CelKind.Timestamp or CelKind.Duration);
        }
    }

    public static CelValue Negate(CelValue value) => value.Kind switch
    {
        CelKind.Int => value.AsInt == long.MinValue ? Errors.IntOverflow : CelValue.Int(-value.AsInt),
        CelKind.Duration => value.AsDuration == long.MinValue ? Errors.IntOverflow : CelValue.Duration(-value.AsDuration),
        CelKind.Double => CelValue.Double(-value.AsDouble),
        _ => Mismatch(value, Operators.Negate, value.Kind is CelKind.Bool or CelKind.String or CelKind.Timestamp),
    };

    /// <summary>The order of two values of comparable types, or an error.</summary>
    public static bool TryCompare(string function, CelValue left, CelValue right, out int order, out CelValue error)
    {
        order = 0;
        error = default;
        if (Numbers.IsNumber(left.Kind) && Numbers.IsNumber(right.Kind))
        {
            var result = Numbers.Compare(left, right);
            order = result ?? 0;
            error = Errors.Unordered;
            return result is not null;
        }

        if (left.Kind != right.Kind || left.Kind is CelKind.Null or CelKind.List or CelKind.Map or CelKind.Type or CelKind.Object)
        {
            var comparable = left.Kind is not (CelKind.Null or CelKind.List or CelKind.Map or CelKind.Type or CelKind.Object);
            error = double.IsNaN(left.Kind == CelKind.Double ? left.AsDouble : 0) ? Errors.Unordered
                : comparable ? Errors.NoSuchOverload
                : Errors.NoSuchOverloadOf(function);
            return false;
        }

        switch (left.Kind)
        {
            case CelKind.String:
                order = CompareCodePoints(left.AsString, right.AsString);
                break;
            case CelKind.Bytes:
                order = left.AsBytes.SequenceCompareTo(right.AsBytes);
                break;
            case CelKind.Timestamp:
                var (a, b) = (left.AsTimestamp, right.AsTimestamp);
                order = a.Seconds != b.Seconds ? a.Seconds.CompareTo(b.Seconds) : a.Nanoseconds.CompareTo(b.Nanoseconds);
                break;
            default:
                order = left.AsInt.CompareTo(right.AsInt);
                break;
        }

        return true;
    }

    /// <summary>Surrogates sort above every other code unit, as the code points that they encode do.</summary>
    private static int CompareCodePoints(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
        {
            return left.Length.CompareTo(right.Length);
        }

        var (a, b) = (left[common], right[common]);
        return char.IsSurrogate(a) != char.IsSurrogate(b) ? char.IsSurrogate(a) ? 1 : -1 : a.CompareTo(b);
    }

    private static CelValue Subtract(long left, long right)
    {
        var difference = unchecked(left - right);
        return ((left ^ right) & (left ^ difference)) < 0 ? Errors.IntOverflow : CelValue.Int(difference);
    }

    private static CelValue Duration(CelValue value) => value.IsError ? value : CelValue.Duration(value.AsInt);

    private static CelValue Shift(CelValue timestamp, long duration)
    {
        var (seconds, nanoseconds, offset) = timestamp.AsTimestamp;
        return Times.Timestamp(seconds + (duration / Times.Second), nanoseconds + (duration % Times.Second), offset);
    }

    private static bool IsLong(Int128 value) => value >= long.MinValue && value <= long.MaxValue;

    private static CelValue NumberMismatch(CelValue left, string function) =>
        Mismatch(
            left,
            function,
            left.Kind is CelKind.Int or CelKind.UInt or CelKind.Double or CelKind.String or CelKind.Timestamp or CelKind.Duration);

    /// <summary>The reference implementation names the operator only when the left side has no such operation and no methods at all.</summary>
    private static CelValue Mismatch(CelValue left, string function, bool knowsOperation) =>
        knowsOperation ? Errors.NoSuchOverload : Errors.NoSuchOverloadOf(function);
}
