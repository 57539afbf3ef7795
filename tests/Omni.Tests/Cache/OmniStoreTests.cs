using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Omni.Tests;

public class OmniStoreTests
{
    private readonly OmniStore<OmniResource<ConfigPatchSpec>> store =
        (OmniStore<OmniResource<ConfigPatchSpec>>)Cached.Of(ResourceTypes.ConfigPatches).IndexedBy(OmniLabels.MachineSet).CreateStore();

    private readonly List<string> changes = [];

    public OmniStoreTests() => store.Changed += change =>
        changes.Add($"{change.Id} {change.OldLabels?.GetValueOrDefault(OmniLabels.Cluster) ?? "-"}>{change.NewLabels?.GetValueOrDefault(OmniLabels.Cluster) ?? "-"}");

    [Fact]
    public void Bootstrap_ShowsNothingUntilItIsComplete()
    {
        store.BeginBootstrap();
        store.Stage(Wire.Patch("b"));
        store.Stage(Wire.Patch("a"));
        Assert.Empty(store.All);
        store.FinishBootstrap();
        Assert.Equal(["a", "b"], store.All.Select(r => r.Id));
        Assert.Equal(["a", "b"], store.ByCluster("one").Select(r => r.Id));
        Assert.Equal(["b ->one", "a ->one"], changes);
    }

    [Fact]
    public void Bootstrap_afterAGap_TellsWhatCameWentAndChanged_AndNothingElse()
    {
        Bootstrap(Wire.Patch("same"), Wire.Patch("gone"), Wire.Patch("changed"), Wire.Patch("moved"), Wire.Patch("renewed", version: 5));
        changes.Clear();
        Bootstrap(Wire.Patch("same"), Wire.Patch("changed", version: 2), Wire.Patch("moved", version: 2, cluster: "two"), Wire.Patch("new"), Wire.Patch("renewed", version: 5, life: 2));
        Assert.Equal(["changed one>one", "gone one>-", "moved one>two", "new ->one", "renewed one>one"], changes.Order(StringComparer.Ordinal));
        Assert.Equal(["changed", "new", "renewed", "same"], store.ByCluster("one").Select(r => r.Id));
        Assert.Equal(["moved"], store.ByCluster("two").Select(r => r.Id));
    }

    [Fact]
    public void Bootstrap_whileItRuns_KeepsWhatWasKnown()
    {
        Bootstrap(Wire.Patch("a"));
        store.BeginBootstrap();
        Assert.NotNull(store.Find("a"));
        store.BeginBootstrap();
        store.FinishBootstrap();
        Assert.Null(store.Find("a"));
    }

    [Fact]
    public void Events_MoveEntriesBetweenClusters()
    {
        Bootstrap();
        store.Apply(Wire.Patch("a"));
        store.Apply(Wire.Patch("a", version: 2, cluster: "two"));
        Assert.Empty(store.ByCluster("one"));
        Assert.Equal("2", Assert.Single(store.ByCluster("two")).Metadata.Version);
        store.Apply(Wire.Patch("a", version: 3, cluster: null));
        Assert.Empty(store.ByCluster("two"));
        store.Remove(Wire.Patch("a", version: 3).Metadata);
        Assert.Equal(["a ->one", "a one>two", "a two>-", "a ->-"], changes);
        Assert.Equal(0, store.Count);
    }

    [Fact]
    public void Reader_KeepsTheListItWasGiven()
    {
        Bootstrap(Wire.Patch("a"), Wire.Patch("b"));
        var before = store.ByCluster("one");
        store.Apply(Wire.Patch("aa"));
        store.Remove(Wire.Patch("b").Metadata);
        Assert.Equal(["a", "b"], before.Select(r => r.Id));
        Assert.Equal(["a", "aa"], store.ByCluster("one").Select(r => r.Id));
    }

    [Fact]
    public void Event_ThatWasSeenAlready_IsNoChange()
    {
        Bootstrap(Wire.Patch("a"));
        changes.Clear();
        store.Apply(Wire.Patch("a"));
        Assert.Empty(changes);
    }

    [Fact]
    public void Own_update_IsShownAtOnce_AndNotUndoneByOlderEvents()
    {
        Bootstrap(Wire.Patch("a"));
        store.Written(Wire.Own(Wire.Patch("a", version: 3, data: "mine")));
        store.Apply(Wire.Patch("a", version: 2));
        Assert.Equal("mine", store.Find("a")!.Spec.Data);

        changes.Clear();
        store.Apply(Wire.Patch("a", version: 3, data: "mine"));
        Assert.Empty(changes);
        store.Apply(Wire.Patch("a", version: 4, data: "theirs"));
        Assert.Equal("theirs", store.Find("a")!.Spec.Data);
    }

    [Fact]
    public void Own_update_WhenTheWatchWasFaster_ChangesNothing()
    {
        Bootstrap(Wire.Patch("a", version: 4));
        store.Written(Wire.Own(Wire.Patch("a", version: 3)));
        Assert.Equal("4", store.Find("a")!.Metadata.Version);
    }

    [Fact]
    public void Own_create_IsNotUndoneByTheEndOfTheFormerLife()
    {
        Bootstrap(Wire.Patch("a", version: 7));
        store.Written(Wire.Own(Wire.Patch("a", version: 1, life: 2)));
        store.Apply(Wire.Patch("a", version: 8));
        store.Remove(Wire.Patch("a", version: 8).Metadata);
        Assert.Equal("1", store.Find("a")!.Metadata.Version);
        store.Apply(Wire.Patch("a", version: 1, life: 2));
        store.Remove(Wire.Patch("a", version: 1, life: 2).Metadata);
        Assert.Null(store.Find("a"));
    }

