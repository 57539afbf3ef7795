using System.Threading.RateLimiting;
using Polly;
using Polly.Retry;

namespace OmniScale.Runtime;

/// <summary>
/// Holds requests back: to a rate, and for as long as the API server asked to be left alone, which concerns all requests and not only
/// the one that was told so.
/// </summary>
internal sealed class RequestThrottle : IDisposable
{
    /// <summary>A longer wait is left to the caller, whose work can stand back meanwhile.</summary>
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromSeconds(10);

    /// <summary>Nobody is left alone for longer, whatever a proxy's maintenance page asks for.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan Replenishment = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly bool _heedsRetryAfter;
    private readonly TokenBucketRateLimiter? _limiter;
    private readonly ResiliencePipeline _retry;

    /// <summary>The timestamp before which nothing is asked.</summary>
    private long _resumeAt;
    private TaskCompletionSource _resumed = NewSignal();

    /// <param name="limits">Null for no rate.</param>
    /// <param name="heedsRetryAfter">False for a client whose few requests cannot wait: each is then made at once, and once.</param>
    /// <param name="time">The clock of pauses.</param>
    public RequestThrottle(RequestLimits? limits, bool heedsRetryAfter, TimeProvider time)
    {
        _time = time;
        _heedsRetryAfter = heedsRetryAfter;
        _limiter = limits is null ? null : new TokenBucketRateLimiter(Bucket(limits));
        _retry = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = 4,
            Delay = TimeSpan.FromSeconds(0.5),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = new PredicateBuilder().Handle<ApiException>(e => e.WasNotTried && !(e.RetryAfter > LongestRetryAfter)),
            // A wait that the server asked for is in the way of every request already.
            DelayGenerator = args => ValueTask.FromResult(args.Outcome.Exception is ApiException { RetryAfter: not null } ? TimeSpan.Zero : (TimeSpan?)null),
        }).Build();
    }

    /// <summary>Raised with its length when the server asked for a pause, or for a longer one than before.</summary>
    public event Action<TimeSpan>? HeldBack;

    /// <summary>Makes a request when it is due. One that the server turned away untried is made again a few times.</summary>
    public Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken ct) => !_heedsRetryAfter ? RunOnceAsync(request, ct)
        : _retry.ExecuteAsync(async token => await RunOnceAsync(request, token).ConfigureAwait(false), ct).AsTask();

    /// <summary>Makes a request when it is due, once: for callers with a backoff of their own.</summary>
    public async Task<T> RunOnceAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken ct)
    {
        await PauseAsync(ct).ConfigureAwait(false);
        if (_limiter is not null)
        {
            using RateLimitLease lease = await _limiter.AcquireAsync(1, ct).ConfigureAwait(false);
        }

        try
        {
            return await request(ct).ConfigureAwait(false);
        }
        catch (ApiException e) when (_heedsRetryAfter && e is { WasNotTried: true, RetryAfter: { } wait })
        {
            HoldBack(wait < LongestPause ? wait : LongestPause);
            throw;
        }
    }

    /// <summary>Ends a pause before its time.</summary>
    public void Resume()
    {
        lock (_gate)
        {
            _resumeAt = 0;
            _resumed.TrySetResult();
            _resumed = NewSignal();
        }
    }

    public void Dispose() => _limiter?.Dispose();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task PauseAsync(CancellationToken ct)
    {
        while (true)
        {
            TimeSpan left;
            Task resumed;
            lock (_gate)
            {
                (left, resumed) = (LeftLocked(), _resumed.Task);
            }

            if (left <= TimeSpan.Zero)
            {
                return;
            }

            try
            {
                await resumed.WaitAsync(left, _time, ct).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The pause is over, unless it was made longer.
            }
        }
    }

    private void HoldBack(TimeSpan wait)
    {
        TimeSpan longer;
        lock (_gate)
        {
            longer = wait - LeftLocked();
            if (longer > TimeSpan.Zero)
            {
                _resumeAt = _time.GetTimestamp() + (long)(wait.TotalSeconds * _time.TimestampFrequency);
            }
        }

        // Of many requests that are turned away at once, the first is news.
        if (longer > TimeSpan.FromSeconds(1))
        {
            HeldBack?.Invoke(wait);
        }
    }

    private TimeSpan LeftLocked() => _time.GetElapsedTime(_time.GetTimestamp(), _resumeAt);

    private static TokenBucketRateLimiterOptions Bucket(RequestLimits limits)
    {
        double perPeriod = limits.PerSecond * Replenishment.TotalSeconds;
        return new()
        {
            TokenLimit = limits.Burst,
            TokensPerPeriod = (int)Math.Max(1, Math.Round(perPeriod)),
            ReplenishmentPeriod = perPeriod >= 1 ? Replenishment : TimeSpan.FromSeconds(1.0 / limits.PerSecond),
            QueueLimit = int.MaxValue,
        };
    }
}
