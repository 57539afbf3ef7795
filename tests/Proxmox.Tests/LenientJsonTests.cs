using System.Text.Json;

namespace OmniScale.Proxmox.Tests;

public sealed class LenientJsonTests
{
    [Theory]
    [InlineData("7", 7ul)]
    [InlineData("\"7\"", 7ul)]
    [InlineData("\" 7 \"", 7ul)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("1.5e3", 1500ul)]
    [InlineData("\"2995.9\"", 2995ul)]
    [InlineData("-1", 0ul)]
    [InlineData("1e30", ulong.MaxValue)]
    [InlineData("true", 1ul)]
    [InlineData("false", 0ul)]
    [InlineData("null", null)]
    [InlineData("\"\"", null)]
    [InlineData("\"much\"", null)]
    [InlineData("[]", null)]
    public void Number_InAnySpelling_IsRead(string json, ulong? expected) => Assert.Equal(expected, Row(json).Number("x"));

    [Theory]
    [InlineData("1", true)]
    [InlineData("\"1\"", true)]
    [InlineData("true", true)]
    [InlineData("\"yes\"", true)]
    [InlineData("0", false)]
    [InlineData("0.0", false)]
    [InlineData("\"0\"", false)]
    [InlineData("\"\"", false)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    [InlineData("{}", false)]
    public void Flag_InAnySpelling_IsRead(string json, bool expected) => Assert.Equal(expected, Row(json).Flag("x"));

    [Theory]
    [InlineData("\"abc\"", "abc")]
    [InlineData("9.1", "9.1")]
    [InlineData("null", null)]
    [InlineData("true", null)]
    public void Text_MayBeANumber(string json, string? expected) => Assert.Equal(expected, Row(json).Text("x"));

    [Fact]
    public void AbsentValues_AreUnsetAndFalse()
    {
        var row = Row("1");

        Assert.Equal((null, null, null, false), (row.Number("y"), row.SignedNumber("y"), row.Text("y"), row.Flag("y")));
    }

    [Fact]
    public void Rows_WithoutTheirKey_AreLeftOut()
    {
        var data = JsonSerializer.SerializeToElement(new object?[] { new { node = "golf" }, new { node = (string?)null }, new { }, null, 7 });

        Assert.Equal(["golf"], data.Rows("node", "GET /nodes").Select(r => r.Key));
    }

    [Fact]
    public void ValueLists_WithEqualItems_AreEqual()
    {
        ValueList<string> one = ["a", "b"];

        Assert.Equal(one, ["a", "b"]);
        Assert.Equal(one.GetHashCode(), ((ValueList<string>)["a", "b"]).GetHashCode());
        Assert.False(one.Equals((ValueList<string>)["b", "a"]));
        Assert.Equal("[a, b]", one.ToString());
    }

    private static JsonElement Row(string json) => JsonSerializer.Deserialize<JsonElement>($"{{\"x\":{json}}}");
}
