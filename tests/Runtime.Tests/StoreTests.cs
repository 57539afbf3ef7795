namespace OmniScale.Runtime.Tests;

public class StoreTests
{
    private static readonly NamespacedName A = new("a", "one");

    private readonly Store<Widget> _store = new();
    private readonly List<string> _changes = [];

    public StoreTests() => _store.Changed += change =>
        _changes.Add($"{change.Key} {change.Old?.Metadata.ResourceVersion ?? "-"} {change.New?.Metadata.ResourceVersion ?? "-"}");

    [Fact]
    public void Set_WhenTheObjectIsNewAndThenChanges_TellsOldAndNew()
    {
        _store.Set(Widget.Named("one", "1"));
        _store.Set(Widget.Named("one", "2"));

        Assert.Equal(["a/one - 1", "a/one 1 2"], _changes);
        Assert.True(_store.TryGet(A, out Widget? widget));
        Assert.Equal("2", widget.Metadata.ResourceVersion);
    }

    [Fact]
    public void Set_WhenTheVersionIsTheSame_TellsNothing()
    {
        _store.Set(Widget.Named("one", "1"));
        _store.Set(Widget.Named("one", "1"));

        Assert.Single(_changes);
    }

    [Fact]
    public void Remove_TellsTheLastKnownObject()
    {
        _store.Set(Widget.Named("one", "1"));
        _store.Remove(A);
        _store.Remove(A);

        Assert.Equal(["a/one - 1", "a/one 1 -"], _changes);
        Assert.False(_store.TryGet(A, out _));
    }

    [Fact]
    public void Replace_TellsWhatIsNewChangedAndGoneWithinItsScopeOnly()
    {
        _store.Set(Widget.Named("same", "1"));
        _store.Set(Widget.Named("changed", "2"));
        _store.Set(Widget.Named("gone", "3"));
        _store.Set(Widget.Named("kept", "4"));
        _store.Set(Widget.Named("elsewhere", "5", ns: "b"));
        _changes.Clear();

        _store.Replace(
            [Widget.Named("same", "1"), Widget.Named("changed", "6"), Widget.Named("new", "7")],
            new HashSet<NamespacedName> { new("a", "kept") },
            key => key.Namespace == "a",
            _store.Mark());

        Assert.Equal(["a/gone 3 -", "a/changed 2 6", "a/new - 7"], _changes);
        Assert.Equal(["changed", "kept", "new", "same"], _store.List("a").Select(widget => widget.Metadata.Name).Order());
        Assert.Equal(5, _store.Count);
    }

    [Fact]
    public void ByIndex_FollowsChangesAndDeletions()
    {
        _store.Set(Widget.Named("one", "1", size: 1));
        _store.AddIndex("size", widget => [$"{widget.Spec!.Size}"]);
        _store.Set(Widget.Named("two", "2", size: 1));
        Assert.Equal(["one", "two"], Names("1"));

        _store.Set(Widget.Named("one", "3", size: 2));
        Assert.Equal(["two"], Names("1"));
        Assert.Equal(["one"], Names("2"));

        _store.Remove(new NamespacedName("a", "two"));
        Assert.Empty(Names("1"));

        IEnumerable<string> Names(string size) => _store.ByIndex("size", size).Select(widget => widget.Metadata.Name);
    }

    [Fact]
    public void IsCaughtUp_WhenTheOwnWriteHasNotBeenSeenYet_IsFalseUntilItOrALaterOneIs()
    {
        _store.Set(Widget.Named("one", "9"));
        _store.Expect(Widget.Named("one", "10"));
        Assert.False(_store.IsCaughtUp(A));

        // As text, "9" would be later than "10".
        _store.Set(Widget.Named("one", "11"));

        Assert.True(_store.IsCaughtUp(A));
    }

    [Fact]
    public void IsCaughtUp_WhenTheWriteWasSeenBeforeItsAnswer_IsTrue()
    {
        _store.Set(Widget.Named("one", "10"));
        _store.Expect(Widget.Named("one", "10"));

        Assert.True(_store.IsCaughtUp(A));
    }

    [Fact]
    public void IsCaughtUp_WhenTheObjectWasDeleted_IsTrue()
    {
        _store.Set(Widget.Named("one", "9"));
        _store.Expect(Widget.Named("one", "10"));
        _store.Remove(A);
        Assert.True(_store.IsCaughtUp(A));

        _store.Expect(Widget.Named("one", "11"));
        Assert.True(_store.IsCaughtUp(A));
    }

    [Fact]
    public void IsCaughtUp_WhenAListBegunAfterTheWriteIsOlder_IsTrueBecauseVersionsStartedAnew()
    {
        _store.Set(Widget.Named("one", "900"));
        _store.Expect(Widget.Named("one", "1000"));
        long mark = _store.Mark();

        _store.Replace([Widget.Named("one", "5")], new HashSet<NamespacedName>(), _ => true, mark);

        Assert.True(_store.IsCaughtUp(A));
    }

    [Fact]
    public void IsCaughtUp_WhenAListBegunBeforeTheWriteArrives_IsFalse()
    {
        _store.Set(Widget.Named("one", "8"));
        long mark = _store.Mark();
        _store.Expect(Widget.Named("one", "10"));

        _store.Replace([Widget.Named("one", "9")], new HashSet<NamespacedName>(), _ => true, mark);

        Assert.False(_store.IsCaughtUp(A));
    }

    [Fact]
    public void IsCaughtUp_WhenTheLastFinalizerOfADeletedObjectWasTakenOff_IsFalseUntilItIsGone()
    {
        Widget deleted = Widget.Named("one", "10");
        deleted.Metadata.DeletionTimestamp = DateTime.UnixEpoch;
        _store.Set(deleted);

        // The answer has the version that is known already.
        _store.Expect(deleted);
        Assert.False(_store.IsCaughtUp(A));

        _store.Remove(A);
        Assert.True(_store.IsCaughtUp(A));
    }

    [Fact]
    public void IsCaughtUp_WhenAnotherObjectOfTheNameTookThePlaceOfOneThatIsGone_IsTrue()
    {
        Widget deleted = Widget.Named("one", "10");
        (deleted.Metadata.Uid, deleted.Metadata.DeletionTimestamp) = ("a", DateTime.UnixEpoch);
        _store.Set(deleted);
        _store.Expect(deleted);

        Widget next = Widget.Named("one", "12");
        next.Metadata.Uid = "b";
        _store.Set(next);

        Assert.True(_store.IsCaughtUp(A));
    }
}
