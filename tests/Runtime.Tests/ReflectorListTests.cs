using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>How a reflector lists, starts and stops.</summary>
public sealed class ReflectorListTests : ReflectorTestBase
{
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
        string[] requests = [.. Server!.Requests];
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

        Assert.All(Server!.Requests, request => Assert.StartsWith(
            "GET /apis/test.example.com/v1/namespaces/a/widgets?labelSelector=x%3Dy&fieldSelector=metadata.name%3Dn&", request));
    }

    [Fact]
    public async Task Items_OfAList_GetTheKindThatTheApiServerLeavesOut()
    {
        Reflector<Widget> reflector = Start([list => list.ReplyListAsync("1", FakeExchange.Item("one", "1"))], [StallAsync]);

        await WatchesAsync(reflector, 1);

        Widget widget = Assert.Single(Store.List());
        Assert.Equal(("test.example.com/v1", "Widget"), (widget.ApiVersion, widget.Kind));
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
    public async Task Run_WhenCancelled_ClosesTheStream()
    {
        var closed = new TaskCompletionSource();
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")], [async watch => { await watch.BeginAsync(); await watch.StallAsync(); closed.SetResult(); }]);
        await WatchesAsync(reflector, 1);

        await StopAsync();

        await closed.Task.WaitAsync(Eventually.DefaultLimit, TestContext.Current.CancellationToken);
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
        Assert.DoesNotContain('?', Server!.Requests.ElementAt(2));
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
        var gone = new FakeApiServer(_ => Task.CompletedTask);
        using KubeClient client = gone.Client();
        await gone.DisposeAsync();
        using var stop = new CancellationTokenSource();
        var reflector = new Reflector<Widget>(client, Store, Quick, TimeProvider.System, NullLogger.Instance);

        Task running = reflector.RunAsync(stop.Token);

        await Eventually.TrueAsync(() => reflector.Lists > 2, "several attempts");
        Assert.IsType<HttpRequestException>(reflector.LastError);
        await stop.CancelAsync();
        await running;
    }
}