    [Fact]
    public void Own_update_WhenTheWatchSawTheResourceEndBeforeTheAnswerCame_DoesNotBringItBack()
    {
        Bootstrap(Wire.Patch("a"));
        store.BeginWrite("a");
        store.BeginWrite("a");
        store.Apply(Wire.Patch("a", version: 2));
        store.Remove(Wire.Patch("a", version: 2).Metadata);
        store.Written(Wire.Own(Wire.Patch("a", version: 2)));
        store.EndWrite("a");
        Assert.Null(store.Find("a"));
        store.Written(Wire.Own(Wire.Patch("a", life: 2)));
        store.EndWrite("a");
        Assert.NotNull(store.Find("a"));
    }

    [Fact]
    public void Own_create_DuringABootstrap_OutlivesAListFromBeforeIt()
    {
        Bootstrap(Wire.Patch("a"));
        store.BeginBootstrap();
        store.Written(Wire.Own(Wire.Patch("new")));
        store.FinishBootstrap();
        Assert.Equal(["new"], store.All.Select(r => r.Id));
    }

    [Fact]
    public void Own_create_FromBeforeABootstrap_IsGoneIfTheListDoesNotHoldIt()
    {
        Bootstrap();
        store.Written(Wire.Own(Wire.Patch("new")));
        Bootstrap();
        Assert.Empty(store.All);
    }

    [Fact]
    public void Own_update_DuringABootstrap_IsNotUndoneByAnOlderList()
    {
        Bootstrap(Wire.Patch("a"));
        store.BeginBootstrap();
        store.Stage(Wire.Patch("a"));
        store.Written(Wire.Own(Wire.Patch("a", version: 2)));
        store.FinishBootstrap();
        Assert.Equal("2", store.Find("a")!.Metadata.Version);
        Assert.Equal("2", Assert.Single(store.ByCluster("one")).Metadata.Version);
    }

    [Fact]
    public void Own_destroy_HidesTheResourceUntilTheWatchSaysSo()
    {
        Bootstrap(Wire.Patch("a"));
        store.Destroyed("a", store.IncarnationOf("a")!.Value);
        store.Apply(Wire.Patch("a", version: 2));
        Assert.Null(store.Find("a"));
        store.Remove(Wire.Patch("a", version: 2).Metadata);
        store.Apply(Wire.Patch("a", life: 2));
        Assert.NotNull(store.Find("a"));
    }

    [Fact]
    public void Own_destroy_HidesTheResourceFromAnOlderList_ButNotItsNextLife()
    {
        Bootstrap(Wire.Patch("a"), Wire.Patch("b"));
        store.BeginBootstrap();
        store.Stage(Wire.Patch("a"));
        store.Stage(Wire.Patch("b", life: 2));
        store.Destroyed("a", store.IncarnationOf("a")!.Value);
        store.Destroyed("b", store.IncarnationOf("b")!.Value);
        store.FinishBootstrap();
        Assert.Equal(["b"], store.All.Select(r => r.Id));
    }

    [Fact]
    public void Own_destroy_WhenANewLifeIsKnownAlready_LeavesItAlone()
    {
        Bootstrap(Wire.Patch("a"));
        var known = store.IncarnationOf("a")!.Value;
        store.Remove(Wire.Patch("a").Metadata);
        store.Apply(Wire.Patch("a", life: 2));
        store.Destroyed("a", known);
        Assert.NotNull(store.Find("a"));
    }

    [Fact]
    public void Own_teardown_IsShownAtOnce_AndNotUndoneByOlderEvents()
    {
        Bootstrap(Wire.Patch("a"));
        var before = store.Find("a")!;
        store.TornDown("a", store.IncarnationOf("a")!.Value);
        Assert.True(store.Find("a")!.IsTearingDown);
        Assert.False(before.IsTearingDown);
        Assert.True(Assert.Single(store.ByCluster("one")).IsTearingDown);

        store.Apply(Wire.Patch("a", version: 2));
        Assert.True(store.Find("a")!.IsTearingDown);
        store.Apply(Wire.Patch("a", version: 3, phase: OmniResource.TearingDown));
        store.Remove(Wire.Patch("a", version: 3).Metadata);
        store.Apply(Wire.Patch("a", life: 2));
        Assert.False(store.Find("a")!.IsTearingDown);
    }

    [Fact]
    public void Entries_WhenProjected_AreAllThatIsKept()
    {
        var projected = (OmniStore<string>)Cached.Of(ResourceTypes.ConfigPatches, r => $"{r.Id}={r.Spec.Data}").CreateStore();
        projected.BeginBootstrap();
        projected.Stage(Wire.Patch("a", data: "x"));
        projected.FinishBootstrap();
        Assert.Equal(["a=x"], projected.ByCluster("one"));
        Assert.Throws<InvalidOperationException>(() => projected.FindResource("a"));
        Assert.Throws<InvalidOperationException>(() => projected.ResourcesByLabel(OmniLabels.Cluster, "one"));
    }

    [Fact]
    public void Reading_ByALabelThatIsNotIndexed_IsAnError() => Assert.Throws<ArgumentException>(() => store.ByLabel(OmniLabels.Hostname, "x"));

    private void Bootstrap(params Resource[] listed)
    {
        store.BeginBootstrap();
        foreach (var wire in listed)
        {
            store.Stage(wire);
        }

        store.FinishBootstrap();
    }
}
