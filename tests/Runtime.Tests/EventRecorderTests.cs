using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

public sealed class EventRecorderTests : IAsyncDisposable
{
    private readonly RecordingTimeProvider _time = new();
    private readonly RecordingLogger<EventRecorder> _logger = new();
    private readonly TaskCompletionSource _answers = new();
    private readonly FakeApiServer _server;
    private readonly KubeClient _client;
    private readonly EventRecorder _recorder;
    private volatile bool _refuses;

    public EventRecorderTests()
    {
        _server = new FakeApiServer(async request =>
        {
            await _answers.Task;
            await (_refuses ? request.ReplyStatusAsync(403, "Forbidden", "no right") : request.ReplyAsync(201, """{"metadata":{"name":"one.1","namespace":"a"}}"""));
        });
        _client = _server.Client(_time);
        _recorder = new EventRecorder(_client, new FakeLifetime(), _logger, _time, "tester-0");
    }

    public async ValueTask DisposeAsync()
    {
        _answers.TrySetResult();
        await _recorder.StopAsync(CancellationToken.None);
        _recorder.Dispose();
        _client.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Events_AreMeasuredByWhatBecameOfThem()
    {
        using var measured = new Measurements(null);
        _answers.SetResult();
        await StartAsync();

        for (int i = 0; i <= EventAggregator.Burst; i++)
        {
            Report($"{i}");
        }

        await Eventually.TrueAsync(() => _recorder.Suppressed == 1, "the last is held back");
        Assert.Equal((EventAggregator.Burst, 0), (_recorder.Written, _recorder.Lost));
        Assert.Equal([.. Enumerable.Repeat("omniscale_events_total written 1", EventAggregator.Burst), "omniscale_events_total suppressed 1"], Counted(measured));
    }

    [Fact]
    public async Task Event_ThatIsRefused_IsLostAndTheLogSaysAboutWhat()
    {
        using var measured = new Measurements(null);
        _refuses = true;
        _answers.SetResult();
        await StartAsync();

        Report("missing");

        await Eventually.TrueAsync(() => !_logger.Entries.IsEmpty, "the loss is logged");
        Assert.Equal("Losing the event NotReady about Widget a/one: no right", Assert.Single(_logger.Entries).Message);
        Assert.Equal(["omniscale_events_total lost 1"], Counted(measured));
    }

    [Fact]
    public async Task Stop_WritesWhatIsQueued()
    {
        await StartAsync();
        Report("first");
        Report("second");
        await Eventually.TrueAsync(() => !_server.Requests.IsEmpty, "the first is under way");

        Task stopping = _recorder.StopAsync(TestContext.Current.CancellationToken);
        _answers.SetResult();
        await stopping;

        Assert.Equal((2, 0), (_recorder.Written, _recorder.Lost));
        Assert.Empty(_logger.Entries);
    }

    [Fact]
    public async Task Stop_WhenTheServerDoesNotAnswer_CountsWhatIsQueuedAsLost()
    {
        using var measured = new Measurements(null);
        await StartAsync();
        Report("first");
        Report("second");
        await Eventually.TrueAsync(() => !_server.Requests.IsEmpty, "the first is under way");

        Task stopping = _recorder.StopAsync(TestContext.Current.CancellationToken);
        Report("too late");
        await _time.PassAsync(TimeSpan.FromSeconds(2));
        await stopping;

        Assert.Equal((0, 3), (_recorder.Written, _recorder.Lost));
        Assert.Equal(Enumerable.Repeat("omniscale_events_total lost 1", 3), Counted(measured));
        Assert.False(_recorder.HasFailed);
    }

    private Task StartAsync() => _recorder.StartAsync(TestContext.Current.CancellationToken);

    private void Report(string message) => _recorder.Warning(Widget.Named("one"), "NotReady", message);

    private static IEnumerable<string> Counted(Measurements measured) =>
        measured.Take().Where(line => line.StartsWith("omniscale_events_total ", StringComparison.Ordinal));
}
