using Microsoft.Extensions.Logging;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>The rules of the election, on a clock that stands still.</summary>
public sealed class LeaderElectorTests : IAsyncDisposable
{
    private static readonly LeaderElectionOptions Options = new() { Lease = new("a", "lease"), Identity = "me" };

    private readonly LeaseServer _server = new();
    private readonly RecordingTimeProvider _time = new();
    private readonly FakeLifetime _lifetime = new();
    private readonly RecordingLogger<LeaderElector> _logger = new();
    private readonly Leadership _leadership;
    private readonly KubeClient _client;
    private LeaderElector? _elector;

    public LeaderElectorTests()
    {
        _leadership = new Leadership(Options, _time);
        _client = _server.Client(_time);
    }

    public async ValueTask DisposeAsync()
    {
        if (_elector is not null)
        {
            await _elector.StopAsync(CancellationToken.None);
            _elector.Dispose();
        }

        _client.Dispose();
        _leadership.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public void Times_LeaveRoomForTheLastWriteOfAFormerLeader()
    {
        Assert.True(Options.RenewDeadline + Options.WriteTimeout < Options.LeaseDuration);
        Assert.True(Options.RetryPeriod * 1.2 + Options.RequestTimeout < Options.RenewDeadline);
        Assert.Equal((15, 10, 2, 5), (Options.RenewDeadline.TotalSeconds, Options.WriteTimeout.TotalSeconds, Options.RetryPeriod.TotalSeconds, Options.RequestTimeout.TotalSeconds));
    }

    [Fact]
    public async Task Acquire_WhenThereIsNoLease_CreatesIt()
    {
        await LeadAsync();

        Assert.Equal(("me", 0), (_server.Holder, _server.Transitions));
        _leadership.Demand();
    }

    [Fact]
    public async Task Acquire_WhenTheLeaseWasGivenBack_TakesItAtOnce()
    {
        _server.Write("");

        await LeadAsync();

        Assert.Equal(("me", 5), (_server.Holder, _server.Transitions));
    }

    [Theory]
    [InlineData("1999-01-01T00:00:00.000000Z")]
    [InlineData("2099-01-01T00:00:00.000000Z")]
    public async Task Acquire_WhateverTimeTheLeaseBears_WaitsOutItsDurationByItsOwnClock(string renewed)
    {
        _server.Write("other", renewed, duration: 8);
        await StartAsync();

        await PassPausesAsync(3);
        Assert.Equal((false, "other"), (_leadership.IsLeader, _server.Holder));
        await PassPausesAsync(1);

        await LedAsync();
        Assert.Equal("me", _server.Holder);
    }

    [Fact]
    public async Task Acquire_WhenNobodyCouldReachTheLeaseForItsDuration_TakesItWithTheFirstLook_SinceItSawTheLastRenewal()
    {
        _server.Write("other", duration: 5);
        await StartAsync();
        await PassPausesAsync(1);
        _server.Write("other", duration: 5);
        await Eventually.TrueAsync(() => _server.Told, "the renewal was seen");
        _server.Fault = request => FailAsync(request, "error");
        for (int i = 0; i < 5; i++)
        {
            await LetFailAsync("error");
        }

        _server.Fault = null;
        await PassPausesAsync(1);

        await LedAsync();
        Assert.Equal("me", _server.Holder);
    }

    [Fact]
    public async Task Acquire_WhileTheHolderRenews_LeavesTheLeaseAlone()
    {
        _server.Write("other", duration: 5);
        await StartAsync();
        for (int i = 0; i < 6; i++)
        {
            await PassPausesAsync(1);
            _server.Write("other", duration: 5);
        }

        Assert.Equal((false, "other"), (_leadership.IsLeader, _server.Holder));
        Assert.Throws<LeadershipLostException>(_leadership.Demand);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("error")]
    [InlineData("garbage")]
    [InlineData("stall")]
    public async Task Acquire_WhenARequestFails_TriesAgain(string fault)
    {
        _server.Fault = request => FailAsync(request, fault);
        await StartAsync();
        for (int i = 0; i < 9; i++)
        {
            await LetFailAsync(fault);
        }

        // In the pause after the tenth, when no request is on its way to either end.
        await LetFailAsync(fault, pause: false);
        Assert.False(_lifetime.IsStopped);
        _server.Fault = null;
        await PassPausesAsync(1);

        await LedAsync();
        Assert.Equal(1, _server.MostRunning);
    }

    [Fact]
    public async Task Acquire_WhenRequestsFailInBetween_StillCountsFromWhenTheLeaseWasSeen()
    {
        _server.Write("other", duration: 8);
        await StartAsync();
        await PassPausesAsync(1);
        _server.Fault = request => FailAsync(request, "error");
        await PassPausesAsync(2);
        _server.Fault = null;
        await PassPausesAsync(1);

        await LedAsync();
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("error")]
    [InlineData("garbage")]
    [InlineData("stall")]
    [InlineData("answer lost")]
    public async Task Renewal_WhenItFailsOnce_IsTriedAgainAndTheTermGoesOn(string fault)
    {
        await LeadAsync();
        int failing = 0;
        _server.Fault = request =>
        {
            Interlocked.Increment(ref failing);
            return FailAsync(request, fault);
        };
        await PassPausesAsync(1);
        await Eventually.TrueAsync(() => Volatile.Read(ref failing) == 1, "the renewal meets the fault");
        await LetFailAsync(fault, pause: false);
        _server.Fault = null;
        int before = _server.Requests;
        await PassPausesAsync(2);
        await Eventually.TrueAsync(() => _server.Requests >= before + 3, "the lease was read and renewed");

        await Eventually.TrueAsync(() => _leadership.LeaseAge < Options.RetryPeriod, "the lease is fresh");
        Assert.Equal(("me", 0, true, false), (_server.Holder, _server.Transitions, _leadership.IsLeader, _lifetime.IsStopped));
        Assert.Equal(1, _server.MostRunning);
    }

    [Theory]
    [InlineData("error")]
    [InlineData("stall")]
    public async Task Renewal_WhenItFailsUntilTheDeadline_EndsTheTermAndTheProcess(string fault)
    {
        await LeadAsync();
        CancellationToken term = await _leadership.WaitAsync(CancellationToken.None);
        _server.Fault = request => FailAsync(request, fault);

        while (_leadership.LeaseAge < Options.RenewDeadline - TimeSpan.FromSeconds(1))
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.False(term.IsCancellationRequested);
            _leadership.Demand();
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(term.IsCancellationRequested);
        Assert.Throws<LeadershipLostException>(_leadership.Demand);
        // The elector's last wait was measured to end here, but may be begun only now.
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return _lifetime.IsStopped;
            },
            "the host is stopped");
        Assert.True(_elector!.HasFailed);

