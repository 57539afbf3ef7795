using OmniScale.Cel.Syntax;
using static OmniScale.Cel.CelType;

namespace OmniScale.Cel.Checking;

/// <summary>The signatures of the standard library, in the order in which overloads are tried.</summary>
internal static class StandardLibrary
{
    private static readonly CelType A = Parameter("A");
    private static readonly CelType B = Parameter("B");
    private static readonly CelType ListOfA = List(A);
    private static readonly CelType MapOfAB = Map(A, B);

    public static readonly IReadOnlyList<Declaration> Types =
    [
        .. new[] { Bool, Bytes, CelType.Double, Duration, Int, AnyList, AnyMap, Null, CelType.String, Timestamp, CelType.Type, UInt }
            .Select(t => new Declaration(t.Name, TypeOf(t)) { Constant = CelValue.OfType(t) }),
    ];

    public static readonly IReadOnlyList<FunctionDeclaration> Functions =
    [
        Function(Operators.Conditional, Global(A, Bool, A, A)),
        Function(Operators.And, Global(Bool, Bool, Bool)),
        Function(Operators.Or, Global(Bool, Bool, Bool)),
        Function(Operators.Not, Global(Bool, Bool)),
        Function(Operators.NotStrictlyFalse, Global(Bool, Bool)),
        Function(Operators.Equal, Global(Bool, A, A)),
        Function(Operators.NotEqual, Global(Bool, A, A)),
        Function(
            Operators.Add, Same(Bytes), Same(CelType.Double), Same(Duration), Global(Timestamp, Duration, Timestamp), Global(Timestamp, Timestamp, Duration),
            Same(Int), Same(ListOfA), Same(CelType.String), Same(UInt)),
        Function(Operators.Divide, Same(CelType.Double), Same(Int), Same(UInt)),
        Function(Operators.Modulo, Same(Int), Same(UInt)),
        Function(Operators.Multiply, Same(CelType.Double), Same(Int), Same(UInt)),
        Function(Operators.Negate, Global(CelType.Double, CelType.Double), Global(Int, Int)),
        Function(
            Operators.Subtract, Same(CelType.Double), Same(Duration), Same(Int), Global(Timestamp, Timestamp, Duration), Global(Duration, Timestamp, Timestamp), Same(UInt)),
        Comparison(Operators.Less),
        Comparison(Operators.LessEqual),
        Comparison(Operators.Greater),
        Comparison(Operators.GreaterEqual),
        Function(Operators.Index, Global(A, ListOfA, Int), Global(B, MapOfAB, A)),
        Function(Operators.In, Global(Bool, A, ListOfA), Global(Bool, A, MapOfAB)),
        Function(
            "size", Global(Int, Bytes), Member(Int, Bytes), Global(Int, ListOfA), Member(Int, ListOfA),
            Global(Int, MapOfAB), Member(Int, MapOfAB), Global(Int, CelType.String), Member(Int, CelType.String)),
        Function("type", Global(TypeOf(A), A)),
        Function("bool", Conversions(Bool, Bool, CelType.String)),
        Function("bytes", Conversions(Bytes, Bytes, CelType.String)),
        Function("double", Conversions(CelType.Double, CelType.Double, Int, CelType.String, UInt)),
        
        // The int is no duration at run time; cel-go 0.27 declares it nevertheless, later versions do not.
        Function("duration", Conversions(Duration, Duration, Int, CelType.String)),
        Function("dyn", Global(Dyn, A)),
        Function("int", Conversions(Int, Int, CelType.Double, Duration, CelType.String, Timestamp, UInt)),
        Function("string", Conversions(CelType.String, CelType.String, Bool, Bytes, CelType.Double, Duration, Int, Timestamp, UInt)),
        Function("timestamp", Conversions(Timestamp, Timestamp, Int, CelType.String)),
        Function("uint", Conversions(UInt, UInt, CelType.Double, Int, CelType.String)),
        Function("contains", Member(Bool, CelType.String, CelType.String)),
        Function("endsWith", Member(Bool, CelType.String, CelType.String)),
        Function("startsWith", Member(Bool, CelType.String, CelType.String)),
        Function("matches", Global(Bool, CelType.String, CelType.String), Member(Bool, CelType.String, CelType.String)),
        TimestampPart("getFullYear"),
        TimestampPart("getMonth"),
        TimestampPart("getDayOfYear"),
        TimestampPart("getDayOfMonth"),
        TimestampPart("getDate"),
        TimestampPart("getDayOfWeek"),
        TimestampPart("getHours", Member(Int, Duration)),
        TimestampPart("getMinutes", Member(Int, Duration)),
        TimestampPart("getSeconds", Member(Int, Duration)),
        TimestampPart("getMilliseconds", Member(Int, Duration)),
    ];

    private static FunctionDeclaration Function(string name, params Overload[] overloads) => new(name, overloads);

    private static FunctionDeclaration TimestampPart(string name, params Overload[] more) =>
        Function(name, [Member(Int, Timestamp), Member(Int, Timestamp, CelType.String), .. more]);

    private static FunctionDeclaration Comparison(string name) =>
        Function(
            name, Global(Bool, Bool, Bool), Global(Bool, Int, Int), Mixed(Int, CelType.Double), Mixed(Int, UInt), Global(Bool, UInt, UInt), Mixed(UInt, CelType.Double),
            Mixed(UInt, Int), Global(Bool, CelType.Double, CelType.Double), Mixed(CelType.Double, Int), Mixed(CelType.Double, UInt), Global(Bool, CelType.String, CelType.String),
            Global(Bool, Bytes, Bytes), Global(Bool, Timestamp, Timestamp), Global(Bool, Duration, Duration));

    private static Overload Global(CelType result, params CelType[] arguments) => new(member: false, arguments, result);

    private static Overload Member(CelType result, params CelType[] arguments) => new(member: true, arguments, result);

    private static Overload Same(CelType type) => Global(type, type, type);

    private static Overload Mixed(CelType left, CelType right) => new(member: false, [left, right], Bool) { MixesNumbers = true };

    private static Overload[] Conversions(CelType to, params CelType[] from) => [.. from.Select(f => Global(to, f))];
}
