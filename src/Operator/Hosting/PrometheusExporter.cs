using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Prometheus;

namespace OmniScale.Operator.Hosting;

/// <summary>
/// Offers what the meters measure in Prometheus' text format. The names of the instruments are those of the metrics, and counters
/// are counters: prometheus-net's own adapter puts the name of the meter in front, makes gauges of counters, and forgets what has
/// not moved for a while.
/// </summary>
internal sealed class PrometheusExporter : IDisposable
{
    private readonly CollectorRegistry registry = Metrics.NewCustomRegistry();
    private readonly MetricFactory factory;
    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<Instrument, Collector> observed = new();
    private readonly SemaphoreSlim scraping = new(1);

    /// <param name="isWanted">Which meters to listen to.</param>
    public PrometheusExporter(Func<Meter, bool> isWanted)
    {
        factory = Metrics.WithCustomRegistry(registry);
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (isWanted(instrument.Meter))
            {
                self.EnableMeasurementEvents(instrument, new Series(instrument, factory));
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, state) => Take(instrument, value, tags, state));
        listener.SetMeasurementEventCallback<double>(Take);
        listener.Start();
    }

    public async Task WriteAsync(HttpContext context)
    {
        context.Response.ContentType = PrometheusConstants.TextContentTypeWithVersionAndEncoding;
        await scraping.WaitAsync(context.RequestAborted);
        try
        {
            // What an observation does not mention any more is gone, for example the watches of a connection that was closed.
            foreach (var gauge in observed.Values.Cast<Gauge>())
            {
                foreach (var labels in gauge.GetAllLabelValues())
                {
                    gauge.RemoveLabelled(labels);
                }
            }

            listener.RecordObservableInstruments();
            await registry.CollectAndExportAsTextAsync(context.Response.Body, context.RequestAborted);
        }
        finally
        {
            scraping.Release();
        }
    }

    public void Dispose()
    {
        listener.Dispose();
        scraping.Dispose();
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var collector = ((Series)state!).Record(value, tags);
        if (instrument.IsObservable)
        {
            observed.TryAdd(instrument, collector);
        }
    }

    /// <summary>The metric that an instrument becomes. Every measurement of an instrument has the same labels in the same order.</summary>
    private sealed class Series(Instrument instrument, MetricFactory factory)
    {
        private volatile Collector? collector;

        public Collector Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var metric = collector ??= Create(tags);
            var labels = new string[tags.Length];
            for (var i = 0; i < labels.Length; i++)
            {
                labels[i] = tags[i].Value?.ToString() ?? "";
            }

            switch (metric)
            {
                case Counter counter:
                    counter.WithLabels(labels).Inc(value);
                    break;
                case Histogram histogram:
                    histogram.WithLabels(labels).Observe(value);
                    break;
                case Gauge gauge when instrument.IsObservable:
                    gauge.WithLabels(labels).Set(value);
                    break;
                case Gauge gauge:
                    gauge.WithLabels(labels).Inc(value);
                    break;
            }

            return metric;
        }

        private Collector Create(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var names = new string[tags.Length];
            for (var i = 0; i < names.Length; i++)
            {
                names[i] = tags[i].Key;
            }

            // The factory gives two threads that come first the same collector.
            var help = instrument.Description ?? "";
            return instrument switch
            {
                Counter<long> => factory.CreateCounter(instrument.Name, help, names),
                Histogram<double> histogram => factory.CreateHistogram(instrument.Name, help, names, new HistogramConfiguration
                {
                    Buckets = [.. histogram.Advice?.HistogramBucketBoundaries ?? Histogram.ExponentialBuckets(0.005, 2, 14)],
                }),
                _ => factory.CreateGauge(instrument.Name, help, names),
            };
        }
    }
}