        // Nothing goes on in the background that could take the lease again.
        _server.Fault = null;
        int requests = _server.Requests;
        _time.Advance(TimeSpan.FromMinutes(5));
        await _elector!.ExecuteTask!;
        Assert.Equal((requests, 1), (_server.Requests, _server.MostRunning));
    }

    /// <summary>An answer that comes in the last moment may meet the timer that ends the term.</summary>
    [Fact]
    public async Task Renewal_WhenTheTermEndedMeanwhile_EndsTheProcess()
    {
        await LeadAsync();

        await _leadership.EndAsync();
        await PassPausesAsync(1);

        await Eventually.TrueAsync(() => _lifetime.IsStopped, "the host is stopped");
        Assert.True(_elector!.HasFailed);
    }

    [Fact]
    public async Task Renewal_WhenAnotherHasTheLease_EndsTheTermAtOnce()
    {
        await LeadAsync();
        _server.Write("other");

        await PassPausesAsync(2);

        await Eventually.TrueAsync(() => _lifetime.IsStopped, "the host is stopped");
        Assert.Equal((false, "other"), (_leadership.IsLeader, _server.Holder));
        Assert.Contains(_logger.Entries, entry => entry.Level == LogLevel.Critical && entry.Error!.Message.Contains("taken by 'other'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0, 1.6)]
    [InlineData(1, 2.4)]
    public async Task Pauses_AreSpread(double jitter, double seconds)
    {
        await StartAsync(jitter);
        await LedAsync();

        int before = _server.Requests;
        await _time.PassAsync(TimeSpan.FromSeconds(seconds));

        await Eventually.TrueAsync(() => _server.Requests > before, "the renewal");
    }

    [Fact]
    public async Task Stop_GivesTheLeaseBack()
    {
        await LeadAsync();

        await _elector!.StopAsync(CancellationToken.None);

        Assert.Equal(("", false, false), (_server.Holder, _leadership.IsLeader, _lifetime.IsStopped));
    }

    [Fact]
    public async Task Stop_WhileARenewalIsUnderWay_GivesTheLeaseBack()
    {
        await LeadAsync();
        var stalled = new TaskCompletionSource();
        _server.Fault = async request =>
        {
            _server.Answer(request);
            _server.Fault = null;
            stalled.SetResult();
            await request.StallAsync();
            return true;
        };
        await PassPausesAsync(1);
        await stalled.Task;

        await _elector!.StopAsync(CancellationToken.None);

        Assert.Equal("", _server.Holder);
    }

    [Fact]
    public async Task Stop_WhenTheHostCouldNotWaitForTheWorkers_LeavesTheLeaseToExpire()
    {
        await LeadAsync();

        await _elector!.StopAsync(new CancellationToken(true));
        await _elector.ExecuteTask!;

        Assert.Equal(("me", false), (_server.Holder, _leadership.IsLeader));
    }

    [Fact]
    public async Task Stop_OfAReplicaThatDoesNotLead_LeavesTheLeaseAlone()
    {
        _server.Write("other");
        await StartAsync();
        await Eventually.TrueAsync(() => _server.Requests == 1, "the lease was read");

        await _elector!.StopAsync(CancellationToken.None);

        Assert.Equal(("other", false), (_server.Holder, _lifetime.IsStopped));
    }

    private async Task<bool> FailAsync(FakeExchange request, string fault)
    {
        switch (fault)
        {
            case "reset":
                request.Reset();
                return true;
            case "garbage":
                await request.ReplyAsync(200, "<html>");
                return true;
            case "stall":
                await request.StallAsync();
                return true;
            case "answer lost":
                _server.Answer(request);
                request.Reset();
                return true;
            default:
                await request.ReplyStatusAsync(500, "InternalError");
                return true;
        }
    }

    /// <summary>Lets the request that was or is to be sent fail.</summary>
    private async Task LetFailAsync(string fault, bool pause = true)
    {
        if (fault == "stall")
        {
            await Eventually.TrueAsync(() => _server.Running == 1, "the request has arrived");
            await _time.PassAsync(Options.RequestTimeout);
            await Eventually.TrueAsync(() => _server.Running == 0, "the server sees that it was given up");
        }

        if (pause)
        {
            await PassPausesAsync(1);
        }
    }

    private async Task PassPausesAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            await _time.PassAsync(Options.RetryPeriod);
        }
    }

    private async Task LeadAsync()
    {
        await StartAsync();
        await LedAsync();
    }

    private Task LedAsync() => Eventually.TrueAsync(() => _leadership.IsLeader, "this process leads");

    private async Task StartAsync(double jitter = 0.5)
    {
        _elector = new LeaderElector(_client, _leadership, _lifetime, _logger, _time, () => jitter);
        await _elector.StartAsync(TestContext.Current.CancellationToken);
    }
}
