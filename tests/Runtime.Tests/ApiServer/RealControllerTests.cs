using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>Watches and what is built on them against a real API server.</summary>
[Collection(nameof(WidgetCluster))]
public sealed class RealControllerTests(WidgetCluster cluster) : IAsyncLifetime
{
    private readonly KubeClient _client = cluster.Client;
    private readonly FakeLifetime _lifetime = new();
    private NamespacedName _one;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _one = new NamespacedName(await cluster.ControlPlane.CreateNamespaceAsync(), "one");

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Controller_TakesAnObjectFromItsCreationToItsEnd_InNoMorePassesThanThereAreSteps()
    {
        var store = new Store<Widget>();
        var reconciler = new WidgetReconciler(_client, store);
        var logger = new RecordingLogger<Controller<Widget>>();
        using var controller = new Controller<Widget>(
            _client, store, reconciler, new ControllerOptions { Namespaces = [_one.Namespace] }, _lifetime, logger, TimeProvider.System);
        await controller.StartAsync(Ct);

        await _client.CreateAsync(Widget("one", size: 7), Ct);
        Widget ready = await Eventually.ValueAsync(() => _client.GetAsync<Widget>(_one, Ct), widget => widget.Status?.Count == 7, "the status is written");
        await Eventually.TrueAsync(() => store.IsCaughtUp(_one) && controller.Pending == 0, "the status has been seen");
        // Finalizer, status; the status write itself asks for nothing.
        Assert.Equal(["add finalizer", "write status"], reconciler.Passes);
        Assert.Equal([WidgetReconciler.Finalizer], ready.Metadata.Finalizers);

        await _client.MergePatchAsync<Widget>(_one, JsonNode.Parse("""{"spec":{"size":8}}""")!.AsObject(), Ct);
        await Eventually.ValueAsync(() => _client.GetAsync<Widget>(_one, Ct), widget => widget.Status?.Count == 8, "the status follows");
        await _client.DeleteAsync<Widget>(_one, Ct);
        await Eventually.TrueAsync(() => store.Count == 0 && controller.Pending == 0 && reconciler.Passes.Count == 5, "the object is gone");

        Assert.Equal(["add finalizer", "write status", "write status", "remove finalizer", "gone"], reconciler.Passes);
        await controller.StopAsync(Ct);
        Assert.DoesNotContain(logger.Entries, entry => entry.Level >= LogLevel.Warning);
        Assert.False(_lifetime.IsStopped);
    }

    [Fact]
    public async Task Reflector_WhenAnObjectDoesNotFitTheType_ShowsTheOthers()
    {
        await cluster.ControlPlane.ApplyAsync("""
            apiVersion: test.example.com/v1
            kind: Widget
            metadata: { name: bad }
            spec: { color: Blue }
            """, _one.Namespace);
        await _client.CreateAsync(Widget("good"), Ct);
        var store = new Store<Widget>();
        using var stop = new CancellationTokenSource();
        var reflector = new Reflector<Widget>(_client, store, new ReflectorOptions { Namespace = _one.Namespace }, TimeProvider.System, NullLogger.Instance);
        Task running = reflector.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => reflector.Watches == 1, "the watch is open");

        await _client.CreateAsync(Widget("later"), Ct);
        await Eventually.TrueAsync(() => store.Count == 2, "the later one has arrived");

        Assert.Equal(["good", "later"], store.List().Select(widget => widget.Metadata.Name).Order());
        Assert.Equal(1, reflector.Undecodable);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task SecretCache_FollowsWhatIsReferredToAndNeedsNoMoreThanThat()
    {
        // May read this one Secret and no other: a list or a watch by name is judged by the name.
        await cluster.ControlPlane.ApplyAsync("""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: { name: reader }
            rules:
            - { apiGroups: [""], resources: [secrets], resourceNames: [one], verbs: [get, list, watch] }
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: { name: reader }
            roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader }
            subjects:
            - { apiGroup: rbac.authorization.k8s.io, kind: User, name: reader }
            """, _one.Namespace);
        using KubeClient reader = WidgetCluster.Connect(cluster.ControlPlane.CreateUserKubeconfig("reader"));
        using var cache = new SecretCache(reader, _lifetime, NullLogger<SecretCache>.Instance, TimeProvider.System);
        await cache.StartAsync(Ct);
        var owner = new NamespacedName("x", "owner");
        var notified = new ConcurrentQueue<NamespacedName>();
        SecretReferences references = cache.CreateReferences(notified.Enqueue);
        Assert.False(cache.Get(_one).Synced);

        references.Set(owner, _one);
        await Eventually.TrueAsync(() => cache.Get(_one).Synced && !notified.IsEmpty, "its absence is known");
        Assert.Null(cache.Get(_one).Secret);
        notified.Clear();

        await _client.CreateAsync(Secret("one", "first"), Ct);
        await SecretIsAsync("first");
        await _client.ServerSideApplyAsync(Secret("one", "second"), Ct, force: true);
        await SecretIsAsync("second");
        await _client.DeleteAsync<V1Secret>(_one, Ct);
        await SecretIsAsync(null);
        Assert.All(notified, key => Assert.Equal(owner, key));

        references.Set(owner, _one, _one with { Name = "two" });
        Assert.Equal(2, cache.Count);
        await Eventually.TrueAsync(() => cache.Get(_one with { Name = "two" }).Error is ApiException { IsForbidden: true }, "the refusal is known");
        references.Clear(owner);
        Assert.Equal(0, cache.Count);
        await cache.StopAsync(Ct);
        Assert.False(_lifetime.IsStopped);

        async Task SecretIsAsync(string? value)
        {
            await Eventually.TrueAsync(
                () => (cache.Get(_one).Secret?.Data is { } data ? System.Text.Encoding.UTF8.GetString(data["key"]) : null) == value && !notified.IsEmpty,
                $"the secret is {value ?? "gone"}");
            notified.Clear();
        }
    }

