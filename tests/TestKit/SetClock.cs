namespace OmniScale.TestKit;

/// <summary>A clock that can be set, as after a suspended machine went on, while time passes steadily by the other one.</summary>
public sealed class SetClock(TimeProvider steady) : TimeProvider
{
    public TimeSpan Offset { get; set; }

    public override long TimestampFrequency => steady.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => steady.GetUtcNow() + Offset;

    public override long GetTimestamp() => steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => steady.CreateTimer(callback, state, dueTime, period);
}
