using k8s;
using k8s.Models;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>What a controller measures while another process leads.</summary>
public sealed class StandbyTests
{
    [Fact]
    public async Task Keys_ThatGatheredBeforeTheProcessLed_DidNotWaitForIt()
    {
        var time = new RecordingTimeProvider();
        await using var server = new FakeApiServer(async request =>
        {
            if (!request.IsWatch)
            {
                await request.ReplyListAsync("1", FakeExchange.Item("one", "1"));
                return;
            }

            await request.BeginAsync();
            await request.StallAsync();
        });
        using KubeClient client = server.Client(time);
        using var leadership = new Leadership(new() { Lease = new("a", "lease"), Identity = "me" }, time);
        using var measured = new Measurements("gadget");
        var reconciler = new Reconciler();
        bool open = false;
        var options = new ControllerOptions { Leadership = leadership, WaitFor = [() => Volatile.Read(ref open)] };
        using var controller = new Controller<Gadget>(
            client, new Store<Gadget>(), reconciler, options, new FakeLifetime(), new RecordingLogger<Controller<Gadget>>(), time, () => 0);
        await controller.StartAsync(TestContext.Current.CancellationToken);
        // That the workers look again after everything is there is only sure if they were seen to wait before.
        await Eventually.TrueAsync(() => controller.Pending == 1 && time.WaitsFor(TimeSpan.FromMilliseconds(100)), "the key and the workers wait");
        Volatile.Write(ref open, true);
        await Eventually.TrueAsync(() => controller.Synced, "everything is there");
        await time.PassAsync(TimeSpan.FromMilliseconds(100));
        time.Advance(TimeSpan.FromHours(3));

        Assert.DoesNotContain(measured.Take(), line => line.StartsWith("workqueue_", StringComparison.Ordinal));
        Assert.Contains("workqueue_depth 0", measured.Observe());

        leadership.TryRenew(time.GetTimestamp());
        await Eventually.TrueAsync(() => reconciler.HasPassed, "the first pass");

        IReadOnlyList<string> taken = measured.Take();
        Assert.Contains("workqueue_adds_total 1", taken);
        // It would be hours; one of no time is left out.
        Assert.DoesNotContain(taken, line => line.StartsWith("workqueue_queue_duration_seconds", StringComparison.Ordinal));
        await controller.StopAsync(TestContext.Current.CancellationToken);
    }

    private sealed class Reconciler : IEntityController<Gadget>
    {
        private volatile bool _hasPassed;

        public bool HasPassed => _hasPassed;

        public Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
        {
            _hasPassed = true;
            return Task.FromResult(ReconcileResult.Done);
        }
    }

    /// <summary>A kind that no other test measures.</summary>
    [KubernetesEntity(Group = "test.example.com", ApiVersion = "v1", Kind = "Gadget", PluralName = "gadgets")]
    private sealed class Gadget : IKubernetesObject<V1ObjectMeta>
    {
        public string? ApiVersion { get; set; }

        public string? Kind { get; set; }

        public V1ObjectMeta Metadata { get; set; } = new();
    }
}
