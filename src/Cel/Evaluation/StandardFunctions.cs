using System.Collections.Frozen;
using OmniScale.Cel.Syntax;
using OmniScale.Cel.Values;

namespace OmniScale.Cel.Evaluation;

/// <summary>The implementations behind <see cref="Checking.StandardLibrary"/> that are plain functions of their arguments.</summary>
internal static class StandardFunctions
{
    private static readonly string[] TimeParts =
    [
        "getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek", "getHours", "getMinutes", "getSeconds", "getMilliseconds",
    ];

    public static readonly FrozenDictionary<string, UnaryFunction> Unary = new Dictionary<string, UnaryFunction>
    {
        [Operators.Negate] = Arithmetic.Negate,
        ["size"] = Conversions.Size,
        ["type"] = value => CelValue.OfType(value.Type),
        ["dyn"] = value => value,
        ["bool"] = Conversions.ToBool,
        ["bytes"] = Conversions.ToBytes,
        ["double"] = Conversions.ToDouble,
        ["duration"] = Conversions.ToDuration,
        ["int"] = Conversions.ToInt,
        ["string"] = Conversions.ToString,
        ["timestamp"] = Conversions.ToTimestamp,
        ["uint"] = Conversions.ToUInt,
    }.Concat(TimeParts.Select(p => KeyValuePair.Create<string, UnaryFunction>(p, value => TimeFunctions.Get(p, value)))).ToFrozenDictionary();

    public static readonly FrozenDictionary<string, BinaryFunction> Binary = new Dictionary<string, BinaryFunction>
    {
        [Operators.Add] = Arithmetic.Add,
        [Operators.Subtract] = (CelValue left, CelValue right, ref long _) => Arithmetic.Subtract(left, right),
        [Operators.Multiply] = (CelValue left, CelValue right, ref long _) => Arithmetic.Multiply(left, right),
        [Operators.Divide] = (CelValue left, CelValue right, ref long _) => Arithmetic.Divide(left, right),
        [Operators.Modulo] = (CelValue left, CelValue right, ref long _) => Arithmetic.Modulo(left, right),
        ["contains"] = (CelValue left, CelValue right, ref long budget) => Strings(left, right, ref budget, static (a, b) => a.Contains(b, StringComparison.Ordinal)),
        ["startsWith"] = (CelValue left, CelValue right, ref long budget) => Strings(left, right, ref budget, static (a, b) => a.StartsWith(b, StringComparison.Ordinal)),
        ["endsWith"] = (CelValue left, CelValue right, ref long budget) => Strings(left, right, ref budget, static (a, b) => a.EndsWith(b, StringComparison.Ordinal)),
    }.Concat(TimeParts.Select(p => KeyValuePair.Create<string, BinaryFunction>(
        p, (CelValue value, CelValue zone, ref long _) => TimeFunctions.Get(p, value, zone)))).ToFrozenDictionary();

    private static CelValue Strings(CelValue left, CelValue right, ref long budget, Func<string, string, bool> test)
    {
        if (left.Kind != CelKind.String || right.Kind != CelKind.String)
        {
            return Errors.NoSuchOverload;
        }

        budget -= left.AsString.Length / 64;
        return CelValue.Bool(test(left.AsString, right.AsString));
    }
}
