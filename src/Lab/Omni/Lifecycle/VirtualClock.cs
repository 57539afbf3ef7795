namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>Time inside the lab: runs faster than outside by a factor that can change, and stands still while paused.</summary>
internal sealed class VirtualClock(TimeProvider time, double speed)
{
    private long last = time.GetTimestamp();
    private TimeSpan now;

    public double Speed
    {
        get => speed;
        set
        {
            Advance();
            speed = value;
        }
    }

    public bool Paused
    {
        get;
        set
        {
            Advance();
            field = value;
        }
    }

    public TimeSpan Now
    {
        get
        {
            Advance();
            return now;
        }
    }

    private void Advance()
    {
        var stamp = time.GetTimestamp();
        if (!Paused)
            now += time.GetElapsedTime(last, stamp) * speed;
        last = stamp;
    }
}

/// <summary>
/// The delays that a pass over the controllers waits for. A delay begins when it is first asked for, and is forgotten
/// by the first pass that does not ask for it.
/// </summary>
internal sealed class Delays(VirtualClock clock)
{
    private readonly Dictionary<string, TimeSpan> due = new(StringComparer.Ordinal);
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> over = new(StringComparer.Ordinal);
    private bool fired;

    public bool Elapsed(string key, TimeSpan delay)
    {
        asked.Add(key);
        if (!due.TryGetValue(key, out var at))
            due[key] = at = clock.Now + delay;
        if (at > clock.Now)
            return false;
        fired |= over.Add(key);
        return true;
    }

    /// <summary>False when a delay turned out to be over in this pass, so that another pass may find more to do.</summary>
    public bool EndPass()
    {
        foreach (var key in due.Keys.Where(key => !asked.Contains(key)).ToList())
            due.Remove(key);
        over.IntersectWith(asked);
        asked.Clear();
        var isSettled = !fired;
        fired = false;
        return isSettled;
    }

    /// <summary>How long, outside of the lab, until the next of the delays is over; null when none is running.</summary>
    public TimeSpan? UntilNext()
    {
        if (clock.Paused)
            return null;
        // One that has become due since it was asked for counts too: the next pass is to see it.
        var next = due.Where(entry => !over.Contains(entry.Key)).Select(entry => (TimeSpan?)entry.Value).Min();
        return next is null ? null : TimeSpan.FromTicks(Math.Max(0, (next.Value - clock.Now).Ticks)) / clock.Speed;
    }
}

/// <summary>How long things take in life.</summary>
internal static class Durations
{
    public static readonly TimeSpan ClusterConfig = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan ProviderPickUp = TimeSpan.FromSeconds(2);
    public static readonly TimeSpan ProvisionStep = TimeSpan.FromSeconds(12);
    public static readonly TimeSpan ProvisionRetry = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Deprovision = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Join = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Booting = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan Installing = TimeSpan.FromSeconds(50);
    public static readonly TimeSpan Configuring = TimeSpan.FromSeconds(40);
    public static readonly TimeSpan KubernetesStart = TimeSpan.FromSeconds(20);
    public static readonly TimeSpan BeforeDestroy = TimeSpan.FromSeconds(5);
    public static readonly TimeSpan Reset = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan Upgrade = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan Reboot = TimeSpan.FromSeconds(20);
    public static readonly TimeSpan PullImages = TimeSpan.FromSeconds(10);
    public static readonly TimeSpan RestartComponents = TimeSpan.FromSeconds(15);
    public static readonly TimeSpan ApplyConfig = TimeSpan.FromSeconds(10);
}
