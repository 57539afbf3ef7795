using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.TestKit;
using OmniScale.TestKit.Faults;

namespace OmniScale.Runtime.Tests;

/// <summary>A controller whose writes go wrong on their way to a real API server, or whose answers do on their way back.</summary>
[Collection(nameof(WidgetCluster))]
public sealed class ControllerFaultTests(WidgetCluster cluster) : IAsyncLifetime
{
    private const string Finalizer = "test.example.com/widget";

    /// <summary>Longer than a pass, its backoff of up to a second, and the next one take.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, Fault> s_faults = new()
    {
        ["reset"] = Fault.Reset(),
        ["answer-lost"] = Fault.Reset(after: 0),
        ["answer-cut-off"] = Fault.Truncate(),
        ["answer-empty"] = Fault.End(),
        ["too-many"] = Fault.Status(429, "TooManyRequests", TimeSpan.FromSeconds(1)),
        ["internal"] = Fault.Status(500, "InternalError"),
        ["unavailable"] = Fault.Status(503, "ServiceUnavailable"),
        ["gateway"] = Fault.Gateway(502),
        ["slow"] = Fault.Slow(TimeSpan.FromMilliseconds(300)),
        ["undisturbed"] = Fault.Slow(TimeSpan.Zero),
    };

    private readonly KubeClient _client = cluster.Client;
    private readonly Store<Widget> _store = new();
    private string _namespace = "";
    private FaultProxy _proxy = null!;
    private KubeClient _behind = null!;
    private Controller<Widget> _controller = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _namespace = await cluster.ControlPlane.CreateNamespaceAsync();
        _proxy = await FaultProxies.StartAsync(cluster.ControlPlane);
        _behind = WidgetCluster.Connect(_proxy.WriteKubeconfig(cluster.ControlPlane));
        _controller = new Controller<Widget>(
            _behind, _store, new WidgetReconciler(_behind, _store), new ControllerOptions { Namespaces = [_namespace], Workers = s_faults.Count },
            new FakeLifetime(), NullLogger<Controller<Widget>>.Instance, TimeProvider.System);
    }

    public async ValueTask DisposeAsync()
    {
        await _controller.StopAsync(CancellationToken.None);
        _controller.Dispose();
        _behind.Dispose();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task Objects_WhoseWritesFailInEveryWay_EndAsTheyShould()
    {
        await _controller.StartAsync(Ct);
        List<ActiveFault> faults = [];
        foreach ((string name, Fault fault) in s_faults)
        {
            // One of the finalizer's, and one of the status'.
            faults.Add(_proxy.On($"PATCH .*/widgets/{name}\\?", fault));
            faults.Add(_proxy.On($"PATCH .*/widgets/{name}/status", fault));
            await _client.CreateAsync(new Widget { Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _namespace }, Spec = new WidgetSpec { Size = 7 } }, Ct);
        }

        await Eventually.TrueAsync(
            async () => (await _client.ListAsync<Widget>(_namespace, Ct)).All(widget => widget.Status?.Count == 7 && Finalizers.Has(widget, Finalizer)),
            "all are done", s_limit);
        await RestAsync();
        // A reset takes what others have on the same connection with it, so that there may be more attempts than faults.
        Assert.All(faults, fault => Assert.Equal(1, fault.Hits));
        Assert.InRange(_proxy.Asked("PATCH").Count, 2 * s_faults.Count, 8 * s_faults.Count);

        foreach (string name in s_faults.Keys)
        {
            _proxy.On($"PATCH .*/widgets/{name}\\?", s_faults[name]);
            await _client.DeleteAsync<Widget>(new(_namespace, name), Ct);
        }

        await Eventually.TrueAsync(async () => (await _client.ListAsync<Widget>(_namespace, Ct)).Count == 0, "all are gone", s_limit);
        await RestAsync();
        Assert.Equal(0, _store.Count);
    }

    private Task RestAsync() => Eventually.TrueAsync(
        async () => _controller.Pending == 0 && _store.Keys().All(_store.IsCaughtUp)
            && (await _client.ListAsync<Widget>(_namespace, Ct)).Select(widget => widget.Metadata.ResourceVersion).Order()
                .SequenceEqual(_store.List().Select(widget => widget.Metadata.ResourceVersion).Order()),
        "the controller is at rest", s_limit);

    private sealed class WidgetReconciler(KubeClient client, Store<Widget> store) : IEntityController<Widget>
    {
        private readonly StatusWriter<Widget> _status = new(client, TimeProvider.System, store);

        public async Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct)
        {
            if (!store.TryGet(key, out Widget? widget))
            {
                return ReconcileResult.Done;
            }

            if (widget.Metadata.DeletionTimestamp is not null)
            {
                await Finalizers.RemoveAsync(client, widget, Finalizer, store);
            }
            else if (!Finalizers.Has(widget, Finalizer))
            {
                await Finalizers.AddAsync(client, widget, Finalizer, ct, store);
            }
            else
            {
                Widget desired = widget.DeepClone();
                desired.Status = new WidgetStatus { Count = widget.Spec!.Size };
                await _status.WriteAsync(widget, desired, ct);
            }

            return ReconcileResult.Done;
        }
    }
}
