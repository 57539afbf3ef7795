namespace OmniScale.Core.Tests.Common;

public class DurationsTests
{
    [Theory]
    [InlineData("1h", 3600)]
    [InlineData("30m", 1800)]
    [InlineData("90s", 90)]
    [InlineData("1h30m", 5400)]
    [InlineData("1.5h", 5400)]
    [InlineData("1m1m", 120)]
    [InlineData("250ms", 0.25)]
    [InlineData("1s500ms", 1.5)]
    [InlineData("0h1s", 1)]
    public void Parse_ReadsWhatGoAndKubernetesWrite(string text, double seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Durations.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1d")]
    [InlineData("h")]
    [InlineData("-1h")]
    [InlineData("+1h")]
    [InlineData("1 h")]
    [InlineData("1H")]
    [InlineData("1h30")]
    [InlineData(".5h")]
    [InlineData("1h\n")]
    [InlineData("٣h")]
    [InlineData("0s")]
    [InlineData("0h0m")]
    [InlineData("1e3s")]
    [InlineData("NaNs")]
    public void Parse_WhenItIsNoPositiveDuration_ReturnsNull(string text) => Assert.Null(Durations.Parse(text));

    [Theory]
    [InlineData("9999999999999h")]
    [InlineData("9223372036854775807s")]
    [InlineData("256204778h256204778h")]
    public void Parse_WhenItIsTooLong_ReturnsNull(string text) => Assert.Null(Durations.Parse(text));
}
