using Microsoft.Extensions.Time.Testing;
using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Operator.Connections;
using OmniScale.Runtime;

namespace OmniScale.Operator.Tests;

/// <summary>What is said of an Omni that is away, and by whom when.</summary>
public sealed class OmniOutageTests : IDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(50);
    private static readonly Finding Refused = Finding.False(OmniReasons.Unreachable, "refused");
    private static readonly Finding Untrusted = Finding.False(OmniReasons.TlsFailed, "unknown authority");

    private readonly FakeTimeProvider time = new();
    private readonly OmniOutage outage;
    private int told;

    public OmniOutageTests() => outage = new OmniOutage(Finding.False(OmniReasons.Unreachable, "the stream ended"), Silence, Tell, time);

    public void Dispose() => outage.Dispose();

    [Fact]
    public void Nothing_is_said_before_the_silence_is_over_and_then_the_latest()
    {
        outage.Update(Refused);
        time.Advance(Silence - TimeSpan.FromMilliseconds(1));
        Assert.Equal((true, 0), (outage.IsSilent, told));

        time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal((false, 1, Refused), (outage.IsSilent, told, outage.Finding));
    }

    [Fact]
    public void Objects_speak_in_turn_and_then_whenever_they_like()
    {
        time.Advance(Silence);

        Assert.Equal([TimeSpan.Zero, Turn, 2 * Turn], Waits(3));
        time.Advance(Turn);
        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero, Turn], Waits(3));
    }

    [Fact]
    public void Another_reason_is_told_by_those_who_spoke_after_the_others()
    {
        time.Advance(Silence);
        Waits(3);

        outage.Update(Untrusted);

        time.Advance(TimeSpan.Zero);
        Assert.Equal((2, Untrusted), (told, outage.Finding));
        Assert.Equal([3 * Turn, Turn, 2 * Turn], Waits(3));
    }

    [Fact]
    public void Reasons_that_alternate_put_nobody_off()
    {
        time.Advance(Silence);
        Waits(100);

        for (var i = 0; i < 98; i++)
        {
            time.Advance(Turn);
            outage.Update(i % 2 == 0 ? Untrusted : Refused);
            Waits(100);
        }

        time.Advance(Turn);
        Assert.Equal(TimeSpan.Zero, WaitOf(99));
    }

    [Fact]
    public void Other_words_for_the_same_are_told_once_a_minute()
    {
        time.Advance(Silence);
        outage.Update(Refused);
        Assert.NotEqual(Refused, outage.Finding);

        time.Advance(TimeSpan.FromMinutes(1));
        outage.Update(Refused);
        Assert.Equal(Refused, outage.Finding);
    }

    private IEnumerable<TimeSpan> Waits(int objects) => [.. Enumerable.Range(0, objects).Select(WaitOf)];

    private TimeSpan WaitOf(int number) => outage.UntilTurn((typeof(TalosCluster), new NamespacedName("ns", $"{number}")));

    private void Tell(OmniOutage begun)
    {
        told++;
        begun.Speak();
    }
}
