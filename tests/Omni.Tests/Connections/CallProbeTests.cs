using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using OmniScale.Omni.Api;
using OmniScale.TestKit;

namespace OmniScale.Omni.Tests;

public sealed class CallProbeTests : IAsyncDisposable
{
    private readonly FakeTimeProvider time = new();
    private readonly CancellationTokenSource stop = new();
    private readonly OmniStore clusters = Cached.Of(ResourceTypes.Clusters).CreateStore();
    private readonly OmniHealthTracker health;
    private readonly Task running;
    private volatile bool isAnswered;
    private int asked;
    private int resumed;

    public CallProbeTests()
    {
        health = new OmniHealthTracker(time);
        health.StreamUp(clusters);
        running = new CallProbe(health, AskAsync, () => Interlocked.Increment(ref resumed), time).RunAsync(stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        stop.Dispose();
    }

    [Fact]
    public async Task Calls_ThatFailForLongWhileWatchesRun_AreAskedForNowAndThen_AndTheirReturnIsTold()
    {
        health.CallFailed(Failure(OmniError.DeadlineExceeded));
        for (var question = 1; question <= 3; question++)
        {
            await PassUntilAsync(() => asked == question);
            Assert.Equal(0, resumed);
        }

        isAnswered = true;
        await PassUntilAsync(() => resumed == 1);

        Assert.Equal(4, asked);
        Assert.False(health.AreCallsInDoubt);
    }

    [Fact]
    public async Task Call_ThatFailsBesideOthersThatSucceed_IsNoOutage()
    {
        isAnswered = true;
        health.CallFailed(Failure(OmniError.DeadlineExceeded));
        await PassUntilAsync(() => asked == 1);
        health.CallFailed(Failure(OmniError.DeadlineExceeded));
        await PassUntilAsync(() => asked == 2);

        Assert.Equal(0, resumed);
    }

    [Fact]
    public async Task Key_ThatIsAcceptedAgain_IsFoundOutWithoutAnybodysCall()
    {
        health.CallFailed(Failure(OmniError.Unauthenticated));
        Assert.False(health.Current.Reachable);
        isAnswered = true;

        await PassUntilAsync(() => health.Current.Reachable == true);

        Assert.Equal(1, asked);
    }

    [Fact]
    public void Calls_WhileOmniIsAwayAltogether_AreNotAskedFor_SinceWatchesAre()
    {
        health.StreamDown(clusters, Failure(OmniError.Unavailable));
        health.CallFailed(Failure(OmniError.Unavailable));
        Assert.False(health.AreCallsInDoubt);

        health.StreamUp(clusters);
        Assert.True(health.AreCallsInDoubt);
    }

    [Fact]
    public async Task Calls_ThatFailUntilWatchesEndAsWell_HaveNotReturned()
    {
        health.CallFailed(Failure(OmniError.DeadlineExceeded));
        await PassUntilAsync(() => asked == 1);
        health.StreamDown(clusters, Failure(OmniError.Unavailable));
        time.Advance(CallProbe.Period);
        health.StreamUp(clusters);
        await PassUntilAsync(() => asked == 3);
        Assert.Equal(0, resumed);

        isAnswered = true;
        await PassUntilAsync(() => resumed == 1);
    }

    private static OmniException Failure(OmniError kind) => new(kind, "no", StatusCode.Unknown);

    private Task AskAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref asked);
        if (!isAnswered)
        {
            health.CallFailed(Failure(OmniError.DeadlineExceeded));
            throw Failure(OmniError.DeadlineExceeded);
        }

        health.CallSucceeded();
        return Task.CompletedTask;
    }

    /// <summary>Lets a second pass at a time, and time for what it brings about.</summary>
    private Task PassUntilAsync(Func<bool> condition) => Eventually.TrueAsync(
        () =>
        {
            if (condition())
            {
                return true;
            }

            time.Advance(TimeSpan.FromSeconds(1));
            return false;
        },
        "time brought it about");
}
