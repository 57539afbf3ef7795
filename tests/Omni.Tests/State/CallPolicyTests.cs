using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.TestKit;

namespace OmniScale.Omni.Tests;

/// <summary>How a connection spares an Omni that is slow or away.</summary>
public class CallPolicyTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private readonly FakeTimeProvider time = new();
    private int asked;

    [Fact]
    public async Task Calls_AreFewAtOnce_AndNoneIsLost()
    {
        await using var fake = await FakeOmni.StartAsync();
        var answer = new TaskCompletionSource();
        fake.OnGet = async _ =>
        {
            Interlocked.Increment(ref asked);
            await answer.Task;
            throw new RpcException(new Status(StatusCode.NotFound, "none"));
        };
        await using var connection = Clients.Connect(fake.Endpoint);

        var calls = Enumerable.Range(0, 20).Select(_ => connection.State.GetAsync(ResourceTypes.Clusters, "one", Cancellation)).ToList();
        await Eventually.TrueAsync(() => asked == CallPolicy.Concurrency, "the first calls have arrived");
        answer.SetResult();

        Assert.All(await Task.WhenAll(calls), Assert.Null);
        Assert.Equal(20, asked);
    }

    [Fact]
    public async Task Calls_WhenOmniFailedToAnswerTheLast_AreNotMade_UntilAProbeSucceeds()
    {
        await using var fake = await FakeOmni.StartAsync();
        var isUp = false;
        fake.OnGet = _ =>
        {
            asked++;
            throw new RpcException(new Status(isUp ? StatusCode.NotFound : StatusCode.Unavailable, "none"));
        };
        await using var connection = Clients.Connect(fake.Endpoint, time: time);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("none", (await connection.FailureAsync()).Message);
        }

        var failure = await connection.FailureAsync();
        Assert.Equal((5, OmniError.Unavailable), (asked, failure.Kind));
        Assert.Equal("none", failure.Message);

        time.Advance(CallPolicy.Break);
        await connection.FailureAsync();
        await connection.FailureAsync();
        Assert.Equal(6, asked);

        isUp = true;
        time.Advance(CallPolicy.Break);
        Assert.Null(await connection.State.GetAsync(ResourceTypes.Clusters, "one", Cancellation));
        Assert.Null(await connection.State.GetAsync(ResourceTypes.Clusters, "one", Cancellation));
        Assert.Equal(8, asked);
    }

    [Fact]
    public async Task Calls_WhenAWatchIsBack_AreMadeAgainAtOnce()
    {
        await using var fake = await FakeOmni.StartAsync();
        var watch = new TaskCompletionSource();
        fake.OnGet = _ => throw new RpcException(new Status(watch.Task.IsCompleted ? StatusCode.NotFound : StatusCode.Unavailable, "none"));
        fake.OnWatch = async (_, stream, cancellation) =>
        {
            await watch.Task;
            await stream.WriteAsync(new WatchResponse(), cancellation);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        };
        await using var connection = Clients.Connect(fake.Endpoint, time: time);
        var isBack = false;
        connection.HealthChanged += health => Volatile.Write(ref isBack, health.Reachable == true);
        connection.Cache.Follow(ResourceTypes.ConfigPatches);
        for (var i = 0; i < 6; i++)
        {
            await connection.FailureAsync();
        }

        watch.SetResult();
        await Eventually.TrueAsync(() => Volatile.Read(ref isBack), "the watch's return is told");

        Assert.Null(await connection.State.GetAsync(ResourceTypes.Clusters, "one", Cancellation));
    }

    [Fact]
    public async Task Calls_ThatFailWhileAWatchRuns_AreTriedWithoutAnybodyAsking_AndTheirReturnIsTold()
    {
        await using var fake = await FakeOmni.StartAsync();
        var isUp = false;
        fake.OnGet = _ =>
        {
            Interlocked.Increment(ref asked);
            throw new RpcException(new Status(Volatile.Read(ref isUp) ? StatusCode.NotFound : StatusCode.DeadlineExceeded, "none"));
        };
        fake.OnWatch = async (_, stream, cancellation) =>
        {
            await stream.WriteAsync(new WatchResponse(), cancellation);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        };
        await using var connection = Clients.Connect(fake.Endpoint, time: time);
        var resumed = 0;
        connection.CallsResumed += () => Interlocked.Increment(ref resumed);
        connection.Cache.Follow(ResourceTypes.ConfigPatches);
        await Eventually.TrueAsync(() => connection.Health.Reachable == true, "the watch is up");

        await connection.FailureAsync();
        await Eventually.TrueAsync(() => asked >= 3 || Passed(TimeSpan.FromSeconds(1)), "it is tried twice more");
        Assert.Equal(0, resumed);
        Volatile.Write(ref isUp, true);

        await Eventually.TrueAsync(() => resumed == 1 || Passed(TimeSpan.FromSeconds(1)), "its return is told");
    }

    [Fact]
    public async Task Calls_ThatFailForOneResourceAlone_DoNotHoldUpTheOthers()
    {
        await using var fake = await FakeOmni.StartAsync();
        fake.OnGet = request =>
        {
            asked++;
            throw new RpcException(new Status(request.Id == "one" ? StatusCode.DeadlineExceeded : StatusCode.NotFound, "none"));
        };
        await using var connection = Clients.Connect(fake.Endpoint, time: time);

        for (var i = 0; i < 10; i++)
        {
            await connection.FailureAsync();
            Assert.Null(await connection.State.GetAsync(ResourceTypes.Clusters, "other", Cancellation));
        }

        Assert.Equal(20, asked);
    }

    private bool Passed(TimeSpan span)
    {
        time.Advance(span);
        return false;
    }
}
