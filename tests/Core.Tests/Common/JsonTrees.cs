using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace OmniScale.Core.Tests.Common;

/// <param name="Node">Any value of JSON.</param>
public sealed record JsonTree(JsonNode? Node)
{
    public override string ToString() => Node?.ToJsonString() ?? "null";
}

/// <summary>Values of JSON as users' patches may hold them, rich in what YAML takes for something else.</summary>
public static class JsonTrees
{
    public static readonly IReadOnlyList<string> Traps =
    [
        "", " ", "  two", "two  ", "~", "null", "Null", "NULL", "true", "True", "false", "yes", "Yes", "no", "on", "off", "y", "N",
        "0", "010", "0o17", "0x1F", "0b1", "1_000", "1e3", "1.5", ".5", "-1", "+1", "12:30:45", "190:20:30", ".inf", "-.Inf", ".NaN", "2026-01-02", "2026-01-02T03:04:05Z",
        "a: b", "a:", ":a", "a #b", "#b", "- x", "-", "--", "---", "...", "? x", "?", "!tag", "!(name == \"x\")", "!!str x", "&anchor", "*alias", "|", ">", "|-", "%TAG", "@at", "`tick`",
        "[", "]", "[a", "{", "}", "{{ template }}", ",", "a, b", "<<", "=", "'single'", "\"double\"", "it's", "back\\slash", "\\d+", "C:\\temp",
        "two\nlines", "trailing\n", "\nleading", "\r\n", "tab\there", "\t", "\u0000", "\u0007", "\u001b[0m", "\u007f", "\u0085", "\u00a0", "\u2028", "\u2029", "\ufeff", "ünïcödé", "日本語", "😀", "\ud83d\ude00 end",
        "name == \"local-lvm\"", "x ? y : z", "local-lvm", "v1.13.6", "siderolabs/iscsi-tools", "/dev/sda", "topology.kubernetes.io/zone", "http://a.b/c?d=e#f", "::1", "192.0.2.0/24",
    ];

    private static readonly string[] Numbers = ["0", "-0", "1", "-1", "2147483648", "9223372036854775807", "18446744073709551616", "1.5", "-0.25", "1e3", "1E-7", "1.0"];

    public static Arbitrary<JsonTree> Tree() => Nodes().Select(node => new JsonTree(node)).ToArbitrary();

    private static Gen<string> Texts()
    {
        var rune = Gen.OneOf(Gen.Choose(0, 0x2ff), Gen.Choose(0x2000, 0x2100), Gen.Choose(0xe000, 0xffff), Gen.Choose(0x10000, 0x10ffff)).Select(code => new Rune(code).ToString());
        return Gen.OneOf(Gen.Elements<string>(Traps), rune.ListOf().Select(string.Concat), Gen.Elements<string>(Traps).Two().Select(two => two.Item1 + two.Item2));
    }

    private static Gen<JsonNode?> Nodes() => Gen.Sized(size => Nodes(Math.Min(size, 12)));

    private static Gen<JsonNode?> Nodes(int size)
    {
        var leaf = Gen.Frequency(
            (6, Texts().Select(text => (JsonNode?)JsonValue.Create(text))),
            (2, Gen.Elements(Numbers).Select(number => JsonNode.Parse(number))),
            (1, Gen.Elements(true, false).Select(value => (JsonNode?)JsonValue.Create(value))),
            (1, Gen.Constant((JsonNode?)null)));
        if (size == 0)
        {
            return leaf;
        }

        var child = Nodes(size / 3);
        var pair = Texts().SelectMany(key => child.Select(value => (Key: key, Value: value)));
        return Gen.Frequency(
            (2, leaf),
            (2, child.ListOf().Select(items => (JsonNode?)new JsonArray([.. items.Take(6).Select(i => i?.DeepClone())]))),
            (3, pair.ListOf().Select(pairs => (JsonNode?)new JsonObject(pairs.Take(6).DistinctBy(p => p.Key).Select(p => KeyValuePair.Create(p.Key, p.Value?.DeepClone()))))));
    }
}
