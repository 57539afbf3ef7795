using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

public class RequestThrottleTests
{
    private static readonly NamespacedName One = new("a", "one");
    private static readonly JsonObject Patch = new() { ["spec"] = new JsonObject { ["size"] = 3 } };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private readonly RecordingTimeProvider _time = new();

    [Theory]
    [InlineData(429)]
    [InlineData(503)]
    public async Task Request_WhenTheServerNamesATimeToComeBack_IsMadeAgainThenAndAsItWas(int code)
    {
        var bodies = new ConcurrentQueue<string>();
        await using var server = new FakeApiServer(request =>
        {
            bodies.Enqueue(request.Body);
            return bodies.Count == 1 ? request.ReplyStatusAsync(code, "", header: "Retry-After: 3") : request.ReplyAsync(200, FakeExchange.Item("one", "7"));
        });
        using KubeClient client = server.Client(_time);

        Task<Widget> patching = client.MergePatchAsync<Widget>(One, Patch, Ct);
        await _time.PassAsync(TimeSpan.FromSeconds(3));

        Assert.Equal("7", (await patching).Metadata.ResourceVersion);
        Assert.Equal([Patch.ToJsonString(), Patch.ToJsonString()], bodies);
    }

    [Fact]
    public async Task Request_WhileTheServerWantsToBeLeftAlone_IsNotBegun()
    {
        await using var server = new FakeApiServer(request => request.Path.EndsWith("/busy", StringComparison.Ordinal)
            ? request.ReplyStatusAsync(429, "TooManyRequests", header: "Retry-After: 60")
            : request.ReplyAsync(200, FakeExchange.Item("one", "7")));
        using KubeClient client = server.Client(_time);

        // Too long to keep a worker waiting: the caller is told, and others do not even ask.
        ApiException told = await Assert.ThrowsAsync<ApiException>(() => client.GetAsync<Widget>(new("a", "busy"), Ct));
        Assert.Equal(TimeSpan.FromSeconds(60), told.RetryAfter);
        Task<Widget> other = client.GetAsync<Widget>(One, Ct);
        Assert.Single(server.Requests);

        await _time.PassAsync(TimeSpan.FromSeconds(60));

        await other;
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Pause_IsAMinuteAtTheLongest_IsTold_AndEndsWhenTheServerIsBack()
    {
        var told = new ConcurrentQueue<TimeSpan>();
        await using var server = new FakeApiServer(request => request.Path.EndsWith("/busy", StringComparison.Ordinal)
            ? request.ReplyStatusAsync(503, "", header: "Retry-After: 3600")
            : request.ReplyAsync(200, FakeExchange.Item("one", "7")));
        using KubeClient client = server.Client(_time);
        client.Transport.HeldBack += told.Enqueue;
        await Assert.ThrowsAsync<ApiException>(() => client.Transport.ReadOnceAsync("apis/test/busy", Ct));
        Task<Widget> other = client.GetAsync<Widget>(One, Ct);

        await _time.PassAsync(TimeSpan.FromMinutes(1));
        await other;
        Assert.Equal([TimeSpan.FromMinutes(1)], told);
        Assert.Equal(2, server.Requests.Count);

        await Assert.ThrowsAsync<ApiException>(() => client.Transport.ReadOnceAsync("apis/test/busy", Ct));
        other = client.GetAsync<Widget>(One, Ct);
        Assert.Equal(3, server.Requests.Count);
        client.Transport.RaiseReturned();
        await other;
    }

    [Fact]
    public async Task Request_OfAClientThatCannotWait_IsMadeAtOnceAndOnce()
    {
        int asked = 0;
        await using var server = new FakeApiServer(request => Interlocked.Increment(ref asked) == 1
            ? request.ReplyStatusAsync(429, "TooManyRequests", header: "Retry-After: 60")
            : request.ReplyAsync(200, FakeExchange.Item("one", "7")));
        using KubeClient client = server.Client(_time, heedsRetryAfter: false);

        await Assert.ThrowsAsync<ApiException>(() => client.GetAsync<Widget>(One, Ct));
        await client.GetAsync<Widget>(One, Ct);

        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Request_WhenTheServerIsBusyAndNamesNoTime_IsMadeAgainAFewTimes()
    {
        await using var server = new FakeApiServer(request => request.ReplyStatusAsync(429, "TooManyRequests"));
        using KubeClient client = server.Client(_time);

        Task<Widget> asking = client.GetAsync<Widget>(One, Ct);
        await Eventually.TrueAsync(
            () =>
            {
                // Only the waits in between, whose length is up to chance: while a request is under way, the clock stands still.
                _time.TryPassShorter(KubeClient.RequestTimeout);
                return asking.IsCompleted;
            },
            "the client has given up");

        Assert.True((await Assert.ThrowsAsync<ApiException>(() => asking)).IsTooManyRequests);
        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task Request_WhenTheServerFailsOtherwise_IsMadeOnce()
    {
        await using var server = new FakeApiServer(request => request.ReplyStatusAsync(503, "ServiceUnavailable"));
        using KubeClient client = server.Client(_time);

        await Assert.ThrowsAsync<ApiException>(() => client.MergePatchAsync<Widget>(One, Patch, Ct));

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Requests_AfterTheBurst_KeepToTheRate()
    {
        await using var server = new FakeApiServer(request => request.ReplyAsync(200, FakeExchange.Item("one", "7")));
        using KubeClient client = server.Client(limits: new(PerSecond: 4, Burst: 2));
        long began = TimeProvider.System.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => client.GetAsync<Widget>(One, Ct)));

        // Three after the burst of two, one each quarter of a second, the first of which may have begun before.
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(450), "five requests came faster than the rate allows");
    }
}
