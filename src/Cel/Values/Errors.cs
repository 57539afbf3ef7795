namespace OmniScale.Cel.Values;

/// <summary>Evaluation errors in the words of the reference implementation.</summary>
internal static class Errors
{
    public static readonly CelValue DivisionByZero = CelValue.Error("division by zero");
    public static readonly CelValue ModulusByZero = CelValue.Error("modulus by zero");
    public static readonly CelValue IntOverflow = CelValue.Error("integer overflow");
    public static readonly CelValue UIntOverflow = CelValue.Error("unsigned integer overflow");
    public static readonly CelValue TimestampOverflow = CelValue.Error("timestamp overflow");
    public static readonly CelValue NoSuchOverload = CelValue.Error("no such overload");
    public static readonly CelValue Unordered = CelValue.Error("NaN values cannot be ordered");
    public static readonly CelValue OutOfSteps = CelValue.Error("evaluation stopped: too many steps");

    public static CelValue NoSuchOverloadOf(string function) => CelValue.Error($"no such overload: {function}");

    public static CelValue NoSuchOverloadFor(string function, ReadOnlySpan<CelValue> arguments) =>
        CelValue.Error($"no such overload: {function}({string.Join(", ", arguments.ToArray().Select(a => a.Type.Name))})");

    public static CelValue NoSuchKey(CelValue key) => CelValue.Error($"no such key: {KeyText(key)}");

    public static CelValue NoSuchKey(string field) => CelValue.Error($"no such key: {field}");

    public static CelValue Conversion(CelValue from, CelType to) => CelValue.Error($"type conversion error from '{from.Type}' to '{to}'");

    /// <summary>A null prints as the number of its only protobuf enum value.</summary>
    private static string KeyText(CelValue key) => key.Kind == CelKind.Null ? "0" : ValueText.Format(key);
}
