namespace OmniScale.Runtime;

/// <summary>
/// Whether this process may act. A <see cref="LeaderElector"/> keeps it up to date; workers wait for it, and every write asks it
/// right before it begins.
/// </summary>
public sealed class Leadership : IDisposable
{
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _end;
    private readonly CancellationToken _ended;
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _renewed;

    public Leadership(LeaderElectionOptions options, TimeProvider time)
    {
        Options = options;
        _time = time;
        _end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _ended = _end.Token;
    }

    public LeaderElectionOptions Options { get; }

    public bool IsLeader => _begun.Task.IsCompletedSuccessfully && !_ended.IsCancellationRequested;

    /// <summary>
    /// How long ago the request was sent that last renewed the lease. Others count from when they see it renewed, which is later.
    /// It goes on while the process is stopped by a signal.
    /// </summary>
    public TimeSpan LeaseAge => _time.GetElapsedTime(Interlocked.Read(ref _renewed));

    /// <summary>Waits until this process leads.</summary>
    /// <returns>Is cancelled when it does no longer.</returns>
    public async Task<CancellationToken> WaitAsync(CancellationToken ct)
    {
        await _begun.Task.WaitAsync(ct).ConfigureAwait(false);
        return _ended;
    }

    /// <summary>To be called right before a write begins, which must then take no longer than <see cref="LeaderElectionOptions.WriteTimeout"/>.</summary>
    /// <exception cref="LeadershipLostException">The write must not begin.</exception>
    public void Demand()
    {
        if (!IsLeader)
        {
            throw new LeadershipLostException("This process does not lead");
        }

        DemandFreshness();
    }

    /// <summary>
    /// To be called right before bytes are sent: they may hold a write that passed <see cref="Demand"/> before the process was stopped by a
    /// signal. One that has not led has none, and one that has given the lease back is through with them.
    /// </summary>
    /// <exception cref="LeadershipLostException">They must not be sent.</exception>
    public void DemandToSend()
    {
        if (_begun.Task.IsCompletedSuccessfully)
        {
            DemandFreshness();
        }
    }

    public void Dispose() => _end.Dispose();

    /// <param name="sent">The timestamp from before the request that took or renewed the lease.</param>
    /// <returns>False when that was too long ago: the process was stopped by a signal while the answer was on its way.</returns>
    internal bool TryRenew(long sent)
    {
        TimeSpan left = Options.RenewDeadline - _time.GetElapsedTime(sent);
        if (left <= TimeSpan.Zero || _ended.IsCancellationRequested)
        {
            return false;
        }

        Interlocked.Exchange(ref _renewed, sent);
        _end.CancelAfter(left);
        _begun.TrySetResult();
        return true;
    }

    /// <summary>A process leads once: after this it never does again.</summary>
    internal Task EndAsync() => _end.CancelAsync();

    private void DemandFreshness()
    {
        TimeSpan age = LeaseAge;
        if (age >= Options.RenewDeadline)
        {
            throw new LeadershipLostException($"The lease was last renewed {age.TotalSeconds:0.#} s ago");
        }
    }
}
