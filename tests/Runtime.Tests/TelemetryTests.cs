using Microsoft.Extensions.Time.Testing;

namespace OmniScale.Runtime.Tests;

public sealed class TelemetryTests
{
    private static readonly NamespacedName Key = new("ns", "a");

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Queue_MeasuresAddsAndHowLongKeysWaitAndAreWorkedOn()
    {
        using var measured = new Measurements("measured-queue");
        using var queue = new WorkQueue(_time, () => 0, "measured-queue");
        queue.Open();

        queue.Add(Key);
        queue.Add(Key);
        Assert.Equal(["workqueue_adds_total 1"], measured.Take());
        _time.Advance(TimeSpan.FromSeconds(2));
        await queue.GetAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["workqueue_queue_duration_seconds 2"], measured.Take());
        _time.Advance(TimeSpan.FromSeconds(3));
        queue.Done(Key);
        Assert.Equal(["workqueue_work_duration_seconds 3"], measured.Take());
    }

    [Fact]
    public void Queue_WhenAKeyBacksOff_CountsARetryNowAndTheAddWhenItIsDue()
    {
        using var measured = new Measurements("retrying-queue");
        using var queue = new WorkQueue(_time, () => 0, "retrying-queue");
        queue.Open();

        queue.AddRateLimited(Key);
        Assert.Equal(["workqueue_retries_total 1"], measured.Take());
        _time.Advance(WorkQueue.FirstBackoff);
        Assert.Equal(["workqueue_adds_total 1"], measured.Take());
    }

    [Fact]
    public async Task Queue_ShowsItsDepthAndTheWorkInProgressUntilItIsDisposed()
    {
        using var measured = new Measurements("observed-queue");
        using (var queue = new WorkQueue(_time, () => 0, "observed-queue"))
        {
            queue.Open();
            queue.Add(Key);
            queue.Add(Key with { Name = "b" });
            queue.Add(Key with { Name = "c" });
            await queue.GetAsync(TestContext.Current.CancellationToken);
            _time.Advance(TimeSpan.FromSeconds(4));
            await queue.GetAsync(TestContext.Current.CancellationToken);
            _time.Advance(TimeSpan.FromSeconds(1));

            Assert.Equal(
                ["workqueue_depth 1", "workqueue_longest_running_processor_seconds 5", "workqueue_unfinished_work_seconds 6"],
                measured.Observe().Order(StringComparer.Ordinal));
        }

        Assert.Empty(measured.Observe());
    }

    [Fact]
    public async Task Queue_UntilItIsOpened_GathersKeysUnmeasured()
    {
        using var measured = new Measurements("gathering-queue");
        using var queue = new WorkQueue(_time, () => 0, "gathering-queue");
        queue.Add(Key);
        _time.Advance(TimeSpan.FromHours(3));

        Assert.Empty(measured.Take());
        Assert.Contains("workqueue_depth 0", measured.Observe());
        Assert.Equal(1, queue.Count);

        queue.Open();
        Assert.Equal(["workqueue_adds_total 1"], measured.Take());
        Assert.Contains("workqueue_depth 1", measured.Observe());
        _time.Advance(TimeSpan.FromSeconds(2));
        await queue.GetAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["workqueue_queue_duration_seconds 2"], measured.Take());
    }

    [Fact]
    public void Watch_IsCountedWithItsLists()
    {
        using var measured = new Measurements("Watched");
        var telemetry = new WatchTelemetry("Watched");

        telemetry.Listing();
        telemetry.Opened();
        telemetry.Opened();

        Assert.Equal(
            ["omniscale_kubernetes_lists_total 1", "omniscale_kubernetes_watches_total 1", "omniscale_kubernetes_watches_total 1"], measured.Take());
        Assert.Equal((1, 2), (telemetry.Lists, telemetry.Watches));
    }

    [Theory]
    [InlineData(ControllerTelemetry.Success)]
    [InlineData(ControllerTelemetry.Requeue)]
    [InlineData(ControllerTelemetry.RequeueAfter)]
    public void Pass_IsCountedByItsResult(string result)
    {
        using var measured = new Measurements("counted-" + result);
        var telemetry = new ControllerTelemetry("Counted-" + result);

        telemetry.End(telemetry.Begin(Key), TimeSpan.FromSeconds(7), result);

        Assert.Equal(
            [
                "controller_runtime_active_workers 1", "controller_runtime_active_workers -1",
                $"controller_runtime_reconcile_total {result} 1", "controller_runtime_reconcile_time_seconds 7",
            ],
            measured.Take());
    }

    [Fact]
    public void Pass_WhenItFails_IsCountedAsAnErrorToo()
    {
        using var measured = new Measurements("failing");
        var telemetry = new ControllerTelemetry("Failing");

        telemetry.End(telemetry.Begin(Key), TimeSpan.FromSeconds(7), ControllerTelemetry.Error);

        Assert.Contains("controller_runtime_reconcile_errors_total 1", measured.Take());
    }

    [Fact]
    public void Pass_WhenItIsGivenUp_IsNotCounted()
    {
        using var measured = new Measurements("stopping");
        var telemetry = new ControllerTelemetry("Stopping");

        telemetry.End(telemetry.Begin(Key), TimeSpan.FromSeconds(7), null);

        Assert.Equal(["controller_runtime_active_workers 1", "controller_runtime_active_workers -1"], measured.Take());
    }
}
