using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

public sealed class ControllerTests : IAsyncDisposable
{
    private static readonly NamespacedName One = new("a", "one");

    private static readonly LeaderElectionOptions Lease = new() { Lease = new("a", "lease"), Identity = "me" };

    private readonly Store<Widget> _store = new();
    private readonly RecordingReconciler _reconciler = new();
    private readonly FakeLifetime _lifetime = new();
    private readonly RecordingLogger<Controller<Widget>> _logger = new();
    private readonly ConcurrentQueue<Func<FakeExchange, Task>> _events = [];
    private readonly RecordingTimeProvider _time = new();
    private readonly FakeApiServer _server;
    private readonly KubeClient _client;
    private volatile bool _serves = true;
    private Controller<Widget>? _controller;

    public ControllerTests()
    {
        _server = new FakeApiServer(async request =>
        {
            if (!_serves)
            {
                await request.ReplyStatusAsync(503, "ServiceUnavailable");
                return;
            }

            if (!request.IsWatch)
            {
                await request.ReplyListAsync("1", FakeExchange.Item("one", "1"));
                return;
            }

            await request.BeginAsync();
            Task closed = request.StallAsync();
            while (!closed.IsCompleted)
            {
                if (_events.TryDequeue(out Func<FakeExchange, Task>? send))
                {
                    await send(request);
                }

                await Task.WhenAny(closed, Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System));
            }
        });
        _client = _server.Client(_time);
    }

    public async ValueTask DisposeAsync()
    {
        _reconciler.Release();
        if (_controller is not null)
        {
            await _controller.StopAsync(CancellationToken.None);
            _controller.Dispose();
        }

        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Pass_WhenTheFirstListIsThere_ComesForEveryObject()
    {
        await StartWorkersAsync();

        Assert.True(_controller!.Synced);
        Assert.Equal(One, _reconciler.Keys.Single());
    }

    [Fact]
    public async Task Workers_UntilAllCachesAreComplete_DoNotStart()
    {
        bool synced = false;
        await StartAsync(new ControllerOptions { WaitFor = [() => Volatile.Read(ref synced)] });
        await Eventually.TrueAsync(() => _controller!.Pending == 1 && _time.WaitsFor(TimeSpan.FromMilliseconds(100)), "the key and the workers wait");
        Assert.False(_controller!.Synced);
        Assert.Empty(_reconciler.Keys);

        Volatile.Write(ref synced, true);
        await Eventually.TrueAsync(() => _controller.Synced, "everything is there");
        await _time.PassAsync(TimeSpan.FromMilliseconds(100));

        await PassesAsync(1);
    }

    [Fact]
    public async Task Change_OfTheStatusOnly_AsksForNoPass()
    {
        await StartWorkersAsync();

        Send("MODIFIED", FakeExchange.Item("one", "2").Replace("\"spec\"", "\"status\":{\"phase\":\"Up\"},\"spec\"", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => _store.List().Single().Status?.Phase == "Up", "the status has arrived");

        Assert.Equal(0, _controller!.Pending);
        Assert.Single(_reconciler.Keys);
    }

    [Fact]
    public async Task Deletion_AsksForAPass()
    {
        await StartWorkersAsync();

        Send("DELETED", FakeExchange.Item("one", "2"));

        await PassesAsync(2);
    }

    [Fact]
    public async Task Pass_WhenItThrows_IsLoggedAndRepeatedWithBackoff()
    {
        _reconciler.Results.Enqueue(() => throw new InvalidOperationException("broken"));
        await StartWorkersAsync();

        await _time.PassAsync(WorkQueue.FirstBackoff);
        await PassesAsync(2);

        (LogLevel level, Exception? error, _) = Assert.Single(_logger.Entries, entry => entry.Level >= LogLevel.Warning);
        Assert.Equal((LogLevel.Error, "broken"), (level, error!.Message));
        Dictionary<string, object> scope = Assert.Single(_logger.Scopes.Take(1));
        Assert.Equal(("Widget", "a", "one", 16), (scope["Kind"], scope["namespace"], scope["name"], ((string)scope["reconcileId"]).Length));
    }

    [Fact]
    public async Task Pass_WhenThereIsAConflict_IsRepeatedWithoutAnError()
    {
        _reconciler.Results.Enqueue(() => throw new ApiException(409, "Conflict", "changed"));
        await StartWorkersAsync();

        await _time.PassAsync(WorkQueue.FirstBackoff);
        await PassesAsync(2);

        Assert.DoesNotContain(_logger.Entries, entry => entry.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Pass_WhenItAsksForAnother_GetsIt()
    {
        _reconciler.Results.Enqueue(() => ReconcileResult.After(TimeSpan.FromSeconds(40)));
        _reconciler.Results.Enqueue(() => ReconcileResult.Retry);
        await StartWorkersAsync();

        await _time.PassAsync(TimeSpan.FromSeconds(40));
        await PassesAsync(2);
        await _time.PassAsync(WorkQueue.FirstBackoff);
        await PassesAsync(3);

        Assert.DoesNotContain(_logger.Entries, entry => entry.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Pass_WhenItTakesTooLong_IsCancelledAndRepeated()
    {
        _reconciler.Hold();
        await StartWorkersAsync(new ControllerOptions { ReconcileTimeout = TimeSpan.FromMinutes(2) });

        await _time.PassAsync(TimeSpan.FromMinutes(2));
        await Eventually.TrueAsync(() => _logger.Entries.Any(entry => entry.Level == LogLevel.Error), "the timeout is logged");
        _reconciler.Release();
        await _time.PassAsync(WorkQueue.FirstBackoff);

        await PassesAsync(2);
    }

    [Fact]
    public async Task Pass_WhileOneIsRunningForTheKey_Waits()
    {
        _reconciler.Hold();
        await StartWorkersAsync();
        _controller!.Enqueue(One);
        _controller.Enqueue(new NamespacedName("a", "two"));

        await Eventually.TrueAsync(() => _reconciler.Keys.Any(key => key.Name == "two"), "another key has its pass");
        Assert.Single(_reconciler.Keys, One);
        _reconciler.Release();

        await PassesAsync(3);
    }

    [Fact]
    public async Task Pass_UntilTheOwnWriteIsSeen_Waits()
    {
        await StartWorkersAsync();
        _store.Expect(Widget.Named("one", "5"));
        _controller!.Enqueue(One);
        await Eventually.TrueAsync(() => _controller.Pending == 0, "the key was taken");
        Send("MODIFIED", FakeExchange.Item("one", "4"));
        await Eventually.TrueAsync(() => _store.List().Single().Metadata.ResourceVersion == "4", "an older version has arrived");
        Assert.Single(_reconciler.Keys);

        Send("MODIFIED", FakeExchange.Item("one", "5"));
        await Eventually.TrueAsync(() => _store.IsCaughtUp(One), "the own write has arrived");
        // The worker that took the key may not have put it off yet.
        await Eventually.TrueAsync(
            () =>
            {
                _time.TryPass(TimeSpan.FromMilliseconds(100));
                return _reconciler.Keys.Count == 2;
            },
            "the pass is made");
    }

    [Fact]
    public async Task Backoff_WhenTheWatchIsBack_IsForgotten()
    {
        for (int i = 0; i < 3; i++)
        {
            _reconciler.Results.Enqueue(() => ReconcileResult.Retry);
        }

        await StartWorkersAsync();
        await _time.PassAsync(TimeSpan.FromSeconds(1));
        await PassesAsync(2);
        await _time.PassAsync(TimeSpan.FromSeconds(2));
        await PassesAsync(3);
        await Eventually.TrueAsync(() => _time.WaitsFor(TimeSpan.FromSeconds(4)), "the key is in its third backoff");
        _serves = false;
        _events.Enqueue(watch =>
        {
            watch.Reset();
            return Task.CompletedTask;
        });
        await Eventually.TrueAsync(() => _controller!.Reflectors[0].LastError is not null, "the watch is broken");
        Assert.Equal(3, _reconciler.Keys.Count);

        _serves = true;
        DateTimeOffset before = _time.GetUtcNow();
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(1));
                return _controller!.Reflectors[0].Watches == 2;
            },
            "the watch is back");

        await PassesAsync(4);
        Assert.InRange(_time.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(2));
    }

    [Fact]
    public async Task Resync_AsksForAPassOfEveryObject()
    {
        await StartWorkersAsync();

        await _time.PassAsync(TimeSpan.FromHours(9));

        await PassesAsync(2);
    }

    [Fact]
    public async Task Stop_LetsAPassFinish()
    {
        _reconciler.Hold();
        await StartWorkersAsync();
        Task stopping = _controller!.StopAsync(TestContext.Current.CancellationToken);
        _controller.Enqueue(new NamespacedName("a", "two"));
        Assert.False(stopping.IsCompleted);

        _reconciler.Release();

        await stopping;
        Assert.Equal(1, _reconciler.Finished);
        Assert.Single(_reconciler.Keys);
        Assert.False(_lifetime.IsStopped);
    }

    [Fact]
    public async Task Stop_WhenAPassDoesNotFinishInTime_CancelsIt()
    {
        _reconciler.Hold();
        await StartWorkersAsync();

        Task stopping = _controller!.StopAsync(TestContext.Current.CancellationToken);
        await _time.PassAsync(new ControllerOptions().DrainTimeout);
        await stopping;

        Assert.Equal(0, _reconciler.Finished);
        Assert.DoesNotContain(_logger.Entries, entry => entry.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Loop_WhenItFails_StopsTheHostAndSaysSo()
    {
        _store.Changed += _ => throw new InvalidOperationException("a defect");

        await StartAsync();
        await Eventually.TrueAsync(() => _lifetime.IsStopped, "the host is stopped");

        Assert.True(_controller!.HasFailed);
        Assert.Contains(_logger.Entries, entry => entry.Level == LogLevel.Critical && entry.Error?.Message == "a defect");
    }

    [Fact]
    public async Task Workers_UntilTheProcessLeads_DoNotStart()
    {
        using var leadership = new Leadership(Lease, _time);
        bool open = false;
        await StartAsync(new ControllerOptions { Leadership = leadership, WaitFor = [() => Volatile.Read(ref open)] });
        // That the workers look again after everything is there is only sure if they were seen to wait before.
        await Eventually.TrueAsync(() => _time.WaitsFor(TimeSpan.FromMilliseconds(100)), "the workers wait");
        Volatile.Write(ref open, true);
        await Eventually.TrueAsync(() => _controller!.Synced, "everything is there");
        await _time.PassAsync(TimeSpan.FromMilliseconds(100));
        Assert.Equal((true, false), (_controller!.Synced, _controller.Working));
        Assert.Empty(_reconciler.Keys);

        leadership.TryRenew(_time.GetTimestamp());

        await PassesAsync(1);
        Assert.True(_controller.Working);
    }

    [Fact]
    public async Task Leadership_WhenItEnds_CancelsPassesAtOnceAndBeginsNoMore()
    {
        using var leadership = new Leadership(Lease, _time);
        leadership.TryRenew(_time.GetTimestamp());
        _reconciler.Hold();
        await StartWorkersAsync(new ControllerOptions { Leadership = leadership, Workers = 1 });
        _controller!.Enqueue(new NamespacedName("a", "two"));

        await leadership.EndAsync();

        await Eventually.TrueAsync(() => _logger.Entries.Any(entry => entry.Message.StartsWith("Leaving a pass unfinished", StringComparison.Ordinal)), "the pass ends");
        Assert.Equal([One], _reconciler.Keys);
        Assert.Equal(0, _reconciler.Finished);
        // Stopping the host is up to the elector.
        Assert.False(_lifetime.IsStopped);
    }

    [Fact]
    public async Task Pass_WhenAWriteIsRefusedForTheAgeOfTheLease_IsNoErrorAndIsRepeated()
    {
        _reconciler.Results.Enqueue(() => throw new LeadershipLostException("too old"));
        await StartWorkersAsync();

        await _time.PassAsync(WorkQueue.FirstBackoff);
        await PassesAsync(2);

        Assert.DoesNotContain(_logger.Entries, entry => entry.Level >= LogLevel.Error);
    }

    [Fact]
    public async Task HostStopping_EndsTheIntakeBeforeTheServiceItselfIsToldToStop()
    {
        _reconciler.Hold();
        await StartWorkersAsync(new ControllerOptions { Workers = 1 });
        _controller!.Enqueue(new NamespacedName("a", "two"));

        await _lifetime.BeginStopAsync();
        _reconciler.Release();
        await _controller.ExecuteTask!;

        Assert.Equal((1, 1), (_reconciler.Keys.Count, _reconciler.Finished));
        Assert.False(_lifetime.IsStopped);
    }

    [Fact]
    public async Task Namespaces_WhenGiven_AreFollowedEachByItself()
    {
        await StartAsync(new ControllerOptions { Namespaces = ["a", "b"] });

        await Eventually.TrueAsync(() => _controller!.Synced && _controller.Reflectors.All(reflector => reflector.Watches == 1), "both are watched");

        Assert.Contains(_server.Requests, request => request.StartsWith("GET /apis/test.example.com/v1/namespaces/a/widgets?", StringComparison.Ordinal));
        Assert.Contains(_server.Requests, request => request.StartsWith("GET /apis/test.example.com/v1/namespaces/b/widgets?", StringComparison.Ordinal));
        Assert.DoesNotContain(_server.Requests, request => request.StartsWith("GET /apis/test.example.com/v1/widgets", StringComparison.Ordinal));
    }

    private async Task StartAsync(ControllerOptions? options = null)
    {
        options ??= new ControllerOptions();
        options = options with { Reflector = new ReflectorOptions { FirstBackoff = TimeSpan.FromMilliseconds(1), LongestBackoff = TimeSpan.FromMilliseconds(20) } };
        _controller = new Controller<Widget>(_client, _store, _reconciler, options, _lifetime, _logger, _time, () => 0);
        await _controller.StartAsync(TestContext.Current.CancellationToken);
    }

    private void Send(string type, string json) => _events.Enqueue(watch => watch.EventAsync(type, json));

    /// <summary>Starts, and lets the time pass until the workers have seen that everything is there.</summary>
    private async Task StartWorkersAsync(ControllerOptions? options = null)
    {
        await StartAsync(options);
        await SyncAsync();
        await Eventually.TrueAsync(() => !_reconciler.Keys.IsEmpty, "the first pass");
    }

    /// <summary>Lets the workers see that everything is there, if they did not at once. The clock does not move after that, while passes are made.</summary>
    private async Task SyncAsync()
    {
        await Eventually.TrueAsync(() => _controller!.Synced, "everything is there");
        await Eventually.TrueAsync(() => _controller!.Working || (_time.TryPass(TimeSpan.FromMilliseconds(100)) && _controller.Working), "the workers have seen it");
    }

    private Task PassesAsync(int count) => Eventually.TrueAsync(() => _reconciler.Keys.Count == count, $"{count} passes");
}
