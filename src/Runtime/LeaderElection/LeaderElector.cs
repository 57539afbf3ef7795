using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OmniScale.Runtime;

/// <summary>
/// Contends for a lease, holds it, and gives it back on a graceful stop. A process that loses the lease ends: its
/// <see cref="Leadership"/> calls off the work in flight, and the host is stopped with exit code 1.
/// Register it before all that works under the lease: the host stops its services in reverse, so that the lease is given back last.
/// </summary>
public sealed class LeaderElector : HostedLoop
{
    private readonly KubeClient _client;
    private readonly Leadership _leadership;
    private readonly LeaderElectionOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<double> _jitter;
    private LeaseRecord? _known;
    private LeaseRecord? _observed;
    private bool _mustRead = true;
    private bool _overdue;
    private string? _lastProblem;

    /// <param name="client">
    /// The API server, by a connection of its own that is not HTTP/2: a request that gets no answer takes its connection with it,
    /// and the next one starts afresh. It heeds no Retry-After, which would outlast the renew deadline: one request every retry period is little.
    /// </param>
    /// <param name="leadership">Is told how the election stands.</param>
    /// <param name="lifetime">Told to stop when the lease is lost.</param>
    /// <param name="logger">Hears of changes.</param>
    /// <param name="time">The clock.</param>
    /// <param name="jitter">Numbers in [0, 1), so that candidates do not keep step.</param>
    public LeaderElector(
        KubeClient client,
        Leadership leadership,
        IHostApplicationLifetime lifetime,
        ILogger<LeaderElector> logger,
        TimeProvider time,
        Func<double>? jitter = null)
        : base(lifetime, logger)
    {
        _client = client;
        _leadership = leadership;
        _options = leadership.Options;
        _time = time;
        _jitter = jitter ?? Jitter.Next;
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        // The host has run out of patience with a service that works under the lease: it may still be at it.
        _overdue = cancellationToken.IsCancellationRequested;
        return base.StopAsync(cancellationToken);
    }

