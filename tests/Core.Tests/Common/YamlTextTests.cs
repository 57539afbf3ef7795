using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck.Xunit;

namespace OmniScale.Core.Tests.Common;

public class YamlTextTests
{
    public static TheoryData<string> Traps => [.. JsonTrees.Traps];

    [Theory, MemberData(nameof(Traps))]
    public void Of_AString_ReadsBackAsThatString(string text)
    {
        var tree = new JsonObject { ["value"] = text, ["list"] = new JsonArray(text, new JsonArray(text)) };
        if (text != "value" && text != "list")
        {
            tree[text] = text;
        }

        AssertReadsBack(tree);
    }

    [Property(Arbitrary = [typeof(JsonTrees)], MaxTest = 300)]
    public void Of_AnyTree_ReadsBackAsItself(JsonTree tree) => AssertReadsBack(tree.Node);

    [Fact]
    public void Of_SortsKeysAndQuotesOnlyWhatNeedsIt()
    {
        var text = YamlText.Of(JsonSerializer.SerializeToElement(JsonNode.Parse(
            """{"b": "plain-text/1.2", "a": {"on": true, "n": null}, "list": [], "map": {}, "c": [1, -2.5, "3", {"x": 1e3, "Y": "no"}], "multi": "a\nb\n"}""")));

        Assert.Equal("""
            a:
              "n": null
              "on": true
            b: plain-text/1.2
            c:
            - 1
            - -2.5
            - "3"
            - "Y": "no"
              x: 1e3
            list: []
            map: {}
            multi: "a\nb\n"

            """, text);
    }

    [Fact]
    public void Of_WhenValuesAreToBeQuoted_LeavesKeysAndOtherTypesPlain()
    {
        var text = YamlText.Of(JsonSerializer.SerializeToElement(JsonNode.Parse("""{"node": "golf", "cores": 4, "numa": false}""")), quoteValues: true);

        Assert.Equal("cores: 4\nnode: \"golf\"\nnuma: false\n", text);
    }

    private static void AssertReadsBack(JsonNode? node)
    {
        foreach (var quoteValues in new[] { false, true })
        {
            var text = YamlText.Of(JsonSerializer.SerializeToElement(node), quoteValues);

            Assert.EndsWith("\n", text, StringComparison.Ordinal);
            var back = Yaml.Parse(text);
            Assert.True(JsonNode.DeepEquals(node, back), $"wrote {node?.ToJsonString() ?? "null"}\nas\n{text}\nread {back?.ToJsonString() ?? "null"}");
        }
    }
}
