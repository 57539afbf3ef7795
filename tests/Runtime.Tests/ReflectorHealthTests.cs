using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>What can be told of a reflector from outside: that it hangs, and what it fails to follow.</summary>
public sealed class ReflectorHealthTests : ReflectorTestBase
{
    /// <summary>Twice silence limit, longest backoff and request timeout.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private readonly RecordingTimeProvider _time = new();

    [Fact]
    public async Task IsStuck_WhenTheLoopHangs_UntilItGoesOn()
    {
        using var hang = new ManualResetEventSlim();
        using var hangs = new ManualResetEventSlim();
        Store.Changed += _ =>
        {
            hangs.Set();
            hang.Wait(TestContext.Current.CancellationToken);
        };
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")],
            [async watch => { await watch.BeginAsync(); await watch.EventAsync("ADDED", FakeExchange.Item("one", "2")); await watch.StallAsync(); }],
            new ReflectorOptions(), _time);
        await Eventually.TrueAsync(() => hangs.IsSet, "the loop hangs");

        _time.Advance(Patience);
        Assert.False(reflector.IsStuck);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(reflector.IsStuck);

        hang.Set();
        await Eventually.TrueAsync(() => !reflector.IsStuck, "it goes on");
    }

    [Fact]
    public async Task IsStuck_WhenNothingHappensForLong_IsFalse()
    {
        Reflector<Widget> reflector = Start([list => list.ReplyListAsync("1")], [StallAsync], new ReflectorOptions(), _time);
        for (int watches = 1; watches < 6; watches++)
        {
            await WatchesAsync(reflector, watches);
            await _time.PassAsync(new ReflectorOptions().SilenceLimit);
            Assert.False(reflector.IsStuck);
        }
    }

    [Fact]
    public async Task IsStuck_WhenTheServerIsAway_IsFalse()
    {
        Reflector<Widget> reflector = Start(
            [list => list.ReplyListAsync("1")], [watch => watch.ReplyStatusAsync(500, "InternalError")], new ReflectorOptions(), _time);
        await Eventually.TrueAsync(() => reflector.LastError is not null, "the failure is known");

        _time.Advance(Patience * 2);

        Assert.False(reflector.IsStuck);
    }

    [Fact]
    public async Task IsStuck_OfSecrets_WhenTheWatchOfOneHangs()
    {
        await using var server = new FakeApiServer(request => request.IsWatch ? StallAsync(request) : request.ReplyListAsync("1"));
        using KubeClient client = server.Client(_time);
        using var cache = new SecretCache(client, new FakeLifetime(), NullLogger<SecretCache>.Instance, _time);
        using var hang = new ManualResetEventSlim();
        using var hangs = new ManualResetEventSlim();
        SecretReferences references = cache.CreateReferences(_ =>
        {
            hangs.Set();
            hang.Wait(TestContext.Current.CancellationToken);
        });
        references.Set(new NamespacedName("a", "owner"), new NamespacedName("a", "one"));
        await Eventually.TrueAsync(() => hangs.IsSet, "the loop hangs");
        Assert.False(cache.IsStuck);

        _time.Advance(Patience + TimeSpan.FromSeconds(1));
        Assert.True(cache.IsStuck);

        hang.Set();
        await Eventually.TrueAsync(() => !cache.IsStuck, "it goes on");
    }

    [Fact]
    public async Task Warning_NamesWhatIsSelected()
    {
        var logger = new RecordingLogger<ReflectorHealthTests>();
        Start(
            [list => list.ReplyStatusAsync(403, "Forbidden", "no right")], [StallAsync],
            new ReflectorOptions { Namespace = "a", FieldSelector = "metadata.name=one" }, _time, logger: logger);

        await Eventually.TrueAsync(() => !logger.Entries.IsEmpty, "the warning");

        Assert.Equal(
            (LogLevel.Warning, null, "Following Widget in a, metadata.name=one failed, trying again in 00:00:00.8000000: no right"), Assert.Single(logger.Entries));
    }
}