    [Fact]
    public async Task EventRecorder_WritesOneEventForWhatIsReportedTwice()
    {
        using var recorder = new EventRecorder(_client, _lifetime, NullLogger<EventRecorder>.Instance, TimeProvider.System, "tester-0");
        await recorder.StartAsync(Ct);
        Widget widget = await _client.CreateAsync(Widget("one"), Ct);

        recorder.Warning(widget, "NotReady", "the thing is missing");
        recorder.Warning(widget, "NotReady", "the thing is missing");
        recorder.Normal(widget, "Ready", "the thing is there");

        await Eventually.TrueAsync(() => recorder.Written == 3, "three reports are written");
        IReadOnlyList<Corev1Event> events = await _client.ListAsync<Corev1Event>(_one.Namespace, Ct);
        Assert.Equal(2, events.Count);
        Corev1Event warning = events.Single(found => found.Type == "Warning");
        Assert.Equal((2, "NotReady", "the thing is missing"), (warning.Count, warning.Reason, warning.Message));
        Assert.Equal(("Widget", "test.example.com/v1", widget.Metadata.Uid), (warning.InvolvedObject.Kind, warning.InvolvedObject.ApiVersion, warning.InvolvedObject.Uid));
        Assert.Equal(("tester", "tester-0"), (warning.ReportingComponent, warning.ReportingInstance));

        // Expired, as events do: what comes again starts a new one.
        await _client.DeleteAsync<Corev1Event>(warning.Key(), Ct);
        recorder.Warning(widget, "NotReady", "the thing is missing");
        await Eventually.TrueAsync(() => recorder.Written == 4, "the report is written");
        Assert.Equal(2, (await _client.ListAsync<Corev1Event>(_one.Namespace, Ct)).Count);
        Assert.Equal((0, 0), (recorder.Lost, recorder.Suppressed));
        await recorder.StopAsync(Ct);
    }

    [Fact]
    public async Task Reflector_WhenTheApiServerCrashesAndComesBack_MissesNothing()
    {
        await using ControlPlane own = await ControlPlane.StartAsync();
        using KubeClient client = WidgetCluster.Connect(own.Kubeconfig);
        await WidgetCluster.DefineWidgetsAsync(own, client);
        string ns = await own.CreateNamespaceAsync();
        await client.CreateAsync(Widget("one", ns: ns), Ct);
        var store = new Store<Widget>();
        using var stop = new CancellationTokenSource();
        var options = new ReflectorOptions { Namespace = ns, FirstBackoff = TimeSpan.FromMilliseconds(50), LongestBackoff = TimeSpan.FromMilliseconds(200) };
        var reflector = new Reflector<Widget>(client, store, options, TimeProvider.System, NullLogger.Instance);
        Task running = reflector.RunAsync(stop.Token);
        await Eventually.TrueAsync(() => store.Count == 1 && reflector.Watches == 1, "the first is seen");

        await own.StopApiServerAsync();
        await Eventually.TrueAsync(() => reflector.LastError is not null, "the crash is noticed");
        await own.StartApiServerAsync();
        await client.DeleteAsync<Widget>(new NamespacedName(ns, "one"), Ct);
        await client.CreateAsync(Widget("two", ns: ns), Ct);

        await Eventually.TrueAsync(() => store.List().Select(widget => widget.Metadata.Name).SequenceEqual(["two"]), "the store is up to date");
        await stop.CancelAsync();
        await running;
    }

    private Widget Widget(string name, int size = 0, string? ns = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = ns ?? _one.Namespace },
        Spec = new WidgetSpec { Size = size },
    };

    private V1Secret Secret(string name, string value) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _one.Namespace },
        Data = new Dictionary<string, byte[]> { ["key"] = System.Text.Encoding.UTF8.GetBytes(value) },
    };

    /// <summary>The order of things that every reconciler keeps to: finalizer, status, clean-up.</summary>
    private sealed class WidgetReconciler(KubeClient client, Store<Widget> store) : IEntityController<Widget>
    {
        public const string Finalizer = "test.example.com/widget";

        private readonly StatusWriter<Widget> _status = new(client, TimeProvider.System, store);

        public ConcurrentQueue<string> Passes { get; } = [];

        public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
        {
            if (!store.TryGet(key, out Widget? widget))
            {
                Passes.Enqueue("gone");
            }
            else if (widget.Metadata.DeletionTimestamp is not null)
            {
                Passes.Enqueue("remove finalizer");
                await Finalizers.RemoveAsync(client, widget, Finalizer, store);
            }
            else if (!Finalizers.Has(widget, Finalizer))
            {
                Passes.Enqueue("add finalizer");
                await Finalizers.AddAsync(client, widget, Finalizer, ct, store);
            }
            else
            {
                Passes.Enqueue("write status");
                Widget desired = widget.DeepClone();
                desired.Status = new WidgetStatus { Count = widget.Spec!.Size, ObservedGeneration = widget.Metadata.Generation };
                await _status.WriteAsync(widget, desired, ct);
            }

            return ReconcileResult.Done;
        }
    }
}
