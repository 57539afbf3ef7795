using OmniScale.Core.Selectors;

namespace OmniScale.Core.Tests.Selectors;

public class NearNamesTests
{
    [Theory]
    [InlineData("local-lmv", "local-lvm")]
    [InlineData("LOCAL_LVM", "local-lvm")]
    [InlineData("vmssd", "vm_ssd")]
    [InlineData("rdb", "rbd")]
    [InlineData("nas", null)]
    [InlineData("", null)]
    public void Nearest_IsANameThatDiffersInAThirdOfItsLettersAtMost(string written, string? meant) =>
        Assert.Equal(meant, NearNames.Nearest(written, ["local", "local-lvm", "vm_ssd", "rbd"]));

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("abc", "", 3)]
    [InlineData("abc", "acb", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Distance_CountsEditsAndSwaps(string a, string b, int distance) => Assert.Equal(distance, NearNames.Distance(a, b));
}
