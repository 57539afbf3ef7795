using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OmniScale.Crds;
using OmniScale.Operator.Hosting;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests;

/// <summary>What kubelet is told of an operator in which something hangs. Its clock stands still until told.</summary>
public sealed class LivenessTests(Installation installation)
{
    private readonly FakeTimeProvider time = new();
    private readonly HangingReconciler reconciler = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_pass_that_does_not_end_is_told_though_other_workers_go_on()
    {
        await using var stage = await Stage.StartAsync(installation, startOperator: false);
        using var client = new KubeClient(KubeConfiguration.Load(installation.OperatorKubeconfig), "omniscale-operator", TimeProvider.System);
        await using var app = await StartAsync(stage, client);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        var controller = app.Services.GetRequiredService<Controller<MachineClass>>();
        controller.Enqueue(new("any", "hung"));
        await Eventually.TrueAsync(() => reconciler.Passes == 1, "the pass hangs");

        // Its time is up, but it may be about to end.
        await AdvanceAsync(app, TimeSpan.FromMinutes(6));
        Assert.Equal((200, "ok\n"), await LivezAsync(http));

        await AdvanceAsync(app, TimeSpan.FromMinutes(5));
        controller.Enqueue(new("any", "other"));
        await Eventually.TrueAsync(() => reconciler.Passes == 2 && controller.Pending == 0, "another pass");
        Assert.Equal((503, "MachineClass: a pass does not end\n"), await LivezAsync(http));

        reconciler.Release();
        await Eventually.ValueAsync(() => LivezAsync(http), answer => answer == (200, "ok\n"), "all is well");
        await app.StopAsync(Ct);
    }

    [Fact]
    public async Task Workers_that_all_hang_are_told_where_work_waits_before_a_pass_has_taken_twice_its_time()
    {
        using var client = new KubeClient(installation.ControlPlane.CreateConfiguration(), "test", TimeProvider.System);
        using var controller = new Controller<MachineClass>(
            client, new Store<MachineClass>(), reconciler,
            new ControllerOptions { Namespaces = [await installation.ControlPlane.CreateNamespaceAsync()], Workers = 1, ReconcileTimeout = TimeSpan.FromHours(1) },
            new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), NullLogger<Controller<MachineClass>>.Instance, time);
        var health = new ControllerHealth<MachineClass>(controller);
        await controller.StartAsync(Ct);
        await WorkingAsync(controller);
        controller.Enqueue(new("any", "hung"));
        await Eventually.TrueAsync(() => reconciler.Passes == 1, "the pass hangs");

        time.Advance(TimeSpan.FromMinutes(5));
        await Eventually.TrueAsync(() => Tick() && health.Silence < TimeSpan.FromMinutes(1), "the kind is followed");
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.Null(health.Hang);
        controller.Enqueue(new("any", "other"));
        Assert.Equal("nobody takes what waits", health.Hang);

        reconciler.Release();
        await Eventually.TrueAsync(() => reconciler.Passes == 2 && health.Hang is null, "all is well");
        await controller.StopAsync(Ct);
    }

    [Fact]
    public async Task A_kind_that_is_not_followed_though_nothing_failed_is_told()
    {
        await using var stage = await Stage.StartAsync(installation, startOperator: false);
        using var client = new KubeClient(KubeConfiguration.Load(installation.OperatorKubeconfig), "omniscale-operator", TimeProvider.System);
        await using var app = await StartAsync(stage, client);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
        using var hang = new ManualResetEventSlim();
        using var hangs = new ManualResetEventSlim();
        app.Services.GetRequiredService<Store<MachineClass>>().Changed += _ =>
        {
            hangs.Set();
            hang.Wait(Ct);
        };
        await stage.ApplyClassAsync("small");
        await Eventually.TrueAsync(() => hangs.IsSet, "the loop hangs");

        await AdvanceAsync(app, TimeSpan.FromMinutes(9), but: nameof(MachineClass));
        Assert.Equal((503, "MachineClass: the objects are not followed\n"), await LivezAsync(http));

        hang.Set();
        await Eventually.ValueAsync(() => LivezAsync(http), answer => answer == (200, "ok\n"), "all is well");
        await app.StopAsync(Ct);
    }

    private async Task<WebApplication> StartAsync(Stage stage, KubeClient client)
    {
        var app = OperatorHost.Build(
            new OperatorOptions { Namespaces = [stage.Namespace], ClusterId = "test", HealthAddress = "http://127.0.0.1:0" },
            client, time, services => services.AddSingleton<IEntityController<MachineClass>>(reconciler));
        await app.StartAsync(Ct);
        await WorkingAsync(app.Services.GetRequiredService<Controller<MachineClass>>());
        return app;
    }

    private Task WorkingAsync(Controller<MachineClass> controller) => Eventually.TrueAsync(
        () =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return controller.Working;
        },
        "passes are made");

    /// <summary>Lets the time pass, and waits until the API server was heard of again about each kind, which is silent meanwhile.</summary>
    private async Task AdvanceAsync(WebApplication app, TimeSpan span, string? but = null)
    {
        time.Advance(span);
        await Eventually.TrueAsync(
            () => Tick() && app.Services.GetServices<IControllerHealth>().All(health => health.Kind == but || health.Silence < TimeSpan.FromMinutes(1)), "the kinds are followed");
    }

    /// <summary>A watch that failed meanwhile is opened again after a pause.</summary>
    private bool Tick()
    {
        time.Advance(TimeSpan.FromMilliseconds(20));
        return true;
    }

    private static async Task<(int Status, string Text)> LivezAsync(HttpClient http)
    {
        using var answer = await http.GetAsync("livez", Ct);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Ct));
    }

    /// <summary>Hangs in the pass of the key "hung", whoever cancels it.</summary>
    private sealed class HangingReconciler : IEntityController<MachineClass>
    {
        private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int passes;

        public int Passes => Volatile.Read(ref passes);

        public void Release() => released.SetResult();

        public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
        {
            Interlocked.Increment(ref passes);
            if (key.Name == "hung")
            {
                await released.Task;
            }

            return ReconcileResult.Done;
        }
    }
}
