namespace OmniScale.Omni;

/// <summary>
/// Sums up watches and calls. Where there are watches, one that runs proves that Omni is reachable. A call that Omni rejects as a whole
/// counts none the less: the signature of a stream is checked only when it is opened. So does a watch that fails for long beside others:
/// what it followed is known no more.
/// </summary>
internal sealed class OmniHealthTracker(TimeProvider time)
{
    /// <summary>A watch that fails for so long while others run has a reason of its own, such as a type that may not be read any more.</summary>
    public static readonly TimeSpan Lasting = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly HashSet<OmniStore> running = [];
    private readonly Dictionary<OmniStore, (long Since, OmniException Failure)> down = [];
    private OmniException? streamFailure;
    private OmniException? callFailure;
    private bool callSucceeded;
    private OmniHealth current = new(null, null, "", time.GetTimestamp());

    /// <summary>Raised when it becomes reachable or unreachable, or the kind of failure changes; not for another wording.</summary>
    public event Action<OmniHealth>? Changed;

    /// <summary>Raised when <see cref="AreCallsInDoubt"/> becomes true.</summary>
    public event Action? CallsInDoubt;

    public OmniHealth Current => Volatile.Read(ref current);

    /// <summary>The last call found nobody or was rejected as a whole, while watches run.</summary>
    public bool AreCallsInDoubt
    {
        get
        {
            lock (gate)
            {
                return IsInDoubt();
            }
        }
    }

    /// <summary>The last call was answered, even if not as hoped, or none was made.</summary>
    public bool AreCallsAnswered
    {
        get
        {
            lock (gate)
            {
                return callFailure is null;
            }
        }
    }

    /// <summary>Rises whenever a stream is opened: whatever was learnt about the server before may be out of date.</summary>
    public int Epoch { get; private set; }

    public void StreamUp(OmniStore store) => Update(() =>
    {
        if (running.Count == 0)
        {
            // Omni was away altogether, for which the other watches failed too: they will be up in a moment.
            down.Clear();
        }

        running.Add(store);
        down.Remove(store);
        streamFailure = null;
        // It proves that the key is accepted, not that calls are answered.
        callFailure = IsRejection(callFailure) ? null : callFailure;
        Epoch++;
    });

    public void StreamDown(OmniStore store, OmniException failure) => Update(() =>
    {
        running.Remove(store);
        down[store] = (down.TryGetValue(store, out var known) ? known.Since : time.GetTimestamp(), failure);
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

    private static bool IsRejection(OmniException? failure) => failure is { Kind: OmniError.Unauthenticated or OmniError.EulaNotAccepted };

    private bool IsInDoubt() => callFailure is not null && running.Count > 0;

    private OmniHealth Judge()
    {
        var (kind, message) = Problem();
        bool? reachable = kind is not null ? false : running.Count > 0 || callSucceeded ? true : null;
        return new OmniHealth(reachable, kind, message, current.Reachable == reachable ? current.Since : time.GetTimestamp());
    }

    private (OmniError? Kind, string Message) Problem()
    {
        if (IsRejection(callFailure))
        {
            return (callFailure!.Kind, callFailure.Message);
        }

        if (running.Count == 0)
        {
            var failure = streamFailure ?? callFailure;
            return (failure?.Kind, failure?.Message ?? "");
        }

        foreach (var (store, (since, failure)) in down)
        {
            if (time.GetElapsedTime(since) >= Lasting)
            {
                return (failure.Kind, $"{store.Type} cannot be read: {failure.Message}");
            }
        }

        return (null, "");
    }

    private void Update(Action change)
    {
        OmniHealth before, after;
        bool inDoubt;
        lock (gate)
        {
            inDoubt = !IsInDoubt();
            change();
            inDoubt &= IsInDoubt();
            before = current;
            after = Judge();
            if (after != before)
            {
                Volatile.Write(ref current, after);
            }
        }

        if (inDoubt)
        {
            CallsInDoubt?.Invoke();
        }

        if (after.Reachable != before.Reachable || after.Kind != before.Kind)
        {
            Changed?.Invoke(after);
        }
    }
}
