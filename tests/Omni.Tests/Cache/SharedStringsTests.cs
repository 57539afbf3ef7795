using Google.Protobuf;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni.Tests;

public class SharedStringsTests
{
    private readonly SharedStrings strings = new();

    [Fact]
    public void Share_TwoResourcesWithTheSameWords_HoldThemOnce_AndSayWhatTheySaid()
    {
        var original = new Metadata
        {
            Id = "first-workers",
            Version = "3",
            Phase = "running",
            Owner = "ClusterController",
            Labels = { ["omni.sidero.dev/cluster"] = "first", ["omni.sidero.dev/role-worker"] = "" },
            Annotations = { ["omniscale.dev/owner"] = "a/b/c" },
            Finalizers = { "one", "two" },
        };
        var wire = original.ToByteArray();
        var (one, other) = (Metadata.Parser.ParseFrom(wire), Metadata.Parser.ParseFrom(wire));

        strings.Share(one);
        strings.Share(other);

        Assert.Equal(original, one);
        Assert.Equal(original, other);
        Assert.Same(one.Owner, other.Owner);
        Assert.Same(one.Labels["omni.sidero.dev/cluster"], other.Labels["omni.sidero.dev/cluster"]);
        Assert.Same(one.Labels.Keys.First(), other.Labels.Keys.First());
        Assert.Same(one.Finalizers[1], other.Finalizers[1]);
    }

    [Fact]
    public void Share_AResourceWithoutAnything_LeavesItAlone()
    {
        var metadata = new Metadata();

        strings.Share(metadata);

        Assert.Equal(new Metadata(), metadata);
    }
}
