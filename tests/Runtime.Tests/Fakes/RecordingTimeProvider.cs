using Microsoft.Extensions.Time.Testing;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>A clock that stands still until told, and knows which waits were begun.</summary>
internal sealed class RecordingTimeProvider : FakeTimeProvider
{
    private readonly List<TimeSpan> _waits = [];

    /// <summary>Waits until something waits for that long, then lets the time pass. Each wait is passed once.</summary>
    public async Task PassAsync(TimeSpan wait)
    {
        await Eventually.TrueAsync(() => TryPass(wait), $"something waits for {wait}");
    }

    /// <summary>Lets the time pass if something waits for that long.</summary>
    public bool TryPass(TimeSpan wait)
    {
        if (!Take(wait))
        {
            return false;
        }

        Advance(wait);
        return true;
    }

    /// <summary>Lets the time pass that something waits for, if that is shorter than the limit.</summary>
    public bool TryPassShorter(TimeSpan limit)
    {
        TimeSpan wait;
        lock (_waits)
        {
            wait = _waits.Find(begun => begun > TimeSpan.Zero && begun < limit);
        }

        return wait > TimeSpan.Zero && TryPass(wait);
    }

    /// <summary>Whether a wait of that length was begun and not passed yet.</summary>
    public bool WaitsFor(TimeSpan wait)
    {
        lock (_waits)
        {
            return _waits.Contains(wait);
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        Record(dueTime);
        return new RecordingTimer(this, timer);
    }

    private void Record(TimeSpan wait)
    {
        lock (_waits)
        {
            _waits.Add(wait);
        }
    }

    private bool Take(TimeSpan wait)
    {
        lock (_waits)
        {
            return _waits.Remove(wait);
        }
    }

    private sealed class RecordingTimer(RecordingTimeProvider time, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            bool changed = timer.Change(dueTime, period);
            time.Record(dueTime);
            return changed;
        }

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
