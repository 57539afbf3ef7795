using System.Diagnostics.Metrics;

namespace OmniScale.Runtime;

/// <summary>What following one kind on the API server is measured by.</summary>
internal sealed class WatchTelemetry
{
    private static readonly Counter<long> Failures =
        RuntimeTelemetry.Meter.CreateCounter<long>("omniscale_kubernetes_watch_failures_total", description: "Lists and watches of the API server that failed");

    private static readonly Counter<long> Unreadable =
        RuntimeTelemetry.Meter.CreateCounter<long>("omniscale_kubernetes_unreadable_total", description: "Objects and watch events that could not be read and were skipped");

    private static readonly Counter<long> ListsBegun =
        RuntimeTelemetry.Meter.CreateCounter<long>("omniscale_kubernetes_lists_total", description: "Lists of the API server that were begun");

    private static readonly Counter<long> WatchesOpened =
        RuntimeTelemetry.Meter.CreateCounter<long>("omniscale_kubernetes_watches_total", description: "Watches of the API server that were opened");

    private readonly KeyValuePair<string, object?> _kind;
    private long _lists;
    private long _watches;

    public WatchTelemetry(string kind)
    {
        _kind = new("kind", kind);
        Failures.Add(0, _kind);
        Unreadable.Add(0, _kind);
        ListsBegun.Add(0, _kind);
        WatchesOpened.Add(0, _kind);
    }

    /// <summary>How often <see cref="Listing"/> was called.</summary>
    public long Lists => Interlocked.Read(ref _lists);

    /// <summary>How often <see cref="Opened"/> was called.</summary>
    public long Watches => Interlocked.Read(ref _watches);

    public void Listing()
    {
        Interlocked.Increment(ref _lists);
        ListsBegun.Add(1, _kind);
    }

    public void Opened()
    {
        Interlocked.Increment(ref _watches);
        WatchesOpened.Add(1, _kind);
    }

    public void Failed() => Failures.Add(1, _kind);

    public void Skipped() => Unreadable.Add(1, _kind);
}
