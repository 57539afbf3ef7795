namespace OmniScale.Cel.Tests;

/// <summary>Makes up selectors: right ones, nearly right ones, and mutilated ones.</summary>
internal sealed class SelectorGenerator(int seed, IReadOnlyList<string> golden)
{
    private static readonly string[] Types = ["bool", "int", "uint", "double", "string", "bytes", "list", "map", "timestamp", "duration"];

    private static readonly string[] Pieces =
    [
        "&&", "||", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "!", "?", ":", "(", ")", "[", "]", "{", "}", ".", ",", "in", "and", "or", "not", "=",
        "&", "|", "'", "\"", "\"\"\"", "r\"", "b'", "`", "\\", "@", "#", "$", "~", "^", ";", " ", "\n", "\t", "//", "name", "node", "storageType", "availableSpace",
        "type", "size", "true", "false", "null", "if", "for", "has", "exists", "map", "1", "0", "10u", "0x1F", "1.5", "1e3", "100GB", "“", "é", "日本", "\u200b",
        "name.", ".name", "a.b.c", "[1, 2]", "{'a': 1}", "x{a: 1}", "x.y{", "?.", "[?", "-1", "--1", "- 1", "!!", "1 2", "in [", "\"rbd\"", "'dir'", "matches(", "()",
    ];

    private static readonly string[] PatternPieces =
    [
        "a", "l", "o", "-", "(", ")", "(?:", "(?i)", "(?i:", "(?-s)", "(?P<x>", "(?<y>", "(?U)", "[", "]", "[^", "[a-z", "[[:alnum:]]", "[[:^digit:]]", "[[:foo:]]", "\\d", "\\W",
        "\\b", "\\B", "\\A", "\\z", "\\Z", "\\x41", "\\x{6C}", "\\x", "\\0", "\\101", "\\8", "\\Q", "\\E", "\\p{L}", "\\pL", "\\P{^Ll}", "\\p{Latin}", "\\p{Foo}", "\\p", "*",
        "+", "?", "??", "*?", "{2}", "{1,3}", "{,2}", "{3,1}", "{1001}", "{500}", "|", "^", "$", ".", "é", "K", "ſ", ",", "}", " ", "&", "_", "\\-", "\\",
    ];

    private readonly Random _random = new(seed);

    public string Next()
    {
        var roll = _random.Next(10);
        if (roll < 4)
        {
            return Expression("bool", 4);
        }

        var text = roll < 7 ? golden[_random.Next(golden.Count)] : Expression("bool", 3);
        for (var i = _random.Next(1, 4); i > 0; i--)
        {
            text = Mutate(text);
        }

        return text;
    }

