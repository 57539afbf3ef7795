using System.Diagnostics;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OmniScale.Runtime;

/// <summary>Follows the objects of a kind and lets an <see cref="IEntityController{T}"/> look at each one that changed.</summary>
public sealed class Controller<T> : HostedLoop
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private static readonly TimeSpan SyncPollInterval = TimeSpan.FromMilliseconds(100);

    private readonly KubeClient _client;
    private readonly Store<T> _store;
    private readonly IEntityController<T> _reconciler;
    private readonly ControllerOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<double> _jitter;
    private readonly WorkQueue _queue;
    private readonly IReadOnlyList<Reflector<T>> _reflectors;
    private readonly string _kind = ResourceType.Of<T>().Kind;
    private readonly ControllerTelemetry _telemetry;
    private long _lastProgress;
    private volatile bool _working;

    /// <param name="client">The API server.</param>
    /// <param name="store">The store that the controller fills and the reconciler reads.</param>
    /// <param name="reconciler">What to do.</param>
    /// <param name="options">How.</param>
    /// <param name="lifetime">Told to stop when the controller cannot go on.</param>
    /// <param name="logger">Gets a scope with kind, namespace, name and a pass's own id.</param>
    /// <param name="time">The clock of all delays.</param>
    /// <param name="jitter">Numbers in [0, 1).</param>
    public Controller(
        KubeClient client,
        Store<T> store,
        IEntityController<T> reconciler,
        ControllerOptions options,
        IHostApplicationLifetime lifetime,
        ILogger<Controller<T>> logger,
        TimeProvider time,
        Func<double>? jitter = null)
        : base(lifetime, logger)
    {
        _client = client;
        _store = store;
        _reconciler = reconciler;
        _options = options;
        _time = time;
        _jitter = jitter ?? Jitter.Next;
        _telemetry = new ControllerTelemetry(_kind);
        _queue = new WorkQueue(time, _jitter, ControllerTelemetry.NameOf(_kind), options.WorkersPerNamespace);
        string?[] namespaces = options.Namespaces.Count > 0 ? [.. options.Namespaces] : [null];
        _reflectors = [.. namespaces.Select(name =>
        {
            var reflector = new Reflector<T>(client, store, options.Reflector with { Namespace = name }, time, logger, _jitter);
            reflector.Recovered += () => ForgetBackoff(key => name is null || key.Namespace == name);
            return reflector;
        })];
        store.Changed += OnChanged;
        client.Transport.Returned += OnReturned;
        Progressed();
    }

    /// <summary>How long ago a pass last began or ended.</summary>
    public TimeSpan SinceProgress => _time.GetElapsedTime(Interlocked.Read(ref _lastProgress));

    /// <summary>Whether the controller's own objects and everything it waits for are complete.</summary>
    public bool Synced => _reflectors.All(reflector => reflector.HasSynced) && _options.WaitFor.All(hasSynced => hasSynced());

    /// <summary>Passes are being made: everything is complete, and this process leads.</summary>
    public bool Working => _working;

    /// <summary>How long the slowest of the passes under way has taken so far; one that is cancelled at the <see cref="ReconcileTimeout"/> should soon end.</summary>
    public TimeSpan LongestPass => _queue.Working().Longest;

    /// <inheritdoc cref="ControllerOptions.ReconcileTimeout"/>
    public TimeSpan ReconcileTimeout => _options.ReconcileTimeout;

    /// <summary>Keys that could have a pass now; with a long <see cref="SinceProgress"/> a sign of workers that hang.</summary>
    public int Pending => _queue.Count;

    /// <summary>The sources of the objects, for readings.</summary>
    public IReadOnlyList<Reflector<T>> Reflectors => _reflectors;

    /// <summary>Asks for a pass, now or after a while: something outside of the object changed that matters to it.</summary>
    public void Enqueue(NamespacedName key, TimeSpan delay = default) => _queue.AddAfter(key, delay);

    /// <summary>Something outside that passes failed on is back: those in backoff are tried now.</summary>
    public void ForgetBackoff(Func<NamespacedName, bool>? predicate = null) => _queue.ForgetBackoff(predicate);

    public override void Dispose()
    {
        _store.Changed -= OnChanged;
        _client.Transport.Returned -= OnReturned;
        _queue.Dispose();
        base.Dispose();
    }

    protected override async Task RunAsync(CancellationToken ct)
    {
        // The controllers of all kinds end at once when the host stops, not each after the other.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, HostStopping);
        List<Task> loops =
        [
            .. _reflectors.Select(reflector => reflector.RunAsync(stop.Token)),
            RunWorkersAsync(stop.Token),
            ResyncAsync(stop.Token),
        ];
        // All belong together: the first to end, or to fail, ends the others.
        await Task.WhenAny(loops).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(loops).ConfigureAwait(false);
    }

    private async Task RunWorkersAsync(CancellationToken ct)
    {
        while (!Synced)
        {
            await Task.Delay(SyncPollInterval, _time, ct).ConfigureAwait(false);
        }

        CancellationToken term = _options.Leadership is { } leadership ? await leadership.WaitAsync(ct).ConfigureAwait(false) : CancellationToken.None;
        Progressed();
        _queue.Open();
        _working = true;
        Logger.LogInformation("Starting {Workers} workers for {Kind}", _options.Workers, _kind);
        using var abort = new CancellationTokenSource(Timeout.InfiniteTimeSpan, _time);
        using CancellationTokenRegistration stopping = ct.UnsafeRegister(_ => _queue.ShutDown(), null);
        using CancellationTokenRegistration lost = term.UnsafeRegister(_ =>
        {
            _queue.ShutDown();
            abort.Cancel();
        }, null);
        _telemetry.WorkersChanged(_options.Workers);
        Task workers = Task.WhenAll(Enumerable.Range(0, _options.Workers).Select(_ => Task.Run(() => WorkAsync(abort.Token), CancellationToken.None)));
        try
        {
            await workers.WaitAsync(ct).ConfigureAwait(false);
            if (term.IsCancellationRequested)
            {
                // The elector stops the host.
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, ct).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            abort.CancelAfter(_options.DrainTimeout);
            await workers.ConfigureAwait(false);
            throw;
        }
        finally
        {
            _telemetry.WorkersChanged(-_options.Workers);
        }
    }

    private async Task ResyncAsync(CancellationToken ct)
    {
        while (true)
        {
            await Task.Delay(_options.ResyncInterval * (0.9 + (0.2 * _jitter())), _time, ct).ConfigureAwait(false);
            foreach (NamespacedName key in _store.Keys())
            {
                _queue.Add(key);
            }
        }
    }

    private async Task WorkAsync(CancellationToken abort)
    {
        while (await _queue.GetAsync(CancellationToken.None).ConfigureAwait(false) is { } key)
        {
            try
            {
                await PassAsync(key, abort).ConfigureAwait(false);
            }
            finally
            {
                _queue.Done(key);
                Progressed();
            }
        }
    }

    private async Task PassAsync(NamespacedName key, CancellationToken abort)
    {
        Progressed();
        if (!_store.IsCaughtUp(key))
        {
            // The event of our own last write is still on its way, and what is known of the object is out of date.
            _queue.AddAfter(key, SyncPollInterval);
            return;
        }

        using Activity? activity = _telemetry.Begin(key);
        long began = _time.GetTimestamp();
        string? measured = ControllerTelemetry.Error;
        using IDisposable? scope = Logger.BeginScope(
            "{Kind} {namespace}/{name} {reconcileId}", _kind, key.Namespace, key.Name, (activity?.SpanId ?? ActivitySpanId.CreateRandom()).ToHexString());
        using var timeout = new CancellationTokenSource(_options.ReconcileTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(abort, timeout.Token);
        try
        {
            measured = Schedule(key, await _reconciler.ReconcileAsync(key, either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            Logger.LogInformation("Leaving a pass unfinished, the process stops");
            measured = null;
        }
        catch (LeadershipLostException e)
        {
            Logger.LogWarning("Leaving a pass unfinished: {Reason}", e.Message);
            _queue.AddRateLimited(key);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            Logger.LogError("Trying again later, the pass took longer than {Timeout}", _options.ReconcileTimeout);
            _queue.AddRateLimited(key);
        }
        catch (ApiException e) when (e.IsConflict)
        {
            Logger.LogInformation("Trying again soon, the object was changed meanwhile: {Error}", e.Message);
            _queue.AddRateLimited(key);
            measured = ControllerTelemetry.Requeue;
        }
        catch (Exception e) when (e is ApiException or HttpRequestException or IOException or TimeoutException)
        {
            Logger.LogWarning("Trying again later, a request failed: {Error}", e.GetBaseException().Message);
            _queue.AddRateLimited(key);
        }
        catch (Exception e)
        {
            Logger.LogError(e, "Trying again later, the pass failed");
            _queue.AddRateLimited(key);
        }
        finally
        {
            _telemetry.End(activity, _time.GetElapsedTime(began), measured);
        }
    }

    /// <returns>What the pass counts as.</returns>
    private string Schedule(NamespacedName key, ReconcileResult result)
    {
        if (result.IsRetry)
        {
            _queue.AddRateLimited(key);
            return ControllerTelemetry.Error;
        }

        _queue.Forget(key);
        if (result.RequeueAfter is { } delay)
        {
            _queue.AddAfter(key, delay);
            return ControllerTelemetry.RequeueAfter;
        }

        return ControllerTelemetry.Success;
    }

    /// <summary>Watches may have lived through an outage in which no write did, so that none of them tells of its end.</summary>
    private void OnReturned() => ForgetBackoff();

    private void OnChanged(StoreChange<T> change)
    {
        if (ChangePredicate.Matters(change.Old?.Metadata, change.New?.Metadata))
        {
            _queue.Add(change.Key);
        }
    }

    private void Progressed() => Interlocked.Exchange(ref _lastProgress, _time.GetTimestamp());
}
