using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Google.Protobuf.WellKnownTypes;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Core.Tests.Common;

public class ResourceDiffTests
{
    private static readonly HashSet<string> None = [];

    [Fact]
    public void Update_WhenNothingDiffers_IsNull()
    {
        var wanted = Patch("a: 1");
        var stored = Stored(wanted);

        Assert.Null(ResourceDiff.Update(stored, wanted, None));
    }

    [Fact]
    public void Update_KeepsWhatOmniPutsOnAResource()
    {
        var wanted = Patch("a: 2");
        var stored = Stored(Patch("a: 1"));

        var update = (OmniResource<ConfigPatchSpec>)ResourceDiff.Update(stored, wanted, None)!;

        Assert.Equal("a: 2", update.Spec.Data);
        var expected = stored.Metadata.Clone();
        Assert.Equal(expected, update.Metadata);
        Assert.Equal("a: 1", stored.Spec.Data);
    }

    [Fact]
    public void Update_KeepsKeysInOmnisOwnNameAndReplacesTheOthers()
    {
        var wanted = Patch("a: 1");
        wanted.Metadata.Labels["team"] = "platform";
        var stored = Stored(Patch("a: 1"));
        stored.Metadata.Labels["omni.sidero.dev/disabled"] = "";
        stored.Metadata.Labels["made-by-hand"] = "yes";
        stored.Metadata.Annotations["omni.sidero.dev/locked"] = "";
        stored.Metadata.Annotations["note"] = "by hand";

        var update = ResourceDiff.Update(stored, wanted, None)!;

        Assert.Equal(new Dictionary<string, string> { ["omni.sidero.dev/cluster"] = "c", ["omni.sidero.dev/disabled"] = "", ["team"] = "platform" }, update.Metadata.Labels.ToDictionary());
        Assert.Equal(
            new Dictionary<string, string> { ["name"] = "p", ["omni.sidero.dev/locked"] = "", ["omni.sidero.dev/managed-by-gitops-tools"] = "OmniScale", ["omniscale.dev/owner"] = Sample.Owner.Mark },
            update.Metadata.Annotations.ToDictionary());
    }

    [Fact]
    public void Update_OfAResourceThatIsTakenOver_ReplacesTheMarksOfOthers()
    {
        var wanted = Patch("a: 1");
        var stored = Stored(Patch("a: 1"));
        stored.Metadata.Annotations["omni.sidero.dev/managed-by-cluster-templates"] = "";
        stored.Metadata.Annotations["omni.sidero.dev/managed-by-gitops-tools"] = "Terraform";
        stored.Metadata.Annotations["omniscale.dev/owner"] = Sample.Stranger.Mark;
        stored.Metadata.Annotations["omniscale.dev/orphaned"] = "2026-01-02T03:04:05Z";

        var update = ResourceDiff.Update(stored, wanted, None)!;

        Assert.Equal(wanted.Metadata.Annotations, update.Metadata.Annotations);
    }

    [Fact]
    public void Update_OfAResourceThatWasLetGoOf_MarksItAgain()
    {
        var wanted = Patch("a: 1");
        var released = ResourceDiff.Release(Stored(wanted), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(1)));
        Assert.Equal("2026-01-02T02:04:05Z", released.Metadata.Annotations["omniscale.dev/orphaned"]);
        Assert.False(released.Metadata.Annotations.ContainsKey("omni.sidero.dev/managed-by-gitops-tools"));
        Assert.Equal(Sample.Owner.Mark, released.Metadata.Annotations["omniscale.dev/owner"]);

        var update = ResourceDiff.Update(released, wanted, None)!;

        Assert.Equal(wanted.Metadata.Annotations, update.Metadata.Annotations);
    }

    [Fact]
    public void Release_LeavesTheOriginalAsItIs()
    {
        var stored = Stored(Patch("a: 1"));
        var before = stored.Metadata.Clone();

        ResourceDiff.Release(stored, DateTimeOffset.UnixEpoch);

        Assert.Equal(before, stored.Metadata);
    }

    [Property(Arbitrary = [typeof(Patches)], MaxTest = 300)]
    public void Update_OnceApplied_LeavesNothingToDo(OmniResource<ConfigPatchSpec> stored, OmniResource<ConfigPatchSpec> wanted)
    {
        var update = ResourceDiff.Update(stored, wanted, None);

        Assert.Null(ResourceDiff.Update(update ?? stored, wanted, None));
        if (update is not null)
        {
            Assert.Equal((stored.Metadata.Version, stored.Metadata.Created), (update.Metadata.Version, update.Metadata.Created));
            Assert.Equal(stored.Metadata.Finalizers, update.Metadata.Finalizers);
        }
    }

    private static OmniResource<ConfigPatchSpec> Patch(string data)
    {
        var patch = ResourceTypes.ConfigPatches.New("200-cluster-c-p", new ConfigPatchSpec { Data = data });
        patch.Metadata.Labels[OmniLabels.Cluster] = "c";
        patch.Metadata.Annotations["name"] = "p";
        Sample.Owner.Claim(patch.Metadata);
        return patch;
    }

    /// <summary>As Omni gives it back.</summary>
    private static OmniResource<ConfigPatchSpec> Stored(OmniResource<ConfigPatchSpec> sent)
    {
        var stored = sent.Clone();
        stored.Metadata.Version = "7";
        stored.Metadata.Created = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch);
        stored.Metadata.Updated = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddHours(1));
        stored.Metadata.Finalizers.Add("ClusterMachineConfigController");
        return stored;
    }

    /// <summary>Patches with any mix of keys, of users, of Omni and of owners.</summary>
    public static class Patches
    {
        private static readonly string[] Keys =
        [
            "team", "name", "omni.sidero.dev/cluster", "omni.sidero.dev/machine-set", "omni.sidero.dev/locked", "omni.sidero.dev/managed-by-gitops-tools",
            "omni.sidero.dev/managed-by-cluster-templates", "omniscale.dev/owner", "omniscale.dev/orphaned",
        ];

        public static Arbitrary<OmniResource<ConfigPatchSpec>> Any()
        {
            var map = Gen.Elements(Keys).SelectMany(key => Gen.Elements("a", "b", "").Select(value => (Key: key, Value: value))).ListOf()
                .Select(pairs => pairs.DistinctBy(p => p.Key).ToDictionary(p => p.Key, p => p.Value));
            return (from labels in map
                    from annotations in map
                    from data in Gen.Elements("", "a: 1", "a: 2")
                    from finalizer in Gen.Elements("", "some-controller")
                    select Make(labels, annotations, data, finalizer)).ToArbitrary();
        }

        private static OmniResource<ConfigPatchSpec> Make(Dictionary<string, string> labels, Dictionary<string, string> annotations, string data, string finalizer)
        {
            var patch = ResourceTypes.ConfigPatches.New("p", new ConfigPatchSpec { Data = data });
            patch.Metadata.Labels.Add(labels);
            patch.Metadata.Annotations.Add(annotations);
            if (finalizer.Length > 0)
            {
                patch.Metadata.Finalizers.Add(finalizer);
                patch.Metadata.Version = "9";
            }

            return patch;
        }
    }
}
