using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Core.Tests.Common;

public class OwnerTests
{
    private const string Ours = "c1/omni-scale/talos-prod-01";

    [Theory]
    // owner annotation, orphaned, how it stands, taken under Never, taken under Adopt
    [InlineData(null, false, nameof(Ownership.Unowned), false, true)]
    [InlineData("", false, nameof(Ownership.Unowned), false, true)]
    [InlineData(null, true, nameof(Ownership.Unowned), false, true)]
    [InlineData(Ours, false, nameof(Ownership.Ours), true, true)]
    [InlineData(Ours, true, nameof(Ownership.Ours), true, true)]
    [InlineData("c1/omni-scale/other", false, nameof(Ownership.Foreign), false, false)]
    [InlineData("c1/omni-scale/other", true, nameof(Ownership.Orphaned), false, true)]
    [InlineData("c2/omni-scale/talos-prod-01", false, nameof(Ownership.Foreign), false, false)]
    [InlineData("c1/other/talos-prod-01", false, nameof(Ownership.Foreign), false, false)]
    [InlineData("C1/omni-scale/talos-prod-01", false, nameof(Ownership.Foreign), false, false)]
    public void Judge_AndMayTake_FollowTheOwnersMarks(string? mark, bool orphaned, string ownership, bool never, bool adopt)
    {
        var metadata = Marked(mark, orphaned);

        Assert.Equal(Enum.Parse<Ownership>(ownership), Sample.Owner.Judge(metadata));
        Assert.Equal(never, Sample.Owner.MayTake(metadata, AdoptionPolicy.Never));
        Assert.Equal(adopt, Sample.Owner.MayTake(metadata, AdoptionPolicy.Adopt));
    }

    [Fact]
    public void Claim_AfterRelease_LeavesTheMarksOfALivingOwner()
    {
        var metadata = new Metadata();
        Sample.Owner.Claim(metadata);
        var claimed = metadata.Clone();

        Owner.Release(metadata, DateTimeOffset.UnixEpoch);
        Assert.Equal(new Dictionary<string, string> { ["omniscale.dev/owner"] = Ours, ["omniscale.dev/orphaned"] = "1970-01-01T00:00:00Z" }, metadata.Annotations.ToDictionary());

        Sample.Owner.Claim(metadata);
        Assert.Equal(claimed, metadata);
    }

    [Theory]
    [InlineData(null, false,
        "cluster talos-prod-01 exists in Omni and was not made by OmniScale; set spec.adoptionPolicy: Adopt to take it over, or choose another name")]
    [InlineData("c2/a/b", true,
        "cluster talos-prod-01 exists in Omni and was let go of by c2/a/b; set spec.adoptionPolicy: Adopt to take it over, or choose another name")]
    [InlineData("c2/a/b", false,
        "cluster talos-prod-01 in Omni belongs to c2/a/b (cluster id/namespace/name); choose another name, or delete that object with deletionPolicy: Orphan first")]
    public void Conflict_SaysWhoseItIsAndWhatToDo(string? mark, bool orphaned, string expected)
    {
        var cluster = ResourceTypes.Clusters.New(Sample.Name, new ClusterSpec());
        cluster.Metadata.Annotations.Add(Marked(mark, orphaned).Annotations);

        Assert.Equal(expected, Sample.Owner.Conflict(cluster, "cluster"));
    }

    private static Metadata Marked(string? mark, bool orphaned)
    {
        var metadata = new Metadata();
        if (mark is not null)
        {
            metadata.Annotations["omniscale.dev/owner"] = mark;
        }

        if (orphaned)
        {
            metadata.Annotations["omniscale.dev/orphaned"] = "2026-01-02T03:04:05Z";
        }

        return metadata;
    }
}
