namespace OmniScale.Cel.Values;

/// <summary>Conversions and comparisons between int, uint and double. A result of null means that there is none.</summary>
internal static class Numbers
{
    private const double TwoTo63 = 9223372036854775808.0;
    private const double TwoTo64 = 18446744073709551616.0;

    public static long? ToInt(double value) => double.IsNaN(value) || value <= -TwoTo63 || value >= TwoTo63 ? null : (long)value;

    public static ulong? ToUInt(double value) => double.IsNaN(value) || value < 0 || value >= TwoTo64 ? null : (ulong)value;

    public static long? ToIntExactly(double value) => ToInt(value) is { } i && i == value ? i : null;

    public static ulong? ToUIntExactly(double value) => ToUInt(value) is { } u && u == value ? u : null;

    public static bool IsNumber(CelKind kind) => kind is CelKind.Int or CelKind.UInt or CelKind.Double;

    /// <summary>The order of two numbers; null when one is not a number in the floating-point sense.</summary>
    public static int? Compare(CelValue left, CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                return left.AsInt.CompareTo(right.AsInt);
            case (CelKind.UInt, CelKind.UInt):
                return left.AsUInt.CompareTo(right.AsUInt);
            case (CelKind.Int, CelKind.UInt):
                return Compare(left.AsInt, right.AsUInt);
            case (CelKind.UInt, CelKind.Int):
                return -Compare(right.AsInt, left.AsUInt);
            case (CelKind.Double, CelKind.Double):
                return double.IsNaN(left.AsDouble) || double.IsNaN(right.AsDouble) ? null : left.AsDouble.CompareTo(right.AsDouble);
            case (CelKind.Double, _):
                return Compare(left.AsDouble, right);
            default:
                return -Compare(right.AsDouble, left);
        }
    }

    private static int Compare(long left, ulong right) => left < 0 ? -1 : ((ulong)left).CompareTo(right);

    /// <summary>The integer is rounded to a double, as the reference implementation does.</summary>
    private static int? Compare(double left, CelValue right)
    {
        if (double.IsNaN(left))
        {
            return null;
        }

        if (right.Kind == CelKind.Int)
        {
            return left < -TwoTo63 ? -1 : left > TwoTo63 ? 1 : left.CompareTo((double)right.AsInt);
        }

        return left < 0 ? -1 : left > TwoTo64 ? 1 : left.CompareTo((double)right.AsUInt);
    }
}
