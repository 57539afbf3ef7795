using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;

namespace OmniScale.Runtime.Tests;

/// <summary>A clock that stands still until told, and tells which waits were begun.</summary>
internal sealed class RecordingTimeProvider : FakeTimeProvider
{
    private readonly ConcurrentQueue<TimeSpan> _waits = [];

    /// <summary>Waits until something waits for that long, then lets the time pass.</summary>
    public async Task PassAsync(TimeSpan wait)
    {
        await Until.TrueAsync(() => _waits.Contains(wait), $"something waits for {wait}");
        Advance(wait);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        _waits.Enqueue(dueTime);
        return timer;
    }
}
