using Microsoft.Extensions.Time.Testing;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

public sealed class WorkQueueTests : IDisposable
{
    private static readonly NamespacedName A = new("ns", "a");
    private static readonly NamespacedName B = new("ns", "b");

    private readonly FakeTimeProvider _time = new();
    private readonly WorkQueue _queue;
    private double _jitter;

    public WorkQueueTests() => _queue = new WorkQueue(_time, () => _jitter);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task Get_WhenKeysWereAdded_HandsThemOutInOrder()
    {
        _queue.Add(A);
        _queue.Add(B);

        Assert.Equal(A, await GetAsync());
        Assert.Equal(B, await GetAsync());
    }

    [Fact]
    public void Add_WhenTheKeyWaitsAlready_AddsNothing()
    {
        _queue.Add(A);
        _queue.Add(A);

        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public async Task Add_WhenAWorkerHasTheKey_HandsItOutAgainOnceItIsDone()
    {
        _queue.Add(A);
        await GetAsync();
        _queue.Add(A);
        _queue.Add(A);
        Assert.Equal(0, _queue.Count);

        _queue.Done(A);

        Assert.Equal(A, await GetAsync());
        _queue.Done(A);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public async Task Get_WhenANamespaceHasAllTheWorkersItMayHave_WaitsForAnotherNamespaceOrForOneToBeDone()
    {
        using var queue = new WorkQueue(_time, () => 0, perNamespace: 1);
        queue.Add(A);
        queue.Add(B);
        Assert.Equal(A, await queue.GetAsync(CancellationToken.None));
        Task<NamespacedName?> waiting = queue.GetAsync(CancellationToken.None).AsTask();
        Task<NamespacedName?> waitingToo = queue.GetAsync(CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);

        queue.Add(new NamespacedName("other", "a"));
        Assert.Equal(new NamespacedName("other", "a"), await waiting);
        Assert.False(waitingToo.IsCompleted);

        queue.Done(A);
        Assert.Equal(B, await waitingToo);
    }

    [Fact]
    public async Task Get_WhenNothingWaits_CompletesWithTheNextKey()
    {
        Task<NamespacedName?> waiting = GetAsync();
        Assert.False(waiting.IsCompleted);

        _queue.Add(A);

        Assert.Equal(A, await waiting);
    }

    [Fact]
    public async Task Get_WhenCancelled_ThrowsAndLosesNoKey()
    {
        using var cancelled = new CancellationTokenSource();
        Task<NamespacedName?> waiting = _queue.GetAsync(cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        _queue.Add(A);

        Assert.Equal(A, await GetAsync());
    }

    [Fact]
    public void AddAfter_WhenTheTimeHasCome_AddsTheKey()
    {
        _queue.AddAfter(A, TimeSpan.FromSeconds(10));

        AssertDueAfter(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void AddAfter_WhenTheDelayIsEndless_DoesNotAddTheKey()
    {
        using var queue = new WorkQueue(TimeProvider.System, () => 0);

        queue.AddAfter(A, TimeSpan.MaxValue);

        Assert.Equal((0, 1), (queue.Count, queue.DelayedCount));
    }

    /// <summary>As on a virtual machine that was suspended, or restored from a snapshot.</summary>
    [Fact]
    public void Delays_WhenTheClockIsSetBack_AreNoLonger()
    {
        var clock = new SetClock(_time);
        using var queue = new WorkQueue(clock, () => 0);
        queue.AddAfter(A, TimeSpan.FromSeconds(10));
        queue.AddRateLimited(B);

        clock.Offset = -TimeSpan.FromHours(1);

        _time.Advance(WorkQueue.FirstBackoff);
        Assert.Equal(1, queue.Count);
        _time.Advance(TimeSpan.FromSeconds(10) - WorkQueue.FirstBackoff);
        Assert.Equal(2, queue.Count);
    }

    [Fact]
    public void AddAfter_WhenAskedTwice_TheEarlierTimeWins()
    {
        _queue.AddAfter(A, TimeSpan.FromSeconds(10));
        _queue.AddAfter(A, TimeSpan.FromSeconds(5));
        _queue.AddAfter(A, TimeSpan.FromSeconds(20));

        AssertDueAfter(TimeSpan.FromSeconds(5));
        Assert.Equal(0, _queue.DelayedCount);
    }

    [Fact]
    public void AddAfter_WhenKeysHaveTheSameTime_AddsAll()
    {
        _queue.AddAfter(A, TimeSpan.FromSeconds(5));
        _queue.AddAfter(B, TimeSpan.FromSeconds(5));

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(2, _queue.Count);
    }

    [Fact]
    public void AddAfter_WhenTheDelayIsZero_AddsAtOnce()
    {
        _queue.AddAfter(A, TimeSpan.Zero);

        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public void AddAfter_WhenTheDelayExceedsATimersRange_IsStillKept()
    {
        _queue.AddAfter(A, TimeSpan.FromDays(60));

        AssertDueAfter(TimeSpan.FromDays(60));
    }

    [Fact]
    public async Task Add_WhenTheKeyIsDelayed_WakesItAndKeepsTheLaterRequest()
    {
        _queue.AddAfter(A, TimeSpan.FromSeconds(10));

        _queue.Add(A);

        Assert.Equal(A, await GetAsync());
        _queue.Done(A);
        AssertDueAfter(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Add_WhenTheKeyIsInBackoff_WakesIt()
    {
        _queue.AddRateLimited(A);

        _queue.Add(A);

        Assert.Equal(A, await GetAsync());
    }

    [Fact]
    public void AddAfter_WhenAWorkerHasTheKeyAtThatTime_HandsItOutOnceItIsDone()
    {
        _queue.Add(A);
        Assert.True(GetAsync().IsCompletedSuccessfully);
        _queue.AddAfter(A, TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _queue.Count);

        _queue.Done(A);

        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public void AddRateLimited_WhenRepeated_DoublesTheDelayFromOneSecondToFiveMinutes()
    {
        foreach (int seconds in new[] { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300 })
        {
            _queue.AddRateLimited(A);
            AssertDueAfter(TimeSpan.FromSeconds(seconds));
        }
    }

    [Fact]
    public void AddRateLimited_WhenThereIsJitter_ShortensTheDelayByUpToAFifth()
    {
        _jitter = 0.5;
        _queue.AddRateLimited(A);

        AssertDueAfter(TimeSpan.FromSeconds(0.9));
    }

    [Fact]
    public void AddRateLimited_WhenOneKeyFails_LeavesOthersAlone()
    {
        for (int i = 0; i < 5; i++)
        {
            _queue.AddRateLimited(B);
        }

        _queue.AddRateLimited(A);

        AssertDueAfter(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Forget_StartsTheBackoffAnewAndDropsTheRetryThatWaits()
    {
        _queue.AddRateLimited(A);
        _queue.AddRateLimited(A);

        _queue.Forget(A);

        Assert.Equal(0, _queue.DelayedCount);
        _queue.AddRateLimited(A);
        AssertDueAfter(TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Forget_LeavesADelayThatWasAskedFor()
    {
        _queue.AddAfter(A, TimeSpan.FromSeconds(7));

        _queue.Forget(A);

        AssertDueAfter(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task ForgetBackoff_WakesTheKeysInBackoffThatMatch()
    {
        _queue.AddRateLimited(A);
        _queue.AddRateLimited(A);
        _queue.AddRateLimited(B);

        _queue.ForgetBackoff(key => key == A);

        Assert.Equal(1, _queue.Count);
        Assert.Equal(A, await GetAsync());
        _queue.Done(A);
        _queue.AddRateLimited(A);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, _queue.Count);
    }

    [Fact]
    public void ForgetBackoff_LeavesADelayThatWasAskedFor()
    {
        _queue.AddAfter(A, TimeSpan.FromSeconds(7));

        _queue.ForgetBackoff();

        AssertDueAfter(TimeSpan.FromSeconds(7));
    }

    [Fact]
    public async Task ShutDown_EndsTheWaitOfWorkersAndTheIntake()
    {
        Task<NamespacedName?> waiting = GetAsync();
        _queue.AddAfter(A, TimeSpan.FromSeconds(1));

        _queue.ShutDown();
        _queue.Add(A);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Null(await waiting);
        Assert.Null(await GetAsync());
    }

    [Fact]
    public async Task Get_WhenManyWorkersCompete_NeverGivesAKeyToTwoAtOnceAndLosesNone()
    {
        var active = new System.Collections.Concurrent.ConcurrentDictionary<NamespacedName, int>();
        int[] seen = new int[20];
        Task[] workers = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (await GetAsync() is { } key)
            {
                Assert.True(active.TryAdd(key, 0));
                Interlocked.Increment(ref seen[int.Parse(key.Name)]);
                await Task.Yield();
                Assert.True(active.TryRemove(key, out int _));
                _queue.Done(key);
            }
        }, TestContext.Current.CancellationToken))];

        for (int i = 0; i < 4000; i++)
        {
            _queue.Add(new NamespacedName("ns", $"{i % 20}"));
        }

        await Eventually.TrueAsync(() => _queue.Count == 0 && active.IsEmpty, "all keys are done");
        _queue.ShutDown();
        await Task.WhenAll(workers);
        Assert.All(seen, count => Assert.True(count > 0));
    }

    private Task<NamespacedName?> GetAsync() => _queue.GetAsync(TestContext.Current.CancellationToken).AsTask();

    private void AssertDueAfter(TimeSpan delay)
    {
        _time.Advance(delay - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _queue.Count);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, _queue.Count);
        Task<NamespacedName?> got = GetAsync();
        Assert.True(got.IsCompletedSuccessfully);
        _queue.Done(A);
    }
}