    public string Mutate(string text)
    {
        var at = _random.Next(text.Length + 1);
        var length = Math.Min(_random.Next(1, 6), text.Length - at);
        switch (_random.Next(6))
        {
            case 0:
                return text.Remove(at, length);
            case 1:
                return text.Insert(at, text.Substring(at, length));
            case 2:
                return text[..at] + Pick(Pieces) + text[(at + length)..];
            case 3:
                return text[..at];
            default:
                return text.Insert(at, Pick(Pieces));
        }
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[_random.Next(items.Count)];

    private bool Chance(int percent) => _random.Next(100) < percent;

    private string Expression(string type, int depth)
    {
        // Now and then something of another type stands where it should not.
        type = Chance(4) ? Pick(Types) : type;
        if (depth <= 0 || Chance(15))
        {
            return Leaf(type);
        }

        if (Chance(6))
        {
            return $"({Expression("bool", depth - 1)} ? {Expression(type, depth - 1)} : {Expression(type, depth - 1)})";
        }

        if (Chance(5))
        {
            return $"({Expression(type, depth - 1)})";
        }

        if (Chance(4))
        {
            return $"dyn({Expression(type, depth - 1)})";
        }

        string Of(string t) => Expression(t, depth - 1);
        return type switch
        {
            "bool" => Bool(depth),
            "int" or "uint" or "double" => Number(type, depth),
            "string" => Pick<Func<string>>([() => $"{Of("string")} + {Of("string")}", () => $"string({Of(Pick(Types))})", () => Leaf("string")])(),
            "bytes" => Pick<Func<string>>([() => $"bytes({Of("string")})", () => $"{Of("bytes")} + {Of("bytes")}"])(),
            "list" => List(depth),
            "map" => $"{{{Of("string")}: {Of("int")}, {Of("string")}: {Of(Chance(80) ? "int" : "string")}}}",
            "timestamp" => Pick<Func<string>>([() => $"timestamp({Of("int")})", () => $"{Of("timestamp")} + {Of("duration")}", () => Leaf("timestamp")])(),
            _ => Pick<Func<string>>([() => $"{Of("timestamp")} - {Of("timestamp")}", () => $"{Of("duration")} + {Of("duration")}", () => Leaf("duration")])(),
        };
    }

    private string Bool(int depth)
    {
        string Of(string t) => Expression(t, depth - 1);
        var type = Pick(Types);
        switch (_random.Next(14))
        {
            case 0 or 1:
                return $"{Of("bool")} && {Of("bool")}";
            case 2 or 3:
                return $"{Of("bool")} || {Of("bool")}";
            case 4:
                return $"!{Leaf("bool")}";
            case 5 or 6:
                return $"{Of(type)} {Pick(["==", "!="])} {Of(type)}";
            case 7 or 8:
                return $"{Of(type)} {Pick(["<", "<=", ">", ">="])} {Of(type)}";
            case 9:
                return $"{Of("string")}.{Pick(["contains", "startsWith", "endsWith"])}({Of("string")})";
            case 10:
                return $"{(Chance(60) ? Pick(["name", "node", "storageType"]) : Of("string"))}.matches({Pattern()})";
            case 11:
                return $"{Of(Chance(70) ? "string" : type)} in {Of(Chance(80) ? "list" : "map")}";
            case 12:
                return $"{List(depth)}.{Pick(["exists", "all", "exists_one"])}(x, {Pick(["x == name", "x > 1", "x.contains('a')", "size(x) > 2", Of("bool")])})";
            default:
                return $"has({Of("map")}.{Pick(["a", "b", "dir"])})";
        }
    }

    private string Number(string type, int depth)
    {
        string Of(string t) => Expression(t, depth - 1);
        return _random.Next(type == "int" ? 7 : 5) switch
        {
            0 or 1 or 2 => $"{Of(type)} {Pick(["+", "-", "*", "/", "%"])} {Of(type)}",
            3 => $"{type}({Of(Pick(Types))})",
            4 => Leaf(type),
            5 => $"size({Of(Pick(["string", "list", "map", "bytes"]))})",
            _ => $"{Of(Chance(70) ? "timestamp" : "duration")}.{Pick(["getHours", "getMinutes", "getDate", "getMonth", "getFullYear", "getDayOfWeek", "getDayOfYear", "getMilliseconds", "getSeconds"])}({Pick(["", "", "'Europe/Berlin'", "'+05:30'", "'-08:00'", "'x'"])})",
        };
    }

    private string List(int depth) => _random.Next(5) switch
    {
        0 => $"{Expression("list", depth - 1)} + {Expression("list", depth - 1)}",
        1 => $"{Expression("list", depth - 1)}.map(x, {Pick(["x + 1", "x + 'a'", "[x]", "size(x)", "x"])})",
        2 => $"{Expression("list", depth - 1)}.filter(x, {Pick(["x == name", "x != 'a'", "x > 1", "true"])})",
        3 => $"[{Leaf("int")}, {Leaf("int")}, {Leaf("int")}]",
        _ => $"[{Leaf("string")}, {Expression(Chance(90) ? "string" : "uint", depth - 1)}]",
    };

    private string Leaf(string type) => type switch
    {
        "bool" => Pick(["true", "false", "name == 'local'", "storageType in ['rbd', 'nfs']", "availableSpace > 1000u"]),
        "int" => Pick(["0", "1", "-1", "42", "9223372036854775807", "-9223372036854775808", "0x10", "[1, 2, 3][1]", "1000000007", "int(availableSpace)"]),
        "uint" => Pick(["0u", "1u", "availableSpace", "107374182400u", "18446744073709551615u", "0xFFu", "10U"]),
        "double" => Pick(["0.0", "1.5", "-2.25", "1e10", ".5", "1e-7", "double('NaN')", "1.7976931348623157e308", "double(availableSpace)"]),
        "string" => Pick(["name", "node", "storageType", "'local'", "\"rbd\"", "''", "'''multi'''", "r'raw\\n'", "'\\u00e9'", "'a\\tb'", "'日本'", "'😀'", ".name"]),
        "bytes" => Pick(["b'abc'", "b''", "b'\\xff'", "bytes(name)", "b\"\\303\\277\""]),
        "list" => Pick(["[]", "['rbd', 'nfs', 'dir']", "[name, node]", "[1, 2, 3]", "[1u, 2u]", "['a', 1]", "[[1], [2]]"]),
        "map" => Pick(["{}", "{'dir': 1, 'rbd': 2}", "{name: true}", "{1: 'a', 2u: 'b'}", "{'a': {'b': 1}}"]),
        "timestamp" => Pick(["timestamp('2024-02-29T12:30:45.123Z')", "timestamp(0)", "timestamp('1999-12-31T23:59:59-08:00')", "timestamp('nope')", "timestamp(253402300799)"]),
        _ => Pick(["duration('1h30m')", "duration('1.5s')", "duration('-2m')", "duration('100ns')", "duration('1d')", "duration('0')"]),
    };

    private string Pattern()
    {
        if (Chance(50))
        {
            return KnownPattern();
        }

        var pieces = Enumerable.Range(0, _random.Next(1, 8)).Select(_ => Pick(PatternPieces));
        return $"r\"{string.Concat(pieces)}\"";
    }

    private string KnownPattern() => Pick(
        [
            "'^local'", "'.*'", "'[a-z]+-[a-z]+'", "'(?i)LOCAL'", "'^(rbd|nfs)$'", "'\\\\d+'", "r'\\w+\\.\\w+'", "'['", "'(a'", "'a{2,1}'", "'a**'", "r'\\p{Lu}'", "r'\\pN'",
            "'(?P<n>a)'", "'(?=a)'", "r'\\bssd\\b'", "'[[:alpha:]]+$'", "r'\\Qa.b\\E'", "'x{1001}'", "'(?:a|b)*c'", "'[^-]*'", "'a|'", "'+'", "r'\\'", "name", "'é'", "r'[\\d-z]'",
        ]);
}
