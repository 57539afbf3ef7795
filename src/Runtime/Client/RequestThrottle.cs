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

    private static readonly TimeSpan Replenishment = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly TokenBucketRateLimiter? _limiter;
    private readonly ResiliencePipeline _retry;
    private long _resumeAt;

    /// <param name="limits">Null for no rate.</param>
    /// <param name="time">The clock of pauses.</param>
    public RequestThrottle(RequestLimits? limits, TimeProvider time)
    {
        _time = time;
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

    /// <summary>Makes a request when it is due. One that the server turned away untried is made again a few times.</summary>
    public Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken ct) =>
        _retry.ExecuteAsync(async token => await RunOnceAsync(request, token).ConfigureAwait(false), ct).AsTask();

    /// <summary>Makes a request when it is due, once: for callers with a backoff of their own.</summary>
    public async Task<T> RunOnceAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken ct)
    {
        while (new DateTimeOffset(Interlocked.Read(ref _resumeAt), TimeSpan.Zero) - _time.GetUtcNow() is var pause && pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, _time, ct).ConfigureAwait(false);
        }

        if (_limiter is not null)
        {
            using RateLimitLease lease = await _limiter.AcquireAsync(1, ct).ConfigureAwait(false);
        }

        try
        {
            return await request(ct).ConfigureAwait(false);
        }
        catch (ApiException e) when (e is { WasNotTried: true, RetryAfter: { } wait })
        {
            Interlocked.Exchange(ref _resumeAt, (_time.GetUtcNow() + wait).UtcTicks);
            throw;
        }
    }

    public void Dispose() => _limiter?.Dispose();

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
