namespace OmniScale.Runtime;

/// <summary>
/// The keys that wait for a pass. A key waits at most once, is never handed to two workers at the same time, and when added
/// while a worker has it, is handed out again after <see cref="Done"/>. Nothing is ever dropped before <see cref="ShutDown"/>.
/// Namespaces take turns. Nothing is measured before <see cref="Open"/>: a process that only stands by gathers keys that nobody waits for.
/// </summary>
public sealed class WorkQueue : IDisposable
{
    public static readonly TimeSpan FirstBackoff = TimeSpan.FromSeconds(1);
    public static readonly TimeSpan LongestBackoff = TimeSpan.FromMinutes(5);

    /// <summary>A longer delay could overflow a timestamp.</summary>
    private static readonly TimeSpan Forever = TimeSpan.FromDays(365);

    private readonly Lock _gate = new();
    private readonly FairLanes _ready;
    private readonly Queue<TaskCompletionSource<NamespacedName?>> _waiting = new();
    // Both with the time since when.
    private readonly Dictionary<NamespacedName, long> _dirty = [];
    private readonly Dictionary<NamespacedName, long> _processing = [];
    private readonly Dictionary<NamespacedName, int> _failures = [];
    // Kept apart: a success or a recovery ends a backoff, but not a delay that was asked for.
    private readonly DelayedKeys _requested = new();
    private readonly DelayedKeys _backingOff = new();
    private readonly TimeProvider _time;
    private readonly Func<double> _jitter;
    private readonly QueueTelemetry _telemetry;
    private readonly ITimer _timer;
    private volatile bool _isOpen;
    private bool _shutDown;

    /// <param name="time">The clock of all delays.</param>
    /// <param name="jitter">Numbers in [0, 1): each shortens a backoff by up to a fifth.</param>
    /// <param name="name">What measurements call the queue.</param>
    /// <param name="perNamespace">How many keys of one namespace may be out at once.</param>
    public WorkQueue(TimeProvider time, Func<double>? jitter = null, string name = "", int perNamespace = int.MaxValue)
    {
        _ready = new FairLanes(perNamespace);
        _time = time;
        _jitter = jitter ?? Jitter.Next;
        _telemetry = new QueueTelemetry(name, this);
        _timer = time.CreateTimer(_ => AddDue(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Keys that could be handed out now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _ready.Count;
            }
        }
    }

    /// <summary>As <see cref="Count"/>, for measurements.</summary>
    internal int Depth => _isOpen ? Count : 0;

    /// <summary>Keys that wait for a time: asked for, or in backoff.</summary>
    public int DelayedCount
    {
        get
        {
            lock (_gate)
            {
                return _requested.Count + _backingOff.Count;
            }
        }
    }

    /// <summary>How long workers have had their present keys: the slowest, and all together.</summary>
    internal (TimeSpan Longest, TimeSpan Sum) Working()
    {
        lock (_gate)
        {
            (TimeSpan longest, TimeSpan sum) = (TimeSpan.Zero, TimeSpan.Zero);
            foreach (long taken in _processing.Values)
            {
                TimeSpan elapsed = _time.GetElapsedTime(taken);
                longest = elapsed > longest ? elapsed : longest;
                sum += elapsed;
            }

            return (longest, sum);
        }
    }

    /// <summary>Workers begin: what has gathered counts as added now, and waits from now on.</summary>
    public void Open()
    {
        lock (_gate)
        {
            _isOpen = true;
            long now = _time.GetTimestamp();
            foreach (NamespacedName key in _dirty.Keys.ToList())
            {
                _dirty[key] = now;
                _telemetry.Added();
            }
        }
    }

    /// <summary>Asks for a pass now, whatever delay the key is waiting for.</summary>
    public void Add(NamespacedName key)
    {
        lock (_gate)
        {
            AddLocked(key);
        }
    }

    /// <summary>Asks for a pass after <paramref name="delay"/>; of several such requests for a key the earliest wins.</summary>
    public void AddAfter(NamespacedName key, TimeSpan delay)
    {
        lock (_gate)
        {
            if (delay <= TimeSpan.Zero)
            {
                AddLocked(key);
            }
            else if (!_shutDown)
            {
                _requested.SetIfEarlier(key, After(delay));
                SetTimerLocked();
            }
        }
    }

