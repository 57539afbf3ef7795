using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;
using OmniScale.TestKit;

namespace OmniScale.Omni.Tests;

public class OmniConnectionPoolTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider time = new(TimeProvider.System.GetUtcNow());

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Holders_WithTheSameSettings_ShareAConnection()
    {
        await using var pool = Pool();
        var settings = Settings("automation");
        Assert.Same(pool.GetOrCreate("a", settings), pool.GetOrCreate("b", Settings(settings)));
        Assert.NotSame(pool.GetOrCreate("a", settings), pool.GetOrCreate("c", Settings("automation")));
        Assert.Equal(2, pool.Connections.Count);
    }

    [Fact]
    public async Task Connection_WhenItsLastHolderIsGone_IsClosedAfterTheGraceTime()
    {
        await using var pool = Pool();
        var connection = pool.GetOrCreate("a", Settings("automation"));
        pool.GetOrCreate("b", Settings(connection.Settings));
        pool.Release("a");
        time.Advance(Grace * 2);
        Assert.Single(pool.Connections);
        pool.Release("b");
        time.Advance(Grace - TimeSpan.FromSeconds(1));
        Assert.Single(pool.Connections);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(pool.Connections);
        Assert.Throws<ObjectDisposedException>(() => connection.Cache.Follow(ResourceTypes.Clusters));
    }

    [Fact]
    public async Task Failure_WhenALoopOfAConnectionEndsOnADefect_TellsIt()
    {
        await using var fake = await FakeOmni.StartAsync();
        var asked = 0;
        fake.OnGet = _ => throw new RpcException(new Status(Interlocked.Increment(ref asked) <= 2 ? StatusCode.Unavailable : StatusCode.NotFound, "none"));
        fake.OnWatch = async (_, stream, cancellation) =>
        {
            await stream.WriteAsync(new WatchResponse(), cancellation);
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);
        };
        await using var pool = Pool();
        var connection = pool.GetOrCreate("a", new OmniConnectionSettings(OmniEndpoint.Parse(fake.Endpoint), Clients.UnknownKey.Key));
        connection.Cache.Follow(ResourceTypes.ConfigPatches);
        await Eventually.TrueAsync(() => connection.Health.Reachable == true, "the watch is up");
        pool.CallsResumed += _ => throw new InvalidOperationException("a defect");
        Assert.False(pool.Failure.IsCompleted);

        await connection.FailureAsync();
        await Eventually.TrueAsync(() => pool.Failure.IsFaulted || Passed(CallProbe.Period), "the defect is told");

        Assert.Equal("a defect", (await Assert.ThrowsAsync<InvalidOperationException>(() => pool.Failure)).Message);
    }

    [Fact]
    public async Task Connection_WhenTakenUpAgainInTime_StaysOpen()
    {
        await using var pool = Pool();
        var connection = pool.GetOrCreate("a", Settings("automation"));
        pool.Release("a");
        time.Advance(Grace / 2);
        Assert.Same(connection, pool.GetOrCreate("b", Settings(connection.Settings)));
        time.Advance(Grace * 2);
        Assert.Same(connection, Assert.Single(pool.Connections));
    }

    [Fact]
    public async Task Holder_WithARotatedKey_MovesOn_AndTheFormerConnectionIsClosed()
    {
        await using var pool = Pool();
        var former = pool.GetOrCreate("a", Settings("automation"));
        var current = pool.GetOrCreate("a", Settings("automation"));
        Assert.NotSame(former, current);
        time.Advance(Grace);
        Assert.Same(current, Assert.Single(pool.Connections));
    }

    [Fact]
    public async Task Events_ComeWithTheirConnection()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        omni.State.Put(ResourceTypes.MachineClasses.New("a", new MachineClassSpec { MatchLabels = { "a=b" } }));
        await using var pool = new OmniConnectionPool(Clients.Caches, Grace, TimeProvider.System, NullLoggerFactory.Instance);
        var events = new ConcurrentQueue<(OmniConnection, string)>();
        pool.Changed += (connection, change) => events.Enqueue((connection, change.Id));
        pool.Synced += (connection, type) => events.Enqueue((connection, type.Name));
        pool.HealthChanged += (connection, health) => events.Enqueue((connection, $"{health.Reachable}"));

        var connection = pool.GetOrCreate("a", Clients.Settings(omni, Role.Reader));
        await connection.Cache.WhenSyncedAsync([ResourceTypes.MachineClasses], Cancellation);
        await Eventually.TrueAsync(() => events.Count == 3, "three events came");
        Assert.Equal([(connection, "True"), (connection, "a"), (connection, "MachineClasses.omni.sidero.dev")], events);
    }

    private bool Passed(TimeSpan span)
    {
        time.Advance(span);
        return false;
    }

    private static OmniConnectionSettings Settings(string account) => new(
        OmniEndpoint.Parse("http://127.0.0.1:1"),
        ServiceAccountKeyGenerator.Generate(new ServiceAccountName(account), "test", TimeSpan.FromDays(1), TimeProvider.System.GetUtcNow()).Key);

    private static OmniConnectionSettings Settings(OmniConnectionSettings same) => new(OmniEndpoint.Parse(same.Endpoint + "/"), same.Key);

    private OmniConnectionPool Pool() => new(Clients.Caches, Grace, time, NullLoggerFactory.Instance);
}
