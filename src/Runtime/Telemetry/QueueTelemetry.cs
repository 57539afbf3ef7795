using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace OmniScale.Runtime;

/// <summary>What one work queue is measured by. Names and labels are those of controller-runtime.</summary>
internal sealed class QueueTelemetry : IDisposable
{
    private static readonly double[] Buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1000];

    private static readonly Counter<long> Adds =
        RuntimeTelemetry.Meter.CreateCounter<long>("workqueue_adds_total", description: "Keys that were added to the queue");

    private static readonly Counter<long> Retries =
        RuntimeTelemetry.Meter.CreateCounter<long>("workqueue_retries_total", description: "Keys that were added with backoff");

    private static readonly Histogram<double> Waiting =
        RuntimeTelemetry.Durations("workqueue_queue_duration_seconds", "How long keys waited in the queue for a worker", Buckets);

    private static readonly Histogram<double> Working =
        RuntimeTelemetry.Durations("workqueue_work_duration_seconds", "How long workers had a key", Buckets);

    private static readonly ConcurrentDictionary<QueueTelemetry, WorkQueue> Queues = new();

    private readonly KeyValuePair<string, object?> _name;

    static QueueTelemetry()
    {
        Gauge("workqueue_depth", "Keys that wait for a worker", queue => queue.Depth);
        Gauge("workqueue_longest_running_processor_seconds", "How long the slowest worker has had its key", queue => queue.Working().Longest.TotalSeconds);
        Gauge("workqueue_unfinished_work_seconds", "How long all workers together have had their present keys", queue => queue.Working().Sum.TotalSeconds);
    }

    public QueueTelemetry(string name, WorkQueue queue)
    {
        _name = new("name", name);
        Queues[this] = queue;
        Adds.Add(0, _name);
        Retries.Add(0, _name);
    }

    public void Added() => Adds.Add(1, _name);

    public void Retried() => Retries.Add(1, _name);

    public void Taken(TimeSpan waited) => Waiting.Record(waited.TotalSeconds, _name);

    public void Done(TimeSpan worked) => Working.Record(worked.TotalSeconds, _name);

    public void Dispose() => Queues.TryRemove(this, out _);

    private static void Gauge(string name, string description, Func<WorkQueue, double> read) => RuntimeTelemetry.Meter.CreateObservableGauge(
        name, () => Queues.Select(pair => new Measurement<double>(read(pair.Value), pair.Key._name)), description: description);
}
