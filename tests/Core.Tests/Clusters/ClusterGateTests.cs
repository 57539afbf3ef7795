using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;

namespace OmniScale.Core.Tests.Clusters;

public class ClusterGateTests
{
    private static readonly DateTime Created = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Fact]
    public void Judge_AClusterThatNeverWas_MayBeBuilt() => Assert.Null(Judge(Sample.TalosCluster(), null));

    [Fact]
    public void Judge_AClusterOfOurs_MayBeWritten() => Assert.Null(Judge(Existing(), Stored()));

    [Fact]
    public void Judge_AClusterThatWasDeletedInOmni_IsStalledAndSaysHowToBuildItAnew()
    {
        Assert.Equal(
            Outcome.Stalled("DeletedInOmni",
                "cluster talos-prod-01 was deleted in Omni by somebody else, and is not built anew by itself. To build it anew, empty: "
                + "kubectl annotate -n omni-scale taloscluster talos-prod-01 omniscale.dev/recreate=2026-01-02T03:04:05Z --overwrite"),
            Judge(Existing(), null));
    }

    [Theory]
    [InlineData("2026-01-02T03:04:05Z", true)]
    [InlineData("2026-01-02T03:04:06Z", false)]
    [InlineData("2025-01-02T03:04:05Z", false)]
    [InlineData("true", false)]
    [InlineData("", false)]
    public void Judge_TheAnnotationServesForTheVeryClusterThatWasLost(string annotation, bool rebuilt)
    {
        var cluster = Existing();
        cluster.Metadata.Annotations = new Dictionary<string, string> { [UserAnnotations.Recreate] = annotation };

        Assert.Equal(rebuilt, Judge(cluster, null) is null);
    }

    [Fact]
    public void Judge_TheAnnotationOfAnEarlierLoss_DoesNotServeAgain()
    {
        var cluster = Existing();
        cluster.Metadata.Annotations = new Dictionary<string, string> { [UserAnnotations.Recreate] = "2026-01-02T03:04:05Z" };
        cluster.Status = cluster.Status! with { CreatedInOmni = Created.AddHours(1) };

        Assert.Equal(TalosClusterReasons.DeletedInOmni, Judge(cluster, null)?.Reason);
    }

    [Theory]
    [InlineData(AdoptionPolicy.Never, false, "in Omni belongs to c2/elsewhere/other")]
    [InlineData(AdoptionPolicy.Adopt, false, "in Omni belongs to c2/elsewhere/other")]
    [InlineData(AdoptionPolicy.Never, true, "exists in Omni and was let go of by c2/elsewhere/other")]
    [InlineData(AdoptionPolicy.Adopt, true, null)]
    public void Judge_AClusterOfSomebodyElse(AdoptionPolicy adoption, bool orphaned, string? conflict)
    {
        var stored = Stored();
        Sample.Stranger.Claim(stored.Metadata);
        if (orphaned)
        {
            Owner.Release(stored.Metadata, DateTimeOffset.UnixEpoch);
        }

        AssertConflict(Judge(Sample.TalosCluster(s => s with { AdoptionPolicy = adoption }), stored), conflict);
    }

    [Theory]
    [InlineData(AdoptionPolicy.Never, "exists in Omni and was not made by OmniScale")]
    [InlineData(AdoptionPolicy.Adopt, null)]
    public void Judge_AClusterThatNobodyOwns(AdoptionPolicy adoption, string? conflict)
    {
        var stored = Stored();
        stored.Metadata.Annotations.Clear();

        AssertConflict(Judge(Sample.TalosCluster(s => s with { AdoptionPolicy = adoption }), stored), conflict);
    }

    [Fact]
    public void Judge_AClusterThatThisObjectLetGoOf_ComesBackWithoutAdoption()
    {
        var stored = Stored();
        Owner.Release(stored.Metadata, DateTimeOffset.UnixEpoch);

        Assert.Null(Judge(Sample.TalosCluster(), stored));
    }

    [Theory]
    [InlineData(true, true, "cluster talos-prod-01 is locked in Omni; unlock it there (omnictl cluster unlock talos-prod-01) to let through: create Clusters/talos-prod-01")]
    [InlineData(true, false, null)]
    [InlineData(false, true, null)]
    public void JudgeLock_WaitsWhenSomethingIsToBeChanged(bool locked, bool changes, string? expected)
    {
        var stored = Stored();
        if (locked)
        {
            stored.Metadata.Annotations[OmniAnnotations.ClusterLocked] = "";
        }

        var outcome = ClusterGate.JudgeLock(Existing(), new OmniContents([stored]).Cluster(Sample.Name), new ClusterPlan { Creates = changes ? [stored] : [] });

        Assert.Equal(expected is null ? null : Outcome.Waiting("ClusterLocked", expected), outcome);
        Assert.Null(Judge(Existing(), stored));
    }

    [Fact]
    public void JudgeLock_OfAClusterThatIsNotThere_LetsThrough() =>
        Assert.Null(ClusterGate.JudgeLock(Existing(), new OmniContents([]).Cluster(Sample.Name), new ClusterPlan { Creates = [Stored()] }));

    [Fact]
    public void Judge_AClusterThatIsBeingDeleted_Waits()
    {
        var stored = Stored();
        stored.Metadata.Phase = OmniResource.TearingDown;
        stored.Metadata.Annotations[OmniAnnotations.ClusterLocked] = "";

        Assert.Equal(Outcome.Waiting("Destroying", "somebody else deletes cluster talos-prod-01 in Omni"), Judge(Existing(), stored));
    }

    [Fact]
    public void Judge_SomebodyElsesClusterThatIsBeingDeleted_IsAConflictFirst()
    {
        var stored = Stored();
        stored.Metadata.Phase = OmniResource.TearingDown;
        Sample.Stranger.Claim(stored.Metadata);

        Assert.Equal(CommonReasons.NameConflict, Judge(Sample.TalosCluster(), stored)?.Reason);
    }

    [Fact]
    public void Judge_AFormerClusterOfTheSameNameThatIsBeingDeleted_WaitsForItsEnd()
    {
        var stored = Stored();
        stored.Metadata.Phase = OmniResource.TearingDown;

        Assert.Equal(
            Outcome.Waiting("Destroying", "the former cluster talos-prod-01 is still being deleted in Omni; it is built anew when that is gone"),
            Judge(Sample.TalosCluster(), stored));
    }

    [Fact]
    public void IsLeftBehind_OnlyWhatIsOursOfBeforeAndHeldByNothing()
    {
        var stored = Stored();
        Assert.False(Judge(Sample.TalosCluster()));
        stored.Metadata.Phase = OmniResource.TearingDown;
        Assert.True(Judge(Sample.TalosCluster()));

        Assert.False(Judge(Existing()));
        Assert.False(Judge(Sample.TalosCluster(spec => spec with { Suspend = true })));
        stored.Metadata.Finalizers.Add("ClusterController");
        Assert.False(Judge(Sample.TalosCluster()));
        stored.Metadata.Finalizers.Clear();
        Sample.Stranger.Claim(stored.Metadata);
        Assert.False(Judge(Sample.TalosCluster()));

        bool Judge(TalosCluster cluster) => ClusterGate.IsLeftBehind(cluster, new OmniContents([stored]).Cluster(Sample.Name), Sample.Owner);
    }

    private static void AssertConflict(Outcome? outcome, string? words)
    {
        if (words is null)
        {
            Assert.Null(outcome);
            return;
        }

        Assert.Equal((OutcomeKind.Stalled, CommonReasons.NameConflict), (outcome!.Kind, outcome.Reason));
        Assert.StartsWith($"cluster talos-prod-01 {words}", outcome.Message, StringComparison.Ordinal);
    }

    private static TalosCluster Existing() => Sample.TalosCluster(status: new() { CreatedInOmni = Created });

    private static OmniResource Stored() => Sample.Render(Sample.TalosCluster())[0];

    private static Outcome? Judge(TalosCluster cluster, OmniResource? stored) =>
        ClusterGate.Judge(cluster, new OmniContents(stored is null ? [] : [stored]).Cluster(Sample.Name), Sample.Owner);
}
