using Google.Protobuf;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Omni.Api.Tests;

public class WireFormatTests
{
    private static readonly IReadOnlyDictionary<string, string[]> Expected = FieldTable.Read();

    public static TheoryData<string> Blocks => new(Expected.Keys);

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Generated_code_HasExactlyTheFieldsOfTheTable(string block) =>
        Assert.Equal(Expected[block].Where(line => !line.EndsWith(FieldTable.Undecoded, StringComparison.Ordinal)), Descriptors.Read().GetValueOrDefault(block));

    [Fact]
    public void Generated_code_DeclaresNothingThatTheTableDoesNotHold() => Assert.Empty(Descriptors.Read().Keys.Except(Expected.Keys));

    [Fact]
    public void Table_ListsWhatIsDeliberatelyNotDecoded()
    {
        var undecoded = Expected.SelectMany(b => b.Value.Where(l => l.EndsWith(FieldTable.Undecoded, StringComparison.Ordinal)).Select(l => $"{b.Key}: {l}"));
        Assert.Equal(
            [
                "message specs.MachineRequestSpec: 2 overlay undecoded",
                "message specs.MachineStatusSpec: 2 hardware undecoded",
                "message specs.MachineStatusSpec: 21 security_state undecoded",
            ],
            undecoded.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Unknown_fields_SurviveReadingChangingAndWriting()
    {
        // Field 99 with the text "new", as a later Omni might send it, and talos_version.
        byte[] sent = [0x9A, 0x06, 3, (byte)'n', (byte)'e', (byte)'w', 0x1A, 1, (byte)'1'];
        var cluster = (ClusterSpec)ResourceTypes.Clusters.ParseSpec(ByteString.CopyFrom(sent));
        Assert.Equal("1", cluster.TalosVersion);

        cluster.TalosVersion = "2";
        Assert.Contains(Convert.ToHexString(sent[..6]), Convert.ToHexString(cluster.ToByteArray()), StringComparison.Ordinal);
    }
}
