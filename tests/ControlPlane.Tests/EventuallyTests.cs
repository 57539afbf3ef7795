using OmniScale.TestKit;

namespace OmniScale.ControlPlaneTests;

public class EventuallyTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task ValueAsync_WhenTheValueComes_ReturnsIt()
    {
        var reads = 0;

        Assert.Equal(3, await Eventually.ValueAsync(() => ++reads, value => value == 3, "three reads"));
    }

    [Fact]
    public async Task ValueAsync_WhenTheLimitPasses_TellsTheLastValue()
    {
        var error = await Assert.ThrowsAsync<TimeoutException>(() => Eventually.ValueAsync(() => "no", value => value == "yes", "consent", s_short));

        Assert.Equal("Not within 0.1 s: consent; the last value was \"no\"", error.Message);
    }

    [Fact]
    public async Task ValueAsync_WhenReadingFails_TellsTheLastFailure()
    {
        var failure = new InvalidOperationException("not there");

        var error = await Assert.ThrowsAsync<TimeoutException>(() => Eventually.ValueAsync<int>(() => throw failure, _ => true, "a number", s_short));

        Assert.Equal("Not within 0.1 s: a number; the last attempt failed: not there", error.Message);
        Assert.Same(failure, error.InnerException);
    }
}
