using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.TestKit;
using OmniScale.TestKit.Faults;

namespace OmniScale.Runtime.Tests;

/// <summary>What a healthy API server never does, done to the requests of a reflector on their way to a real one.</summary>
[Collection(nameof(WidgetCluster))]
public sealed class ReflectorFaultTests(WidgetCluster cluster) : IAsyncLifetime
{
    private const string Watches = @"GET .*/widgets\?.*watch=true";
    private const string ListsAndWatches = "GET .*/widgets";

    private static readonly ReflectorOptions s_impatient = new() { FirstBackoff = TimeSpan.FromMilliseconds(40), LongestBackoff = TimeSpan.FromMilliseconds(160) };

    /// <summary>What happens to which requests.</summary>
    private static readonly Dictionary<string, (string Requests, Fault Fault)> s_faults = new()
    {
        ["every request is reset"] = (ListsAndWatches, Fault.Reset()),
        ["watches are reset"] = (Watches, Fault.Reset()),
        ["watches are reset once open"] = (Watches, Fault.Reset(after: 0)),
        ["watches end at once"] = (Watches, Fault.End()),
        ["watches break off within a line"] = (Watches, Fault.Truncate()),
        ["410 Gone on opening"] = (Watches, Fault.Status(410, "Gone")),
        ["410 Expired on opening"] = (Watches, Fault.Status(410, "Expired")),
        ["410 Gone in the stream"] = (Watches, Fault.ErrorEvent(410, "Gone")),
        ["410 Expired in the stream"] = (Watches, Fault.ErrorEvent(410, "Expired")),
        ["500 in the stream"] = (Watches, Fault.ErrorEvent(500, "InternalError")),
        ["429"] = (ListsAndWatches, Fault.Status(429, "TooManyRequests")),
        ["500"] = (ListsAndWatches, Fault.Status(500, "InternalError")),
        ["503 with Retry-After"] = (ListsAndWatches, Fault.Status(503, "ServiceUnavailable", TimeSpan.FromSeconds(1))),
        ["504 on opening, as after a restore"] = (Watches, Fault.Status(504, "Timeout")),
        ["502 of a proxy in front"] = (ListsAndWatches, Fault.Gateway(502)),
        ["403"] = (ListsAndWatches, Fault.Status(403, "Forbidden")),
    };

    private readonly KubeClient _client = cluster.Client;
    private readonly Store<Widget> _store = new();
    private readonly CancellationTokenSource _stop = new();
    private string _namespace = "";
    private FaultProxy _proxy = null!;
    private KubeClient _behind = null!;
    private Task _running = Task.CompletedTask;
    private int _failed;
    private int _recovered;

    public static TheoryData<string> Faults => [.. s_faults.Keys];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _namespace = await cluster.ControlPlane.CreateNamespaceAsync();
        _proxy = await FaultProxies.StartAsync(cluster.ControlPlane);
        _behind = WidgetCluster.Connect(_proxy.WriteKubeconfig(cluster.ControlPlane));
        await CreateAsync("kept");
        await CreateAsync("doomed");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _behind.Dispose();
        await _proxy.DisposeAsync();
        _stop.Dispose();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Store_AfterAGapOfAnyKind_EndsEqualToTheServer_WithFewRequests(string name)
    {
        (string requests, Fault fault) = s_faults[name];
        Start(s_impatient);
        await SyncedAsync();

        long began = TimeProvider.System.GetTimestamp();
        _proxy.ClearRequests();
        ActiveFault active = _proxy.On(requests, fault, times: null);
        _proxy.DropConnections();
        await Eventually.TrueAsync(() => active.Hits >= 3, "the fault has hit again and again");
        await EditAsync();
        int asked = _proxy.Requests.Count;
        TimeSpan outage = TimeProvider.System.GetElapsedTime(began);
        active.Clear();

        await EqualAsync();
        // At most a list and a watch after each pause, and the first pauses are shorter than the longest.
        Assert.InRange(asked, 3, 2 * (5 + (outage / (s_impatient.LongestBackoff * 0.8))));
        await Eventually.ValueAsync(() => (Failed: _failed, Recovered: _recovered), told => told.Failed == told.Recovered, "each failure is followed by a recovery");
        await FollowsAsync();
    }

    [Theory]
    [InlineData(429, "TooManyRequests")]
    [InlineData(503, "ServiceUnavailable")]
    public async Task Retry_after_IsObeyed(int code, string reason)
    {
        Start(s_impatient with { LongestBackoff = TimeSpan.FromSeconds(10) });
        await SyncedAsync();
        _proxy.ClearRequests();
        _proxy.On(Watches, Fault.Status(code, reason, TimeSpan.FromSeconds(1)), times: 2);
        _proxy.DropConnections();
        await EditAsync();

        await EqualAsync();

        List<ProxiedRequest> watches = [.. _proxy.Asked("watch=true")];
        Assert.Equal(3, watches.Count);
        // The pause begins when the answer has come, which is after the request did.
        Assert.All(watches.Zip(watches.Skip(1)), pair => Assert.True(pair.Second.Time - pair.First.Time > TimeSpan.FromSeconds(0.9), $"{pair.First}, {pair.Second}"));
        Assert.Empty(_proxy.Requests.Except(watches));
    }

