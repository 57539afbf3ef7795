using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>What a healthy API server never does, and what the client library's own watch was seen to make of it.</summary>
public sealed class ReflectorTests : IAsyncDisposable
{
    private static readonly ReflectorOptions Quick = new()
    {
        FirstBackoff = TimeSpan.FromMilliseconds(1),
        LongestBackoff = TimeSpan.FromMilliseconds(20),
    };

    private readonly Store<Widget> _store = new();
    private readonly List<string> _changes = [];
    private readonly CancellationTokenSource _stop = new();
    private FakeApiServer? _server;
    private KubeClient? _client;
    private Task _running = Task.CompletedTask;

    public ReflectorTests() => _store.Changed += change =>
    {
        lock (_changes)
        {
            string what = change.Old is null ? "added" : change.New is null ? "deleted" : "changed";
            _changes.Add($"{what} {change.Key.Name} {(change.New ?? change.Old)!.Spec!.Size}");
        }
    };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _client?.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _stop.Dispose();
    }

    [Fact]
    public async Task Run_ListsInPagesAndWatchesFromTheListsVersion()
    {
        Reflector<Widget> reflector = Start(
            lists:
            [
                list => list.ReplyPageAsync("10", "next", FakeExchange.Item("one", "3")),
                list => list.ReplyPageAsync("10", null, FakeExchange.Item("two", "4")),
            ],
            watches: [StallAsync]);

        await WatchesAsync(reflector, 1);

        Assert.Equal(["added one 0", "added two 0"], Changes());
        Assert.True(reflector.HasSynced);
        string[] requests = [.. _server!.Requests];
        Assert.Equal("GET /apis/test.example.com/v1/widgets?limit=500", requests[0]);
        Assert.Equal("GET /apis/test.example.com/v1/widgets?limit=500&continue=next", requests[1]);
        Assert.Matches(@"^GET /apis/test\.example\.com/v1/widgets\?watch=true&allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds=[345]\d\d$", requests[2]);
    }

    [Fact]
    public async Task Run_WhenANamespaceAndSelectorsAreGiven_AsksForThose()
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")], [StallAsync],
            Quick with { Namespace = "a", LabelSelector = "x=y", FieldSelector = "metadata.name=n" });

        await WatchesAsync(reflector, 1);

        Assert.All(_server!.Requests, request => Assert.StartsWith(
            "GET /apis/test.example.com/v1/namespaces/a/widgets?labelSelector=x%3Dy&fieldSelector=metadata.name%3Dn&", request));
    }

    [Fact]
    public async Task Items_OfAList_GetTheKindThatTheApiServerLeavesOut()
    {
        Reflector<Widget> reflector = Start([list => list.ReplyListAsync("1", FakeExchange.Item("one", "1"))], [StallAsync]);

        await WatchesAsync(reflector, 1);

        Widget widget = Assert.Single(_store.List());
        Assert.Equal(("test.example.com/v1", "Widget"), (widget.ApiVersion, widget.Kind));
    }

    [Fact]
    public async Task Events_ChangeTheStore()
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1", FakeExchange.Item("one", "1", 1))],
            [
                async watch =>
                {
                    await watch.BeginAsync();
                    await watch.EventAsync("ADDED", FakeExchange.Item("two", "2", 2));
                    await watch.EventAsync("MODIFIED", FakeExchange.Item("one", "3", 3));
                    await watch.EventAsync("DELETED", FakeExchange.Item("two", "4", 4));
                    await watch.StallAsync();
                },
            ]);

        await ChangesAsync("added one 1", "added two 2", "changed one 3", "deleted two 2");
        Assert.Equal(0, reflector.Undecodable);
    }

    [Fact]
    public async Task Watch_WhenTheServerAcceptsItAndSaysNothing_IsKnownToBeOpen()
    {
        Reflector<Widget> reflector = Start([list => list.ReplyListAsync("1")], [StallAsync]);

        await Eventually.TrueAsync(() => reflector.Watches == 1, "the watch is open");
        Assert.Null(reflector.LastError);
    }

    [Fact]
    public async Task Watch_WhenClosedBeforeAnyEvent_IsOpenedAgainFromTheSameVersionWithoutAList()
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("7")],
            [async watch => { await watch.BeginAsync(); await watch.EndAsync(); }, StallAsync]);

        await WatchesAsync(reflector, 2);

        Assert.Equal(["7", "7"], WatchedVersions());
        Assert.Equal(1, reflector.Lists);
        Assert.Null(reflector.LastError);
    }

    [Fact]
    public async Task Watch_WhenClosedAtOnceTimeAndAgain_IsNotHammered()
    {
        var time = new RecordingTimeProvider();
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("7")],
            [async watch => { await watch.BeginAsync(); await watch.EndAsync(); }],
            new ReflectorOptions(), time);
        await WatchesAsync(reflector, 1);

        foreach (double seconds in new[] { 0.8, 1.6, 3.2 })
        {
            long before = reflector.Watches;
            await time.PassAsync(TimeSpan.FromSeconds(seconds));
            await WatchesAsync(reflector, before + 1);
        }

        Assert.Equal(1, reflector.Lists);
    }

    [Fact]
    public async Task Watch_WhenTheStreamSays410_ListsAgainAtOnceAndNoticesWhatWasDeleted()
    {
        var time = new RecordingTimeProvider();
        Reflector<Widget> reflector = Start(
            [
                list => list.ReplyListAsync("1", FakeExchange.Item("one", "1", 1), FakeExchange.Item("two", "1", 2)),
                list => list.ReplyListAsync("9", FakeExchange.Item("two", "8", 3)),
            ],
            [
                async watch =>
                {
                    await watch.BeginAsync();
                    await watch.EventAsync("ERROR", FakeExchange.Status(410, "Expired", "too old resource version"));
                    await watch.StallAsync();
                },
                StallAsync,
            ],
            new ReflectorOptions(), time);

        // The clock stands still: there is no pause before the list.
        await ChangesAsync("added one 1", "added two 2", "deleted one 1", "changed two 3");
        await WatchesAsync(reflector, 2);
        Assert.Equal(["1", "9"], WatchedVersions());
    }

    [Theory]
    [InlineData(410, "Expired")]
    [InlineData(410, "Gone")]
    public async Task Watch_WhenOpeningItIs410_ListsAgain(int code, string reason)
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1"), list => list.ReplyListAsync("2", FakeExchange.Item("one", "2", 1))],
            [watch => watch.ReplyStatusAsync(code, reason), StallAsync]);

        await WatchesAsync(reflector, 1);

        Assert.Equal(["1", "2"], WatchedVersions());
        Assert.Equal(["added one 1"], Changes());
    }

    [Fact]
    public async Task Watch_WhenEveryVersionIsGone_ListsAgainWithBackoff()
    {
        var time = new RecordingTimeProvider();
        Reflector<Widget> reflector = Start([list => list.ReplyListAsync("1")], [watch => watch.ReplyStatusAsync(410, "Expired")], new ReflectorOptions(), time);

        await time.PassAsync(TimeSpan.FromSeconds(1.6));

        await Eventually.TrueAsync(() => reflector.Lists == 3, "the third list came after the pause");
    }

    [Theory]
    [InlineData(403, "Forbidden")]
    [InlineData(404, "NotFound")]
    [InlineData(401, "Unauthorized")]
    public async Task List_WhenRefused_IsTriedUntilItIsAllowedAndTheReasonIsKnown(int code, string reason)
    {
        int failed = 0;
        int recovered = 0;
        bool allowed = false;
        Reflector<Widget> reflector = Start(
            [list => Volatile.Read(ref allowed) ? list.ReplyListAsync("1") : list.ReplyStatusAsync(code, reason, "not yet")],
            [StallAsync],
            configure: started =>
            {
                started.Failed += () => failed++;
                started.Recovered += () => recovered++;
            });
        await Eventually.TrueAsync(() => reflector.Lists > 3, "several lists");
        var error = Assert.IsType<ApiException>(reflector.LastError);
        Assert.Equal((code, reason, "not yet"), (error.Code, error.Reason, error.Message));
        Assert.False(reflector.HasSynced);

        Volatile.Write(ref allowed, true);

        await WatchesAsync(reflector, 1);
        Assert.True(reflector.HasSynced);
        Assert.Null(reflector.LastError);
        Assert.Equal((1, 1), (failed, recovered));
    }

    [Theory]
    [InlineData(403, "Forbidden")]
    [InlineData(404, "NotFound")]
    public async Task Watch_WhenOpeningItIsRefused_ListsAgainLater(int code, string reason)
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1"), list => list.ReplyListAsync("5")], [watch => watch.ReplyStatusAsync(code, reason), StallAsync]);

        await WatchesAsync(reflector, 1);

        Assert.Equal(["1", "5"], WatchedVersions());
    }

    [Fact]
    public async Task Watch_WhenTheServerIsOverloaded_WaitsAsLongAsItAsks()
    {
        var time = new RecordingTimeProvider();
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")],
            [watch => watch.ReplyStatusAsync(429, "TooManyRequests", "later", "Retry-After: 20"), StallAsync], new ReflectorOptions(), time);
        await Eventually.TrueAsync(() => reflector.LastError is ApiException { IsTooManyRequests: true }, "the refusal is known");

        await time.PassAsync(TimeSpan.FromSeconds(20));

        await WatchesAsync(reflector, 1);
        Assert.Equal(["1", "1"], WatchedVersions());
        Assert.Equal(1, reflector.Lists);
    }

    [Fact]
    public async Task Watch_WhenAnEventCannotBeRead_CountsItAndGoesOnWithTheOthers()
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1", FakeExchange.Item("one", "1", 1))],
            [
                async watch =>
                {
                    await watch.BeginAsync();
                    await watch.EventAsync("MODIFIED", FakeExchange.Item("one", "2").Replace("\"size\":0", "\"size\":\"big\"", StringComparison.Ordinal));
                    await watch.EventAsync("MODIFIED", FakeExchange.Item("one", "3").Replace("\"size\":0", "\"color\":\"Blue\"", StringComparison.Ordinal));
                    await watch.EventAsync("ADDED", FakeExchange.Item("two", "4", 2));
                    await watch.EndAsync();
                },
                StallAsync,
            ]);

        await WatchesAsync(reflector, 2);

        // What is known of the unreadable object stays.
        Assert.Equal(["added one 1", "added two 2"], Changes());
        Assert.Equal(2, reflector.Undecodable);
        Assert.Equal(["1", "4"], WatchedVersions());
    }

    [Fact]
    public async Task Watch_WhenADeletedObjectCannotBeRead_StillRemovesIt()
    {
        Start(
            [list => list.ReplyListAsync("1", FakeExchange.Item("one", "1", 1))],
            [
                async watch =>
                {
                    await watch.BeginAsync();
                    await watch.EventAsync("DELETED", FakeExchange.Item("one", "2").Replace("\"size\":0", "\"size\":\"big\"", StringComparison.Ordinal));
                    await watch.StallAsync();
                },
            ]);

        await ChangesAsync("added one 1", "deleted one 1");
    }

    [Fact]
    public async Task List_WhenOneObjectCannotBeRead_HidesNoOtherAndDeletesNothing()
    {
        string bad = FakeExchange.Item("bad", "5").Replace("\"size\":0", "\"size\":[]", StringComparison.Ordinal);
        Reflector<Widget> reflector = Start(
            [
                list => list.ReplyListAsync("1", FakeExchange.Item("bad", "1", 1)),
                list => list.ReplyListAsync("6", bad, """{"metadata":{}}""", "7", FakeExchange.Item("good", "4", 2)),
            ],
            [watch => watch.ReplyStatusAsync(410, "Expired"), StallAsync]);

        await WatchesAsync(reflector, 1);

        Assert.Equal(["added bad 1", "added good 2"], Changes());
        Assert.Equal(3, reflector.Undecodable);
    }

    [Fact]
    public async Task Watch_WhenAnEventIsOfUnknownTypeOrNoJsonAtAll_GoesOn()
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")],
            [
                async watch =>
                {
                    await watch.BeginAsync();
                    await watch.EventAsync("POLISHED", FakeExchange.Item("one", "2"));
                    await watch.RawAsync("<html>\n");
                    await watch.RawAsync("[]\n");
                    await watch.RawAsync("{\"type\":\"ADDED\"}\n");
                    await watch.EventAsync("ADDED", FakeExchange.Item("two", "3", 2));
                    await watch.StallAsync();
                },
            ]);

        await ChangesAsync("added two 2");
        Assert.Equal(4, reflector.Undecodable);
    }

    [Fact]
    public async Task Watch_WhenABookmarkCame_GoesOnFromItsVersion()
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")],
            [
                async watch =>
                {
                    await watch.BeginAsync();
                    await watch.EventAsync("BOOKMARK", """{"kind":"Widget","metadata":{"resourceVersion":"50"}}""");
                    await watch.EndAsync();
                },
                StallAsync,
            ]);

        await WatchesAsync(reflector, 2);

        Assert.Equal(["1", "50"], WatchedVersions());
        Assert.Equal(0, reflector.Undecodable);
        Assert.Empty(_store.List());
    }

    [Fact]
    public async Task Watch_WhenItsLastLineIsTruncated_GoesOnFromTheLastWholeEvent()
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")],
            [
                async watch =>
                {
                    await watch.BeginAsync();
                    await watch.EventAsync("ADDED", FakeExchange.Item("one", "2", 1));
                    await watch.RawAsync("""{"type":"ADDED","object":{"metadata":{"name":"two",""");
                    await watch.EndAsync();
                },
                StallAsync,
            ]);

        await WatchesAsync(reflector, 2);

        Assert.Equal(["added one 1"], Changes());
        Assert.Equal(["1", "2"], WatchedVersions());
        Assert.Equal(0, reflector.Undecodable);
    }

    [Fact]
    public async Task Watch_WhenALineComesInPieces_ReadsItWhole()
    {
        Start(
            [list => list.ReplyListAsync("1")],
            [
                async watch =>
                {
                    await watch.BeginAsync();
                    string line = $$"""{"type":"ADDED","object":{{FakeExchange.Item("one", "2", 1)}}}""" + "\n";
                    string two = line.Replace("one", "two", StringComparison.Ordinal);
                    await watch.RawAsync(line[..20]);
                    await watch.RawAsync(line[20..] + two[..30]);
                    await watch.RawAsync(two[30..]);
                    await watch.StallAsync();
                },
            ]);

        await ChangesAsync("added one 1", "added two 1");
    }

    [Fact]
    public async Task Watch_WhenTheConnectionIsReset_GoesOnFromTheLastVersion()
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")],
            [
                async watch =>
                {
                    await watch.BeginAsync();
                    await watch.EventAsync("ADDED", FakeExchange.Item("one", "2", 1));
                    await ChangesAsync("added one 1");
                    watch.Reset();
                },
                StallAsync,
            ]);

        await WatchesAsync(reflector, 2);

        Assert.Equal(["1", "2"], WatchedVersions());
        Assert.Equal(1, reflector.Lists);
    }

    [Fact]
    public async Task Watch_WhenItStallsSilently_IsOpenedAnew()
    {
        var closed = new TaskCompletionSource();
        var failures = new ConcurrentQueue<Exception?>();
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")],
            [async watch => { await watch.BeginAsync(); await watch.StallAsync(); closed.SetResult(); }, StallAsync],
            Quick with { SilenceLimit = TimeSpan.FromMilliseconds(200) },
            configure: started => started.Failed += () => failures.Enqueue(started.LastError));

        await Eventually.TrueAsync(() => reflector.Watches >= 2, "the watch was opened anew");

        Assert.IsType<TimeoutException>(failures.First());
        Assert.Equal(["1", "1"], WatchedVersions().Take(2));
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Run_WhenCancelled_ClosesTheStream()
    {
        var closed = new TaskCompletionSource();
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")], [async watch => { await watch.BeginAsync(); await watch.StallAsync(); closed.SetResult(); }]);
        await WatchesAsync(reflector, 1);

        await _stop.CancelAsync();

        await _running;
        await closed.Task.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task List_WhenTheTokenOfTheNextPageHasExpired_StartsAgainInOnePiece()
    {
        Reflector<Widget> reflector = Start(
            [
                list => list.ReplyPageAsync("10", "old", FakeExchange.Item("one", "3", 1), FakeExchange.Item("two", "3", 2)),
                list => list.ReplyStatusAsync(410, "Expired", "The provided continue parameter is too old"),
                list => list.ReplyListAsync("20", FakeExchange.Item("two", "3", 2), FakeExchange.Item("three", "12", 3)),
            ],
            [StallAsync]);

        await WatchesAsync(reflector, 1);

        Assert.Equal(["added two 2", "added three 3"], Changes());
        Assert.Equal(["20"], WatchedVersions());
        Assert.DoesNotContain('?', _server!.Requests.ElementAt(2));
    }

    [Fact]
    public async Task List_AfterALongGap_ReportsWhatWasDeletedWithItsLastKnownState()
    {
        bool away = false;
        Reflector<Widget> reflector = Start(
            [
                list => list.ReplyListAsync("1", FakeExchange.Item("one", "1", 1), FakeExchange.Item("two", "1", 2)),
                list => { away = true; list.Reset(); return Task.CompletedTask; },
                list => list.ReplyListAsync("9", FakeExchange.Item("three", "8", 3)),
            ],
            [watch => watch.ReplyStatusAsync(410, "Expired"), StallAsync]);

        await WatchesAsync(reflector, 1);

        Assert.True(away);
        Assert.Equal(["added one 1", "added two 2", "deleted one 1", "deleted two 2", "added three 3"], Changes());
    }

    [Fact]
    public async Task List_WhenTheAnswerIsNoJson_IsTriedAgain()
    {
        Reflector<Widget> reflector = Start([list => list.ReplyAsync(200, "<html>"), list => list.ReplyListAsync("1")], [StallAsync]);

        await WatchesAsync(reflector, 1);

        Assert.Equal(2, reflector.Lists);
    }

    [Fact]
    public async Task Run_WhenTheServerCannotBeReached_GoesOnTrying()
    {
        _server = new FakeApiServer(_ => Task.CompletedTask);
        _client = _server.Client();
        await _server.DisposeAsync();
        _server = null;
        var reflector = new Reflector<Widget>(_client, _store, Quick, TimeProvider.System, NullLogger.Instance);

        _running = reflector.RunAsync(_stop.Token);

        await Eventually.TrueAsync(() => reflector.Lists > 2, "several attempts");
        Assert.IsType<HttpRequestException>(reflector.LastError);
    }

    private static async Task StallAsync(FakeExchange watch)
    {
        await watch.BeginAsync();
        await watch.StallAsync();
    }

    /// <summary>Starts a reflector on a server that answers the n-th list and watch as given, and all later ones like the last.</summary>
    private Reflector<Widget> Start(
        Func<FakeExchange, Task>[] lists,
        Func<FakeExchange, Task>[] watches,
        ReflectorOptions? options = null,
        TimeProvider? time = null,
        Action<Reflector<Widget>>? configure = null)
    {
        int listed = 0;
        int watched = 0;
        _server = new FakeApiServer(exchange => exchange.IsWatch
            ? watches[Math.Min(Interlocked.Increment(ref watched), watches.Length) - 1](exchange)
            : lists[Math.Min(Interlocked.Increment(ref listed), lists.Length) - 1](exchange));
        _client = _server.Client(time);
        var reflector = new Reflector<Widget>(_client, _store, options ?? Quick, time ?? TimeProvider.System, NullLogger.Instance, () => 0);
        configure?.Invoke(reflector);
        _running = reflector.RunAsync(_stop.Token);
        return reflector;
    }

    private static Task WatchesAsync(Reflector<Widget> reflector, long count) =>
        Eventually.TrueAsync(() => reflector.Watches == count, $"{count} watches were opened");

    private List<string> WatchedVersions() =>
        [.. _server!.Requests.Where(request => request.Contains("watch=true", StringComparison.Ordinal))
            .Select(request => System.Web.HttpUtility.ParseQueryString(request.Split('?')[1])["resourceVersion"]!)];

    private List<string> Changes()
    {
        lock (_changes)
        {
            return [.. _changes];
        }
    }

    private Task ChangesAsync(params string[] expected) =>
        Eventually.ValueAsync(Changes, changes => changes.SequenceEqual(expected), $"the changes are [{string.Join(", ", expected)}]");
}
