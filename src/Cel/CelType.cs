namespace OmniScale.Cel;

public enum CelTypeKind
{
    Dyn, Error, Null, Bool, Int, UInt, Double, String, Bytes, Timestamp, Duration, List, Map, Type, Object, Abstract, TypeParam,
}

/// <summary>A type of the language, as the checker knows it. Types are immutable; two types are the same when they print the same.</summary>
public sealed class CelType : IEquatable<CelType>
{
    private static readonly CelType[] NoParameters = [];

    public static readonly CelType Dyn = new(CelTypeKind.Dyn, "dyn");
    public static readonly CelType Null = new(CelTypeKind.Null, "null_type");
    public static readonly CelType Bool = new(CelTypeKind.Bool, "bool");
    public static readonly CelType Int = new(CelTypeKind.Int, "int");
    public static readonly CelType UInt = new(CelTypeKind.UInt, "uint");
    public static readonly CelType Double = new(CelTypeKind.Double, "double");
    public static readonly CelType String = new(CelTypeKind.String, "string");
    public static readonly CelType Bytes = new(CelTypeKind.Bytes, "bytes");
    public static readonly CelType Timestamp = new(CelTypeKind.Timestamp, "google.protobuf.Timestamp");
    public static readonly CelType Duration = new(CelTypeKind.Duration, "google.protobuf.Duration");
    public static readonly CelType Type = new(CelTypeKind.Type, "type");
    internal static readonly CelType Error = new(CelTypeKind.Error, "error");
    internal static readonly CelType AnyList = List(Dyn);
    internal static readonly CelType AnyMap = Map(Dyn, Dyn);

    private readonly IReadOnlyDictionary<string, CelType>? _fields;
    private string? _format;

    private CelType(CelTypeKind kind, string name, CelType[]? parameters = null, IReadOnlyDictionary<string, CelType>? fields = null)
    {
        Kind = kind;
        Name = name;
        Parameters = parameters ?? NoParameters;
        _fields = fields;
        HasTypeParam = kind == CelTypeKind.TypeParam || Array.Exists(Parameters, p => p.HasTypeParam);
    }

    public CelTypeKind Kind { get; }

    /// <summary>The name at run time, without parameters: what <c>type(x)</c> yields.</summary>
    public string Name { get; }

    public IReadOnlyList<CelType> TypeParameters => Parameters;

    internal CelType[] Parameters { get; }

    internal bool HasTypeParam { get; }

    public static CelType List(CelType element) => new(CelTypeKind.List, "list", [element]);

    public static CelType Map(CelType key, CelType value) => new(CelTypeKind.Map, "map", [key, value]);

    /// <summary>The type of a type: <c>type(int)</c> is the type of the identifier <c>int</c>.</summary>
    public static CelType TypeOf(CelType type) => new(CelTypeKind.Type, "type", [type]);

    /// <summary>An object with declared fields. Selecting any other field is a compile error.</summary>
    public static CelType Object(string name, IReadOnlyDictionary<string, CelType> fields) => new(CelTypeKind.Object, name, null, fields);

    /// <summary>A type known by name and parameters only, such as <c>tuple(int, string)</c>.</summary>
    public static CelType Abstract(string name, params CelType[] parameters) => new(CelTypeKind.Abstract, name, parameters);

    /// <summary>A type parameter for the signature of a generic function.</summary>
    public static CelType Parameter(string name) => new(CelTypeKind.TypeParam, name);

    /// <summary>The same type with other parameters.</summary>
    internal CelType With(CelType[] parameters) => new(Kind, Name, parameters, _fields);

    public bool TryGetField(string name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out CelType? type)
    {
        type = null;
        return _fields?.TryGetValue(name, out type) ?? false;
    }

    /// <summary>The spelling used in checker messages, where a timestamp is <c>timestamp</c> and null is <c>null</c>.</summary>
    internal string Format => _format ??= Kind switch
    {
        CelTypeKind.Duration => "duration",
        CelTypeKind.Timestamp => "timestamp",
        CelTypeKind.Error => "!error!",
        CelTypeKind.Null => "null",
        _ => Parameters.Length == 0 ? Name : $"{Name}({string.Join(", ", Parameters.Select(p => p.Format))})",
    };

    public bool Equals(CelType? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || Kind != other.Kind || Parameters.Length != other.Parameters.Length || Name != other.Name)
        {
            return false;
        }

        for (var i = 0; i < Parameters.Length; i++)
        {
            if (!Parameters[i].Equals(other.Parameters[i]))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as CelType);

    public override int GetHashCode() => HashCode.Combine(Kind, Name, Parameters.Length);

    /// <summary>The spelling used for the output type of an expression, such as <c>list(string)</c> or <c>google.protobuf.Duration</c>.</summary>
    public override string ToString() =>
        Kind == CelTypeKind.TypeParam ? $"<{Name}>"
        : Parameters.Length == 0 ? Name
        : $"{Name}({string.Join(", ", Parameters.Select(p => p.ToString()))})";
}
