using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Grpc.Core;
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
    public async Task Every_end_of_an_open_stream_counts_as_one_restart_whatever_its_cause_and_however_often_opening_fails()
    {
        // A type that no other test follows: a listener hears all of the process.
        var type = ResourceTypes.KernelArgs;
        var restarts = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "omniscale_omni_watch_restarts_total")
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => Interlocked.Add(ref restarts, Equals(tags[0].Value, type.Name) ? value : 0));
        listener.Start();
        await using var fake = await FakeOmni.StartAsync();
        var end = new TaskCompletionSource();
        fake.OnWatch = async (request, stream, cancellation) =>
        {
            var ended = end.Task;
            requests.Enqueue(request);
            switch (requests.Count)
            {
                case 3:
                    throw new RpcException(new Status(StatusCode.FailedPrecondition, "invalid watch bookmark"));
                case 5 or 6:
                    throw new RpcException(new Status(StatusCode.Unavailable, "away"));
            }

            await stream.WriteAsync(new WatchResponse(), cancellation);
            await stream.WriteAsync(Wire.Event(EventType.Bootstrapped, bookmark: "1"), cancellation);
            await (requests.Count is 2 or 4 ? ended.WaitAsync(cancellation) : Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation));
        };
        await using var connection = Clients.Connect(
            new OmniConnectionSettings(OmniEndpoint.Parse(fake.Endpoint), Clients.UnknownKey.Key), new OmniCacheSet([Cached.Of(type)]), time: time);
        await connection.Cache.WhenSyncedAsync([type], TestContext.Current.CancellationToken);
        Assert.Equal(0, restarts);

        time.Advance(TimeSpan.FromMinutes(5));
        await RestartedAsync(1, 2, "after silence");

        Interlocked.Exchange(ref end, new TaskCompletionSource()).SetResult();
        await RestartedAsync(2, 4, "though its bookmark was lost");

        end.SetResult();
        await RestartedAsync(3, 7, "when Omni, which was away, is back");

        Task RestartedAsync(int count, int asked, string when) => Eventually.TrueAsync(
            () => Passed(TimeSpan.FromSeconds(requests.Count == asked ? 0 : 0.1)) && Interlocked.Read(ref restarts) == count && requests.Count == asked, $"the watch runs again {when}");
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
