using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OmniScale.Runtime;

/// <summary>What this runtime measures; the host decides whether anybody listens.</summary>
public static class RuntimeTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "OmniScale.Runtime";

    internal static readonly ActivitySource Activities = new(Name);

    internal static readonly Meter Meter = new(Name);

    /// <summary>A histogram of seconds.</summary>
    internal static Histogram<double> Durations(string name, string description, IReadOnlyList<double> buckets) =>
        Meter.CreateHistogram(name, "s", description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = buckets });
}