    [Fact]
    public async Task Watch_ThatFallsSilentOnALivingConnection_IsReplaced()
    {
        _proxy.On(Watches, Fault.Stall(after: 0), times: 1);
        Start(s_impatient with { SilenceLimit = TimeSpan.FromSeconds(1) });
        await Eventually.TrueAsync(() => _proxy.Asked("watch=true").Count == 1, "the watch is open");

        await EditAsync();

        await EqualAsync();
        Assert.InRange(_proxy.Asked("watch=true").Count, 2, 20);
        Assert.Equal(1, _proxy.Requests.Count - _proxy.Asked("watch=true").Count);
    }

    [Fact]
    public async Task Watch_ThatTheServerNeverAnswers_IsGivenUp()
    {
        var time = new RecordingTimeProvider();
        _proxy.On(Watches, Fault.Stall());
        Reflector<Widget> reflector = Start(s_impatient, time);
        await Eventually.TrueAsync(() => _proxy.Asked("watch=true").Count == 1, "the watch is asked for");
        await EditAsync();

        time.Advance(KubeClient.RequestTimeout);
        await Eventually.TrueAsync(() => (_failed, _recovered) == (1, 0), "it is given up");
        Assert.IsType<TimeoutException>(reflector.LastError);
        // The backoff begins some time after that. In steps so small that the next request is not given up too.
        await Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(10));
                return _proxy.Asked("watch=true").Count == 2;
            },
            "it is asked for again");

        await EqualAsync();
        await Eventually.TrueAsync(() => (_failed, _recovered) == (1, 1), "the recovery was told");
    }

    [Fact]
    public async Task List_ThatComesSlowly_IsNoFailure()
    {
        _proxy.On(ListsAndWatches, Fault.Slow(TimeSpan.FromMilliseconds(300)), times: null);
        Start(s_impatient);
        await SyncedAsync();

        await EditAsync();

        await EqualAsync();
        Assert.Equal(0, _failed);
        Assert.Equal(2, _proxy.Requests.Count);
    }

    private Reflector<Widget> Start(ReflectorOptions options, TimeProvider? time = null)
    {
        KubeClient client = _behind;
        if (time is not null)
        {
            client = new KubeClient(KubeConfiguration.Load(_proxy.WriteKubeconfig(cluster.ControlPlane)), "tester", time);
            _behind.Dispose();
            _behind = client;
        }

        var reflector = new Reflector<Widget>(client, _store, options with { Namespace = _namespace }, time ?? TimeProvider.System, NullLogger.Instance);
        reflector.Failed += () => Interlocked.Increment(ref _failed);
        reflector.Recovered += () => Interlocked.Increment(ref _recovered);
        _running = reflector.RunAsync(_stop.Token);
        return reflector;
    }

    /// <summary>What happens while nobody watches: one comes, one goes, one changes.</summary>
    private async Task EditAsync()
    {
        await _client.DeleteAsync<Widget>(new(_namespace, "doomed"), Ct);
        await CreateAsync("new");
        await _client.MergePatchAsync<Widget>(new(_namespace, "kept"), new() { ["spec"] = new System.Text.Json.Nodes.JsonObject { ["size"] = 7 } }, Ct);
    }

    private Task CreateAsync(string name) =>
        _client.CreateAsync(new Widget { Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _namespace }, Spec = new WidgetSpec { Size = 1 } }, Ct);

    private Task SyncedAsync() => Eventually.TrueAsync(() => _store.Count == 2 && _proxy.Asked("watch=true").Count == 1, "the store is complete and the watch open");

    private async Task EqualAsync()
    {
        string[] server = Show(await _client.ListAsync<Widget>(_namespace, Ct));
        await Eventually.ValueAsync(() => Show(_store.List()), store => store.SequenceEqual(server), $"the store has [{string.Join(", ", server)}]", TimeSpan.FromSeconds(20));
    }

    /// <summary>What comes after the fault arrives by the watch that is open then.</summary>
    private async Task FollowsAsync()
    {
        await Eventually.TrueAsync(() => _proxy.Requests[^1] is { Fault: null } last && last.Line.Contains("watch=true", StringComparison.Ordinal), "the last request is a good watch");
        int asked = _proxy.Requests.Count;
        await CreateAsync("later");
        await EqualAsync();
        Assert.Equal(asked, _proxy.Requests.Count);
    }

    private static string[] Show(IEnumerable<Widget> widgets) =>
        [.. widgets.Select(widget => $"{widget.Metadata.Name} {widget.Metadata.ResourceVersion} {widget.Spec!.Size}").Order(StringComparer.Ordinal)];
}
