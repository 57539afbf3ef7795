using System.Diagnostics.Metrics;

namespace OmniScale.Runtime;

/// <summary>What became of the events that were reported.</summary>
internal sealed class EventTelemetry
{
    private const string Written = "written";
    private const string Suppressed = "suppressed";
    private const string Lost = "lost";

    private static readonly Counter<long> Events =
        RuntimeTelemetry.Meter.CreateCounter<long>("omniscale_events_total", description: "Events that were reported, by what became of them");

    private long _written;
    private long _suppressed;
    private long _lost;

    public EventTelemetry()
    {
        foreach (string outcome in (ReadOnlySpan<string>)[Written, Suppressed, Lost])
        {
            Events.Add(0, new KeyValuePair<string, object?>("outcome", outcome));
        }
    }

    public long WrittenCount => Interlocked.Read(ref _written);

    public long SuppressedCount => Interlocked.Read(ref _suppressed);

    public long LostCount => Interlocked.Read(ref _lost);

    public void CountWritten() => Count(ref _written, Written);

    public void CountSuppressed() => Count(ref _suppressed, Suppressed);

    public void CountLost() => Count(ref _lost, Lost);

    private static void Count(ref long count, string outcome)
    {
        // Measured first: who sees the count may rely on the measurement.
        Events.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        Interlocked.Increment(ref count);
    }
}
