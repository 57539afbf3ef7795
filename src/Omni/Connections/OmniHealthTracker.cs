namespace OmniScale.Omni;

/// <summary>
/// Sums up watches and calls. Where there are watches, one that runs proves that Omni is reachable. A call that Omni rejects as a whole
/// counts none the less: the signature of a stream is checked only when it is opened.
/// </summary>
internal sealed class OmniHealthTracker(TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly HashSet<OmniStore> streams = [];
    private readonly HashSet<OmniStore> running = [];
    private OmniException? streamFailure;
    private OmniException? callFailure;
    private bool callSucceeded;
    private OmniHealth current = new(null, null, "", time.GetUtcNow());

    /// <summary>Raised when it becomes reachable or unreachable, or the kind of failure changes; not for another wording.</summary>
    public event Action<OmniHealth>? Changed;

    public OmniHealth Current => Volatile.Read(ref current);

    /// <summary>Rises whenever a stream is opened: whatever was learnt about the server before may be out of date.</summary>
    public int Epoch { get; private set; }

    public void StreamStarted(OmniStore store) => Update(() => streams.Add(store));

    public void StreamUp(OmniStore store) => Update(() =>
    {
        running.Add(store);
        streamFailure = null;
        callFailure = null;
        Epoch++;
    });

    public void StreamDown(OmniStore store, OmniException failure) => Update(() =>
    {
        running.Remove(store);
        streamFailure = failure;
    });

    public void CallSucceeded() => Update(() =>
    {
        callFailure = null;
        callSucceeded = true;
    });

    public void CallFailed(OmniException failure)
    {
        if (failure.IsConnectionFailure)
        {
            Update(() => callFailure = failure);
        }
        else if (failure.StatusCode != Grpc.Core.StatusCode.OK)
        {
            // Omni answered, even if not as hoped.
            CallSucceeded();
        }
    }

    private OmniHealth Judge()
    {
        var rejected = callFailure is { Kind: OmniError.Unauthenticated or OmniError.EulaNotAccepted } ? callFailure : null;
        var failure = rejected ?? (running.Count > 0 ? null : streamFailure ?? callFailure);
        bool? reachable = failure is not null ? false : running.Count > 0 || callSucceeded ? true : null;
        var same = current.Reachable == reachable && current.Kind == failure?.Kind;
        return new OmniHealth(reachable, failure?.Kind, failure?.Message ?? "", same ? current.Since : time.GetUtcNow());
    }

    private void Update(Action change)
    {
        OmniHealth before, after;
        lock (gate)
        {
            change();
            before = current;
            after = Judge();
            if (after != before)
            {
                Volatile.Write(ref current, after);
            }
        }

        if (after.Reachable != before.Reachable || after.Kind != before.Kind)
        {
            Changed?.Invoke(after);
        }
    }
}
