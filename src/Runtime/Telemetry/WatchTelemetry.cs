using System.Diagnostics.Metrics;

namespace OmniScale.Runtime;

/// <summary>What following one kind on the API server is measured by.</summary>
internal sealed class WatchTelemetry
{
    private static readonly Counter<long> Failures =
        RuntimeTelemetry.Meter.CreateCounter<long>("omniscale_kubernetes_watch_failures_total", description: "Lists and watches of the API server that failed");

    private static readonly Counter<long> Unreadable =
        RuntimeTelemetry.Meter.CreateCounter<long>("omniscale_kubernetes_unreadable_total", description: "Objects and watch events that could not be read and were skipped");

    private readonly KeyValuePair<string, object?> _kind;

    public WatchTelemetry(string kind)
    {
        _kind = new("kind", kind);
        Failures.Add(0, _kind);
        Unreadable.Add(0, _kind);
    }

    public void Failed() => Failures.Add(1, _kind);

    public void Skipped() => Unreadable.Add(1, _kind);
}