    /// <summary>Asks for a pass after the key's backoff, which doubles each time until <see cref="Forget"/>.</summary>
    public void AddRateLimited(NamespacedName key)
    {
        lock (_gate)
        {
            if (_shutDown)
            {
                return;
            }

            _telemetry.Retried();
            int failures = _failures[key] = _failures.GetValueOrDefault(key) + 1;
            // 2^9 s is beyond the longest backoff already, and a bounded exponent cannot overflow.
            TimeSpan delay = FirstBackoff * Math.Pow(2, Math.Min(failures - 1, 9));
            delay = delay < LongestBackoff ? delay : LongestBackoff;
            _backingOff.Set(key, After(delay * (1 - (0.2 * _jitter()))));
            SetTimerLocked();
        }
    }

    /// <summary>The key is well: its next backoff starts small, and a pass that only waits for the present one is not needed.</summary>
    public void Forget(NamespacedName key)
    {
        lock (_gate)
        {
            _failures.Remove(key);
            _backingOff.Remove(key);
        }
    }

    /// <summary>What the keys failed on is back: those in backoff get their pass now, and the next backoff starts small.</summary>
    public void ForgetBackoff(Func<NamespacedName, bool>? predicate = null)
    {
        lock (_gate)
        {
            foreach (NamespacedName key in _failures.Keys.Where(key => predicate?.Invoke(key) ?? true).ToList())
            {
                _failures.Remove(key);
                if (_backingOff.Remove(key))
                {
                    AddLocked(key);
                }
            }
        }
    }

    /// <summary>Waits for a key, which is the caller's until <see cref="Done"/>. Null once the queue is shut down.</summary>
    public async ValueTask<NamespacedName?> GetAsync(CancellationToken ct)
    {
        var turn = new TaskCompletionSource<NamespacedName?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            _waiting.Enqueue(turn);
            HandOutLocked();
        }

        using CancellationTokenRegistration cancelled = ct.UnsafeRegister(_ =>
        {
            lock (_gate)
            {
                turn.TrySetCanceled(ct);
            }
        }, null);
        return await turn.Task.ConfigureAwait(false);
    }

    /// <summary>Gives the key back.</summary>
    public void Done(NamespacedName key)
    {
        lock (_gate)
        {
            if (_processing.Remove(key, out long taken))
            {
                _telemetry.Done(_time.GetElapsedTime(taken));
            }

            _ready.Return(key);
            if (_dirty.ContainsKey(key))
            {
                _ready.Add(key);
            }

            HandOutLocked();
        }
    }

    /// <summary>
    /// Ends the intake and hands out nothing more. What still waits is forgotten: passes are level-based, and the next
    /// process lists everything.
    /// </summary>
    public void ShutDown()
    {
        lock (_gate)
        {
            _shutDown = true;
            HandOutLocked();
        }
    }

    public void Dispose()
    {
        ShutDown();
        _timer.Dispose();
        _telemetry.Dispose();
    }

    private void AddLocked(NamespacedName key)
    {
        if (_shutDown || !_dirty.TryAdd(key, _time.GetTimestamp()))
        {
            return;
        }

        if (_isOpen)
        {
            _telemetry.Added();
        }

        if (!_processing.ContainsKey(key))
        {
            _ready.Add(key);
            HandOutLocked();
        }
    }

    private void HandOutLocked()
    {
        while (_waiting.TryPeek(out TaskCompletionSource<NamespacedName?>? turn))
        {
            if (_shutDown)
            {
                turn.TrySetResult(null);
            }
            else if (!turn.Task.IsCompleted)
            {
                if (!_ready.TryTake(out NamespacedName key))
                {
                    return;
                }

                _dirty.Remove(key, out long added);
                _processing.Add(key, _time.GetTimestamp());
                _telemetry.Taken(_time.GetElapsedTime(added));
                turn.TrySetResult(key);
            }

            // Served, or its caller has given up.
            _waiting.Dequeue();
        }
    }

    private void AddDue()
    {
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            while (_requested.TryTakeDue(now, out NamespacedName key) || _backingOff.TryTakeDue(now, out key))
            {
                AddLocked(key);
            }

            SetTimerLocked();
        }
    }

    private long After(TimeSpan delay) => _time.GetTimestamp() + (long)Math.Round((delay < Forever ? delay : Forever).TotalSeconds * _time.TimestampFrequency);

    private void SetTimerLocked()
    {
        long? next = (_requested.Next, _backingOff.Next) switch
        {
            ({ } a, { } b) => a < b ? a : b,
            var (a, b) => a ?? b,
        };
        if (next is { } due && !_shutDown)
        {
            TimeSpan wait = _time.GetElapsedTime(_time.GetTimestamp(), due);
            // A timer counts whole milliseconds and takes no more than 49 days of them.
            wait = TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(wait.TotalMilliseconds), 0, int.MaxValue));
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }
}
