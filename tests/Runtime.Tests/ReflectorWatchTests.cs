using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>What a healthy API server never does to a watch, and what the client library was seen to make of it.</summary>
public sealed class ReflectorWatchTests : ReflectorTestBase
{
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
    public async Task Failures_AfterAWatchThatEndedAsItShould_CountFromOneAgain()
    {
        var time = new RecordingTimeProvider();
        var ended = new TaskCompletionSource();
        Func<FakeExchange, Task> brief = async watch => { await watch.BeginAsync(); await watch.EndAsync(); };
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("7")], [brief, brief, async watch => { await watch.BeginAsync(); await ended.Task; await watch.EndAsync(); }, brief], new ReflectorOptions(), time);
        await time.PassAsync(TimeSpan.FromSeconds(0.8));
        await time.PassAsync(TimeSpan.FromSeconds(1.6));
        await WatchesAsync(reflector, 3);

        time.Advance(TimeSpan.FromMinutes(2));
        ended.SetResult();
        await WatchesAsync(reflector, 4);

        await time.PassAsync(TimeSpan.FromSeconds(0.8));
        await WatchesAsync(reflector, 5);
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
        Assert.Empty(Store.List());
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
    public async Task Watch_WhenItIsSilentForLessThanTheLimit_StaysOpen()
    {
        var time = new RecordingTimeProvider();
        Reflector<Widget>? watched = null;
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")],
            [
                async watch =>
                {
                    await watch.BeginAsync();
                    for (int i = 0; i < 3; i++)
                    {
                        await Eventually.TrueAsync(() => Store.Count == i && watched?.Watches == 1, "the one before has arrived");
                        time.Advance(TimeSpan.FromMinutes(2));
                        await watch.EventAsync("ADDED", FakeExchange.Item($"{i}", "2", 1));
                    }

                    await watch.StallAsync();
                },
            ],
            new ReflectorOptions { SilenceLimit = TimeSpan.FromMinutes(3) }, time, started => watched = started);

        await ChangesAsync("added 0 1", "added 1 1", "added 2 1");
        Assert.Equal(1, reflector.Watches);
        Assert.Null(reflector.LastError);
    }

    [Fact]
    public async Task Watch_WhenItStallsSilently_IsOpenedAnewFromTheLastVersion()
    {
        var time = new RecordingTimeProvider();
        var closed = new TaskCompletionSource();
        bool failed = false;
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")],
            [async watch => { await watch.BeginAsync(); await watch.StallAsync(); closed.SetResult(); }, StallAsync],
            new ReflectorOptions(),
            time,
            started => started.Failed += () => failed = true);
        await WatchesAsync(reflector, 1);

        await time.PassAsync(TimeSpan.FromMinutes(3));

        await WatchesAsync(reflector, 2);
        await closed.Task.WaitAsync(Eventually.DefaultLimit, TestContext.Current.CancellationToken);
        Assert.Equal(["1", "1"], WatchedVersions());
        Assert.False(failed);
    }
}
