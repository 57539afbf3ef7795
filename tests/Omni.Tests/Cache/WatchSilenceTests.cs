using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.TestKit;

namespace OmniScale.Omni.Tests;

/// <summary>Streams on which nothing comes, while the connection below them is well.</summary>
public class WatchSilenceTests
{
    private readonly FakeTimeProvider time = new();
    private readonly ConcurrentQueue<WatchRequest> requests = [];

    [Fact]
    public async Task A_stream_that_falls_silent_is_opened_anew_where_it_stopped_and_that_is_no_failure()
    {
        await using var fake = await FakeOmni.StartAsync();
        fake.OnWatch = async (request, stream, cancellation) =>
        {
            requests.Enqueue(request);
            await stream.WriteAsync(new WatchResponse(), cancellation);
            if (!request.Options.HasStartFromBookmark)
            {
                await stream.WriteAsync(Wire.Event(EventType.Bootstrapped, bookmark: "1"), cancellation);
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        };
        await using var connection = Clients.Connect(fake.Endpoint, time: time);
        var changes = new ConcurrentQueue<OmniHealth>();
        connection.HealthChanged += changes.Enqueue;
        await connection.Cache.WhenSyncedAsync([ResourceTypes.ConfigPatches], TestContext.Current.CancellationToken);
        Assert.Single(requests);

        // At once, so that no time passes while the next stream begins.
        time.Advance(TimeSpan.FromMinutes(5));
        await Eventually.TrueAsync(() => requests.Count == 2, "the watch was opened anew");

        Assert.Equal("1", requests.Last().Options.StartFromBookmark.ToStringUtf8());
        Assert.False(requests.Last().Options.BootstrapContents);
        Assert.Equal(true, Assert.Single(changes).Reachable);
        Assert.Equal(0, connection.Cache.Status(ResourceTypes.ConfigPatches).Restarts);
    }

    [Fact]
    public async Task A_stream_that_does_not_begin_counts_as_no_answer()
    {
        await using var fake = await FakeOmni.StartAsync();
        fake.OnWatch = (_, _, cancellation) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        await using var connection = Clients.Connect(fake.Endpoint, time: time);

        connection.Cache.Follow(ResourceTypes.ConfigPatches);
        await Eventually.TrueAsync(() => Passed(TimeSpan.FromSeconds(5)) && connection.Health.Reachable == false, "Omni counts as away");

        Assert.Equal((OmniError.DeadlineExceeded, "Omni did not begin the watch in time"), (connection.Health.Kind, connection.Health.Message));
    }

    private bool Passed(TimeSpan span)
    {
        time.Advance(span);
        return true;
    }
}
