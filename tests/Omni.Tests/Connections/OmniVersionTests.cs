namespace OmniScale.Omni.Tests;

public class OmniVersionTests
{
    [Theory]
    [InlineData("v1.10.4", 1, 10, 4)]
    [InlineData("1.4.0", 1, 4, 0)]
    [InlineData("v1.11.0-alpha.1-12-g0123abc", 1, 11, 0)]
    [InlineData("v1.9.0+dirty", 1, 9, 0)]
    public void Parse_WhenTheTextIsAVersion_ReadsIt(string text, int major, int minor, int patch) =>
        Assert.Equal(new OmniVersion(major, minor, patch), OmniVersion.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("devel")]
    [InlineData("v1.10")]
    [InlineData("1.10.4.2")]
    [InlineData("v99999999999.0.0")]
    public void Parse_WhenTheTextIsNone_IsNull(string text) => Assert.Null(OmniVersion.Parse(text));

    [Fact]
    public void Comparison_IsByNumberAndNotByText()
    {
        Assert.True(new OmniVersion(1, 10) > new OmniVersion(1, 9, 9));
        Assert.True(OmniVersion.Parse("v1.11.0-beta.0") >= new OmniVersion(1, 11));
        Assert.True(new OmniVersion(1, 8) < new OmniVersion(1, 8, 1));
    }
}
