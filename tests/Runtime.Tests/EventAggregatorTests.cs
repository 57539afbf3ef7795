using k8s.Models;

namespace OmniScale.Runtime.Tests;

public class EventAggregatorTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly EventAggregator _aggregator = new();

    [Fact]
    public void Add_WhenTheSameIsReportedAgain_CountsItInTheSameEvent()
    {
        EventAggregate first = _aggregator.Add(Note())!;
        EventAggregate second = _aggregator.Add(Note(at: Start.AddMinutes(1)))!;

        Assert.Equal(new EventAggregate(first.Event, 1, Start, Start), first);
        Assert.Equal(new EventAggregate(first.Event, 2, Start, Start.AddMinutes(1)), second);
    }

    [Fact]
    public void Add_WhenAnythingDiffers_StartsAnotherEvent()
    {
        List<NamespacedName> names =
        [
            .. new[] { Note(), Note(uid: "v"), Note(type: "Warning"), Note(reason: "S"), Note(message: "n") }
                .Select(note => _aggregator.Add(note)!.Event),
        ];

        Assert.Equal(5, names.Distinct().Count());
    }

    [Fact]
    public void Add_WhenTheLastReportIsLongAgo_StartsAnotherEvent()
    {
        _aggregator.Add(Note());

        Assert.Equal(1, _aggregator.Add(Note(at: Start + EventAggregator.Memory))!.Count);
    }

    [Fact]
    public void Add_WhenAnObjectHasTooMany_HoldsThemBackUntilTheyAreEarnedBack()
    {
        for (int i = 0; i < EventAggregator.Burst; i++)
        {
            Assert.NotNull(_aggregator.Add(Note(message: $"{i}")));
        }

        Assert.Null(_aggregator.Add(Note(message: "more")));
        Assert.NotNull(_aggregator.Add(Note(uid: "v")));
        Assert.NotNull(_aggregator.Add(Note(message: "more", at: Start + EventAggregator.EarnedBackEvery)));
        Assert.Null(_aggregator.Add(Note(message: "still more", at: Start + EventAggregator.EarnedBackEvery)));
    }

    [Fact]
    public void Add_WhenTheObjectHasALongNameAndNoNamespace_GivesANameThatIsAllowed()
    {
        var note = new EventNote(new V1ObjectReference { Name = new string('x', 253), Uid = "u" }, "Normal", "R", "m", Start);

        NamespacedName name = _aggregator.Add(note)!.Event;

        Assert.Equal(("default", 253), (name.Namespace, name.Name.Length));
    }

    private static EventNote Note(string uid = "u", string type = "Normal", string reason = "R", string message = "m", DateTimeOffset? at = null) =>
        new(new V1ObjectReference { Name = "one", NamespaceProperty = "a", Uid = uid }, type, reason, message, at ?? Start);
}
