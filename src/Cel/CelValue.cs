using OmniScale.Cel.Values;

namespace OmniScale.Cel;

public enum CelKind : byte
{
    Error, Null, Bool, Int, UInt, Double, String, Bytes, Timestamp, Duration, List, Map, Type, Object,
}

/// <summary>A value of the language, or an evaluation error. The default value is an error without a message.</summary>
public readonly struct CelValue : IEquatable<CelValue>
{
    private readonly object? _reference;
    private readonly long _bits;
    private readonly int _nanoseconds;

    private CelValue(CelKind kind, long bits, object? reference = null, int nanoseconds = 0)
    {
        Kind = kind;
        _bits = bits;
        _reference = reference;
        _nanoseconds = nanoseconds;
    }

    public static CelValue Null => new(CelKind.Null, 0);

    public static CelValue True => new(CelKind.Bool, 1);

    public static CelValue False => new(CelKind.Bool, 0);

    public CelKind Kind { get; }

    public bool IsError => Kind == CelKind.Error;

    public static CelValue Bool(bool value) => new(CelKind.Bool, value ? 1 : 0);

    public static CelValue Int(long value) => new(CelKind.Int, value);

    public static CelValue UInt(ulong value) => new(CelKind.UInt, unchecked((long)value));

    public static CelValue Double(double value) => new(CelKind.Double, BitConverter.DoubleToInt64Bits(value));

    public static CelValue String(string value) => new(CelKind.String, 0, value);

    public static CelValue Bytes(byte[] value) => new(CelKind.Bytes, 0, value);

    /// <summary>A duration in nanoseconds.</summary>
    public static CelValue Duration(long nanoseconds) => new(CelKind.Duration, nanoseconds);

    /// <summary>A point in time: seconds since 1970 and nanoseconds, written with the given offset from UTC.</summary>
    public static CelValue Timestamp(long seconds, int nanoseconds, int offsetMinutes = 0) =>
        new(CelKind.Timestamp, (seconds << 14) | (uint)(offsetMinutes + 8192), null, nanoseconds);

    public static CelValue List(IReadOnlyList<CelValue> items) => new(CelKind.List, 0, items as CelList ?? new CelList([.. items]));

    /// <summary>A map. Of equal keys, the last one counts.</summary>
    public static CelValue Map(IEnumerable<KeyValuePair<CelValue, CelValue>> entries)
    {
        var map = new CelMap();
        foreach (var (key, value) in entries)
        {
            map.Set(key, value);
        }

        return OfMap(map);
    }

    public static CelValue OfType(CelType type) => new(CelKind.Type, 0, type);

    public static CelValue Object(ICelObject value) => new(CelKind.Object, 0, value);

    /// <summary>An evaluation error, for functions that the caller defines.</summary>
    public static CelValue Error(string message) => new(CelKind.Error, 0, message);

    internal static CelValue OfList(CelList list) => new(CelKind.List, 0, list);

    internal static CelValue OfMap(CelMap map) => new(CelKind.Map, 0, map);

    public bool AsBool => _bits != 0;

    public long AsInt => _bits;

    public ulong AsUInt => unchecked((ulong)_bits);

    public double AsDouble => BitConverter.Int64BitsToDouble(_bits);

    public string AsString => (string)_reference!;

    public ReadOnlySpan<byte> AsBytes => (byte[])_reference!;

    public long AsDuration => _bits;

    public (long Seconds, int Nanoseconds, int OffsetMinutes) AsTimestamp => (_bits >> 14, _nanoseconds, (int)(_bits & 0x3fff) - 8192);

    public IReadOnlyList<CelValue> AsList => (CelList)_reference!;

    public IEnumerable<KeyValuePair<CelValue, CelValue>> AsMap => (CelMap)_reference!;

    public CelType AsType => (CelType)_reference!;

    public ICelObject AsObject => (ICelObject)_reference!;

    public string ErrorMessage => _reference as string ?? "";

    internal CelList ListItems => (CelList)_reference!;

    internal CelMap MapItems => (CelMap)_reference!;

    /// <summary>The type at run time, element types of lists and maps not looked at.</summary>
    public CelType Type => Kind switch
    {
        CelKind.Null => CelType.Null,
        CelKind.Bool => CelType.Bool,
        CelKind.Int => CelType.Int,
        CelKind.UInt => CelType.UInt,
        CelKind.Double => CelType.Double,
        CelKind.String => CelType.String,
        CelKind.Bytes => CelType.Bytes,
        CelKind.Timestamp => CelType.Timestamp,
        CelKind.Duration => CelType.Duration,
        CelKind.List => CelType.AnyList,
        CelKind.Map => CelType.AnyMap,
        CelKind.Type => CelType.Type,
        CelKind.Object => AsObject.Type,
        _ => CelType.Error,
    };

    /// <summary>Equality as the language has it: numbers compare across their types.</summary>
    public bool Equals(CelValue other) => ValueEquality.AreEqual(this, other);

    public override bool Equals(object? obj) => obj is CelValue other && Equals(other);

    public override int GetHashCode() => ValueEquality.Hash(this);

    public static bool operator ==(CelValue left, CelValue right) => left.Equals(right);

    public static bool operator !=(CelValue left, CelValue right) => !left.Equals(right);

    /// <summary>The value as it appears in messages.</summary>
    public override string ToString() => ValueText.Format(this);
}

/// <summary>An object whose fields are declared by its <see cref="CelType.Object"/> type.</summary>
public interface ICelObject
{
    CelType Type { get; }

    /// <summary>False when the field is unknown or not set, which is what <c>has</c> tests.</summary>
    bool TryGetField(string name, out CelValue value);
}
