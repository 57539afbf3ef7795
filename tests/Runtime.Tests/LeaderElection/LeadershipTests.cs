using System.Text.Json.Nodes;

namespace OmniScale.Runtime.Tests;

/// <summary>What a lease allows, in a process that may be frozen at any moment.</summary>
public sealed class LeadershipTests : IDisposable
{
    private static readonly LeaderElectionOptions Options = new() { Lease = new("a", "lease"), Identity = "me" };
    private static readonly NamespacedName One = new("a", "one");

    private readonly FreezableTimeProvider _time = new();
    private readonly Leadership _leadership;

    public LeadershipTests() => _leadership = new Leadership(Options, _time);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _leadership.Dispose();

    [Fact]
    public void Demand_BeforeTheProcessLeads_IsRefused() => Assert.Throws<LeadershipLostException>(_leadership.Demand);

    [Fact]
    public void Demand_WhenTheProcessWasFrozenPastTheDeadline_IsRefusedBeforeAnyTimerRan()
    {
        Assert.True(_leadership.TryRenew(_time.GetTimestamp()));
        _leadership.Demand();

        _time.Freeze(Options.RenewDeadline);

        Assert.Throws<LeadershipLostException>(_leadership.Demand);
    }

    [Fact]
    public async Task DemandToSend_IsRefusedWhenTheLeaseIsOldAlone()
    {
        _leadership.DemandToSend();
        _leadership.TryRenew(_time.GetTimestamp());
        _leadership.DemandToSend();
        await _leadership.EndAsync();
        _leadership.DemandToSend();

        _time.Freeze(Options.RenewDeadline);

        Assert.Throws<LeadershipLostException>(_leadership.DemandToSend);
    }

    [Fact]
    public void Renewal_WhoseAnswerIsReadAfterAFreeze_DoesNotCount()
    {
        Assert.True(_leadership.TryRenew(_time.GetTimestamp()));
        long sent = _time.GetTimestamp();
        _time.Freeze(TimeSpan.FromMinutes(1));

        Assert.False(_leadership.TryRenew(sent));

        Assert.Throws<LeadershipLostException>(_leadership.Demand);
    }

    [Fact]
    public async Task Term_EndsAtTheDeadlineOfTheLastRenewal()
    {
        _leadership.TryRenew(_time.GetTimestamp());
        CancellationToken term = await _leadership.WaitAsync(Ct);
        _time.Advance(Options.RenewDeadline - TimeSpan.FromSeconds(1));
        _leadership.TryRenew(_time.GetTimestamp());
        _time.Advance(Options.RenewDeadline - TimeSpan.FromSeconds(1));
        Assert.False(term.IsCancellationRequested);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.True(term.IsCancellationRequested);
        Assert.False(_leadership.TryRenew(_time.GetTimestamp()));
        Assert.False(_leadership.IsLeader);
    }

    [Fact]
    public async Task Client_WithoutTheLease_ReadsAndBeginsNoWrite()
    {
        await using var server = new FakeApiServer(request => request.ReplyAsync(200, FakeExchange.Item("one", "1")));
        using KubeClient client = server.Client(_time, _leadership);

        await client.GetAsync<Widget>(One, Ct);
        await Assert.ThrowsAsync<LeadershipLostException>(() => client.MergePatchAsync<Widget>(One, new JsonObject(), Ct));
        await Assert.ThrowsAsync<LeadershipLostException>(() => client.DeleteAsync<Widget>(One, Ct));
        Assert.Single(server.Requests);

        _leadership.TryRenew(_time.GetTimestamp());
        await client.MergePatchAsync<Widget>(One, new JsonObject(), Ct);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Client_WithTheLease_WaitsForAWriteNoLongerThanTheLeaseAllows()
    {
        await using var server = new FakeApiServer(request => request.StallAsync());
        using KubeClient client = server.Client(_time, _leadership);
        _leadership.TryRenew(_time.GetTimestamp());
        Task<Widget> write = client.MergePatchAsync<Widget>(One, new JsonObject(), Ct);
        await TestKit.Eventually.TrueAsync(() => server.Requests.Count == 1, "the write has begun");

        _time.Advance(Options.WriteTimeout);

        await Assert.ThrowsAsync<TimeoutException>(() => write);
    }

    /// <summary>A clock that can go on while nothing runs, not even a timer: as it is for a process that SIGSTOP holds.</summary>
    private sealed class FreezableTimeProvider : Microsoft.Extensions.Time.Testing.FakeTimeProvider
    {
        private TimeSpan _frozen;

        public override long GetTimestamp() => base.GetTimestamp() + (long)(_frozen.TotalSeconds * TimestampFrequency);

        public void Freeze(TimeSpan duration) => _frozen += duration;
    }
}
