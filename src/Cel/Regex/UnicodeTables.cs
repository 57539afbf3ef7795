using System.Text;

namespace OmniScale.Cel.Regex;

/// <summary>Categories, scripts and case folding, from the tables of Go's unicode package. hack/celgo/tables writes the resource.</summary>
internal sealed class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());

    private readonly Dictionary<string, CharRange[]> _tables = [];
    private readonly Dictionary<string, string> _aliases = [];
    private readonly Dictionary<int, int> _folds = [];

    private UnicodeTables()
    {
        using var stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream("unicode.bin")!;
        using var reader = new BinaryReader(stream);
        List<string> names = [];
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            var name = ReadName(reader);
            _tables[name] = ReadRanges(reader);
            names.Add(name);
        }

        foreach (var name in names)
        {
            _aliases[Canonical(name)] = name;
        }

        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            _aliases[Canonical(ReadName(reader))] = ReadName(reader);
        }

        var codePoint = 0;
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            codePoint += reader.Read7BitEncodedInt();
            var zigzag = reader.Read7BitEncodedInt();
            _folds[codePoint] = codePoint + ((zigzag >> 1) ^ -(zigzag & 1));
        }
    }

    public static UnicodeTables Instance => Loaded.Value;

    /// <summary>The next code point that differs only in case, in a circle; itself when there is none.</summary>
    public int NextFold(int codePoint) => _folds.GetValueOrDefault(codePoint, codePoint);

    public IEnumerable<int> Folding => _folds.Keys;

    /// <summary>The ranges of a category or script, or null. A negated table stands for what is not in it.</summary>
    public (CharRange[] Ranges, bool Negated)? Find(string name)
    {
        name = Canonical(name);
        return name switch
        {
            "Any" => ([new CharRange(0, 0x10ffff)], false),
            "Assigned" => (_tables["Cn"], true),
            "Ascii" => ([new CharRange(0, 0x7f)], false),
            "Lc" => (_tables["LC"], false),
            _ when _tables.TryGetValue(name, out var table) => (table, false),
            _ when _aliases.TryGetValue(name, out var actual) && _tables.TryGetValue(actual, out var table) => (table, false),
            _ => null,
        };
    }

    private static string ReadName(BinaryReader reader) => Encoding.ASCII.GetString(reader.ReadBytes(reader.Read7BitEncodedInt()));

    private static CharRange[] ReadRanges(BinaryReader reader)
    {
        var ranges = new CharRange[reader.Read7BitEncodedInt()];
        var end = 0;
        for (var i = 0; i < ranges.Length; i++)
        {
            var low = end + reader.Read7BitEncodedInt();
            end = low + reader.Read7BitEncodedInt();
            ranges[i] = new CharRange(low, end);
        }

        return ranges;
    }

    /// <summary>Upper case first, lower case after, no separators.</summary>
    private static string Canonical(string name)
    {
        var builder = new StringBuilder(name.Length);
        var first = true;
        foreach (var c in name)
        {
            if (c is '_' or '-' or ' ')
            {
                continue;
            }

            builder.Append(!char.IsAscii(c) ? c : first ? char.ToUpperInvariant(c) : char.ToLowerInvariant(c));
            first = false;
        }

        return builder.ToString();
    }
}
