using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

public sealed class ApiServerMonitorTests : IAsyncLifetime
{
    /// <summary>Long enough to make any test that waits for its end fail.</summary>
    private static readonly ReflectorOptions s_patient = new() { FirstBackoff = TimeSpan.FromHours(1), LongestBackoff = TimeSpan.FromHours(1) };

    /// <summary>What the monitor waits for once the answer to a question was taken.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);

    private readonly RecordingTimeProvider _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly FakeApiServer _server;
    private readonly KubeClient _client;
    private readonly ApiServerMonitor _monitor;
    private volatile bool _isReady;
    private volatile bool _failsLists = true;
    private int _returns;

    public ApiServerMonitorTests()
    {
        _server = new FakeApiServer(exchange => exchange switch
        {
            { Path: "/readyz" } => _isReady ? exchange.ReplyAsync(200, "ok") : exchange.ReplyAsync(500, "[+]ping ok\n[-]etcd failed: reason withheld\n"),
            { IsWatch: true } => StallAsync(exchange),
            { Method: "POST" } => exchange.StallAsync(),
            _ => _failsLists ? exchange.ReplyStatusAsync(500, "InternalError") : exchange.ReplyListAsync("1"),
        });
        _client = _server.Client(_time);
        _client.Transport.Returned += () => Interlocked.Increment(ref _returns);
        _monitor = new ApiServerMonitor(_client, new FakeLifetime(), NullLogger<ApiServerMonitor>.Instance, _time, () => 0.5);
    }

    private int Questions => _server.Requests.Count(request => request == "GET /readyz");

    public async ValueTask InitializeAsync() => await _monitor.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _monitor.StopAsync(CancellationToken.None);
        _monitor.Dispose();
        _client.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task Outage_IsFollowedBySmallQuestions_UntilItsEndIsTold()
    {
        await FailAsync();
        for (int question = 1; question < 4; question++)
        {
            await Eventually.TrueAsync(() => Questions == question, "the server is asked");
            await _time.PassAsync(s_pause);
        }

        await Eventually.TrueAsync(() => Questions == 4 && _time.WaitsFor(s_pause), "the server is asked once more, and says no");
        Assert.Equal(0, _returns);
        _isReady = true;
        await _time.PassAsync(s_pause);

        await Eventually.TrueAsync(() => _returns == 1, "its return is told");
        Assert.Equal(5, Questions);
    }

    [Fact]
    public async Task Request_ThatFailsOnAServerThatIsThere_ChangesNothing()
    {
        _isReady = true;

        await FailAsync();
        await Eventually.TrueAsync(() => Questions == 1, "the server is asked");
        await FailAsync();
        await FailAsync();
        Assert.Equal(1, Questions);
        await _time.PassAsync(s_pause);
        await Eventually.TrueAsync(() => Questions == 2, "the server is asked again");

        Assert.Equal(0, _returns);
    }

    [Fact]
    public async Task Reflector_InABackoff_IsBackWithTheServer()
    {
        var reflector = new Reflector<Widget>(_client, new Store<Widget>(), s_patient, _time, NullLogger.Instance);
        Task running = reflector.RunAsync(_stop.Token);
        await Eventually.TrueAsync(() => reflector.LastError is not null && _time.WaitsFor(s_pause), "the outage is noticed");

        (_isReady, _failsLists) = (true, false);
        await _time.PassAsync(s_pause);

        await Eventually.TrueAsync(() => reflector.Watches == 1, "the watch is open");
        Assert.Null(reflector.LastError);
        await _stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Write_ThatTheServerLost_IsGivenUpOnItsReturn_AndOneOfLaterIsNot()
    {
        Task lost = CreateAsync();
        await Eventually.TrueAsync(() => _server.Requests.Any(request => request.StartsWith("POST", StringComparison.Ordinal)), "the write is sent");
        await FailAsync();
        await Eventually.TrueAsync(() => _time.TryPass(s_pause), "the absence is known");
        await Eventually.TrueAsync(() => Questions == 2 && _time.WaitsFor(s_pause), "the server is asked again, and says no");
        Task later = CreateAsync();

        _client.Transport.RaiseReturned();

        TimeoutException error = await Assert.ThrowsAsync<TimeoutException>(() => lost);
        Assert.Equal("The API server was away and did not answer apis/test.example.com/v1/namespaces/a/widgets", error.GetBaseException().Message);
        Assert.False(later.IsCompleted);
        _client.Transport.NoteAbsence();
        _client.Transport.RaiseReturned();
        await Assert.ThrowsAsync<TimeoutException>(() => later);

        Task CreateAsync() => _client.CreateAsync(Widget.Named("one"), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Controller_WhosePassesFailed_MakesThemAgainWithTheServer()
    {
        _failsLists = false;
        var reconciler = new RecordingReconciler();
        reconciler.Results.Enqueue(() => ReconcileResult.Retry);
        using var controller = new Controller<Widget>(
            _client, new Store<Widget>(), reconciler, new ControllerOptions(), new FakeLifetime(), NullLogger<Controller<Widget>>.Instance, _time, () => 0);
        await controller.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => controller.Working || (_time.TryPass(TimeSpan.FromMilliseconds(100)) && controller.Working), "the controller works");
        controller.Enqueue(new("a", "one"));
        await Eventually.TrueAsync(() => reconciler.Finished == 1, "the pass has failed");

        // The clock stands still: no backoff ends by itself. The key may not be in its backoff yet, so the news is repeated.
        await Eventually.TrueAsync(
            () =>
            {
                _client.Transport.RaiseReturned();
                return reconciler.Finished == 2;
            },
            "the pass is made again");
        await controller.StopAsync(CancellationToken.None);
    }

    private static async Task StallAsync(FakeExchange watch)
    {
        await watch.BeginAsync();
        await watch.StallAsync();
    }

    private Task FailAsync() => Assert.ThrowsAsync<ApiException>(() => _client.ListAsync<Widget>(null, TestContext.Current.CancellationToken));
}
