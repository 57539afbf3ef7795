namespace OmniScale.Runtime;

/// <summary>How long a reflector waits after a failure: longer each time, until a watch was healthy or an API server that was away is back.</summary>
internal sealed class ReflectorBackoff(ReflectorOptions options, TimeProvider time, Func<double> jitter)
{
    /// <summary>A watch that lasted so long was healthy, and what went wrong before it is forgotten.</summary>
    private static readonly TimeSpan HealthyWatch = TimeSpan.FromMinutes(1);

    private TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _failures;

    /// <summary>No failure is remembered.</summary>
    public bool IsFresh => _failures == 0;

    /// <summary>Completes with the next <see cref="End"/>. To be taken before the attempt whose failure is waited out: it may end meanwhile.</summary>
    public Task Ended => Volatile.Read(ref _ended).Task;

    public TimeSpan Next()
    {
        TimeSpan backoff = options.FirstBackoff * Math.Pow(2, Math.Min(_failures++, 16));
        backoff = backoff < options.LongestBackoff ? backoff : options.LongestBackoff;
        return backoff * (1 - (0.2 * jitter()));
    }

    /// <param name="opened">The timestamp of the watch that has just ended; null if there was none.</param>
    public void ForgetBefore(long? opened)
    {
        if (opened is { } since && time.GetElapsedTime(since) >= HealthyWatch)
        {
            _failures = 0;
        }
    }

    public async Task WaitAsync(TimeSpan pause, Task ended, CancellationToken ct)
    {
        try
        {
            await ended.WaitAsync(pause, time, ct).ConfigureAwait(false);
            _failures = 0;
        }
        catch (TimeoutException)
        {
            // The pause is over.
        }
    }

    /// <summary>Ends a wait that is under way, or that of an attempt that is.</summary>
    public void End() => Interlocked.Exchange(ref _ended, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