    protected override async Task RunAsync(CancellationToken ct)
    {
        try
        {
            await AcquireAsync(ct).ConfigureAwait(false);
            await HoldAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            bool led = _leadership.IsLeader;
            await _leadership.EndAsync().ConfigureAwait(false);
            if (led && ct.IsCancellationRequested && !_overdue)
            {
                await ReleaseAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task AcquireAsync(CancellationToken ct)
    {
        Logger.LogInformation("Contending for the lease {Lease} as {Identity}", _options.Lease, _options.Identity);
        using var acquired = CancellationTokenSource.CreateLinkedTokenSource(ct);
        Task observing = ObserveAsync(acquired.Token);
        try
        {
            while (!await AttemptAsync(_options.RequestTimeout, ct).ConfigureAwait(false))
            {
                await PauseAsync(Timeout.InfiniteTimeSpan, ct).ConfigureAwait(false);
            }
        }
        finally
        {
            await acquired.CancelAsync().ConfigureAwait(false);
            await observing.ConfigureAwait(false);
        }

        Logger.LogInformation("Leading, the lease {Lease} is ours", _options.Lease);
    }

    /// <summary>
    /// Sees renewals when they happen. A look alone comes some time after: when an outage keeps everybody from the lease, the last
    /// renewal before it would be news after it, and postpone the takeover although its holder gave up long ago.
    /// </summary>
    private Task ObserveAsync(CancellationToken ct)
    {
        var leases = new Store<V1Lease>();
        leases.Changed += change => Volatile.Write(ref _observed, change.New is { } lease ? LeaseRecord.Of(lease, _time.GetTimestamp()) : null);
        var options = new ReflectorOptions { Namespace = _options.Lease.Namespace, FieldSelector = $"metadata.name={_options.Lease.Name}" };
        return new Reflector<V1Lease>(_client, leases, options, _time, Logger, _jitter).RunAsync(ct);
    }

    private async Task HoldAsync(CancellationToken ct)
    {
        while (true)
        {
            await PauseAsync(Left(), ct).ConfigureAwait(false);
            await AttemptAsync(Left(), ct).ConfigureAwait(false);
            if (_known is { } known && known.Holder != _options.Identity)
            {
                throw new LeadershipLostException($"The lease {_options.Lease} was taken by '{known.Holder}'");
            }
        }
    }

    /// <summary>What is left until the lease counts as lost.</summary>
    private TimeSpan Left()
    {
        TimeSpan left = _options.RenewDeadline - _leadership.LeaseAge;
        // The term may have ended in the moment in which a renewal was answered: a lease that nobody works under is not held on to.
        return left > TimeSpan.Zero && _leadership.IsLeader
            ? left
            : throw new LeadershipLostException($"The lease {_options.Lease} could not be renewed for {_options.RenewDeadline.TotalSeconds:0.#} s: {_lastProblem ?? "the process was stopped meanwhile"}");
    }

    /// <summary>Tries once to take or renew the lease. Whatever goes wrong is for the next attempt.</summary>
    /// <returns>Whether the lease is ours, renewed so recently that it may be relied on.</returns>
    private async Task<bool> AttemptAsync(TimeSpan limit, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(limit < _options.RequestTimeout ? limit : _options.RequestTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            long sent = _time.GetTimestamp();
            if (!await TakeAsync(either.Token).ConfigureAwait(false))
            {
                return false;
            }

            _mustRead = false;
            _lastProblem = null;
            return _leadership.TryRenew(sent);
        }
        catch (Exception e) when (!ct.IsCancellationRequested)
        {
            // What the request has done is not known: the next attempt begins by reading.
            _mustRead = true;
            Report(LogLevel.Warning, e is OperationCanceledException ? "the API server did not answer in time" : e.GetBaseException().Message);
            return false;
        }
    }

    private async Task<bool> TakeAsync(CancellationToken ct)
    {
        if (_mustRead)
        {
            if (await _client.FindAsync<V1Lease>(_options.Lease, ct).ConfigureAwait(false) is not { } lease)
            {
                Keep(await CreateAsync(ct).ConfigureAwait(false));
                return true;
            }

            Keep(lease);
            if (_known!.Holder != _options.Identity && (_leadership.IsLeader || IsHeldByAnother(_known)))
            {
                return false;
            }
        }

        Keep(await PatchAsync(_known!.Version, LeaseRecord.Taken(_known, _options, _time.GetUtcNow()), ct).ConfigureAwait(false));
        return true;
    }

    /// <summary>Whether the holder may still act: it was seen to renew the lease less than the lease's duration ago.</summary>
    private bool IsHeldByAnother(LeaseRecord lease)
    {
        if (lease.Holder.Length == 0 || _time.GetElapsedTime(lease.Seen) >= lease.Duration)
        {
            return false;
        }

        Report(LogLevel.Information, $"it is held by {lease.Holder}");
        return true;
    }

    private void Keep(V1Lease lease)
    {
        LeaseRecord read = LeaseRecord.Of(lease, _time.GetTimestamp());
        if (read.Version != _known?.Version)
        {
            _known = Volatile.Read(ref _observed) is { } observed && observed.Version == read.Version ? observed : read;
        }
    }

    private Task<V1Lease> CreateAsync(CancellationToken ct)
    {
        var lease = new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = _options.Lease.Name, ["namespace"] = _options.Lease.Namespace },
            ["spec"] = LeaseRecord.Taken(null, _options, _time.GetUtcNow()),
        };
        return _client.CreateAsync(KubeJson.Read<V1Lease>(System.Text.Encoding.UTF8.GetBytes(lease.ToJsonString())), ct);
    }

    /// <exception cref="ApiException">A conflict, if the lease is not at that version.</exception>
    private Task<V1Lease> PatchAsync(string version, JsonObject spec, CancellationToken ct) =>
        _client.MergePatchAsync<V1Lease>(_options.Lease, new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = version }, ["spec"] = spec }, ct);

    /// <summary>Lets the next leader begin at once instead of after the lease's duration.</summary>
    private async Task ReleaseAsync()
    {
        using var timeout = new CancellationTokenSource(_options.RequestTimeout, _time);
        try
        {
            // A renewal that was cut short by the stop may have happened.
            if (await _client.FindAsync<V1Lease>(_options.Lease, timeout.Token).ConfigureAwait(false) is { } lease && lease.Spec?.HolderIdentity == _options.Identity)
            {
                await PatchAsync(lease.Metadata.ResourceVersion, LeaseRecord.Released(_time.GetUtcNow()), timeout.Token).ConfigureAwait(false);
                Logger.LogInformation("Gave the lease {Lease} back", _options.Lease);
            }
        }
        catch (Exception e) when (e is ApiException or HttpRequestException or IOException or TimeoutException or OperationCanceledException)
        {
            Logger.LogWarning("Leaving the lease {Lease} to expire, it could not be given back: {Error}", _options.Lease, e.GetBaseException().Message);
        }
    }

    private async Task PauseAsync(TimeSpan limit, CancellationToken ct)
    {
        TimeSpan pause = _options.RetryPeriod * (0.8 + (0.4 * _jitter()));
        await Task.Delay(limit > TimeSpan.Zero && limit < pause ? limit : pause, _time, ct).ConfigureAwait(false);
    }

    /// <summary>Logs what stands in the way when it is something else than before.</summary>
    private void Report(LogLevel level, string problem)
    {
        if (problem != _lastProblem)
        {
            _lastProblem = problem;
            Logger.Log(level, "Trying for the lease {Lease} again soon: {Problem}", _options.Lease, problem);
        }
    }
}
