using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OmniScale.Omni;

/// <summary>What this client measures; the host decides whether anybody listens.</summary>
public static class OmniTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "OmniScale.Omni";

    internal const string OK = "OK";

    internal const string Cancelled = "Cancelled";

    internal static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    internal static readonly Counter<long> WatchRestarts =
        Meter.CreateCounter<long>("omniscale_omni_watch_restarts_total", description: "Watches of Omni that had been open, ended for whatever cause and were opened again, by resource type");

    private static readonly Counter<long> Calls =
        Meter.CreateCounter<long>("omniscale_omni_calls_total", description: "Calls to Omni by operation, resource type and outcome");

    private static readonly Histogram<double> CallDuration = Meter.CreateHistogram(
        "omniscale_omni_call_duration_seconds", "s", "How long calls to Omni took, by operation, resource type and outcome", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] });

    /// <summary>Begins the span of a call, if anybody listens.</summary>
    internal static Activity? Begin(OmniOperation operation, string subject)
    {
        if (!Activities.HasListeners())
        {
            return null;
        }

        return Activities.StartActivity($"Omni {operation} {subject}", ActivityKind.Client)
            ?.SetTag("rpc.system", "grpc").SetTag("operation", operation.ToString()).SetTag("type", subject);
    }

    /// <param name="activity">What <see cref="Begin"/> returned.</param>
    /// <param name="operation">What was called.</param>
    /// <param name="subject">A resource type, or what a management call is about.</param>
    /// <param name="took">How long the call took.</param>
    /// <param name="outcome">OK, Cancelled if the caller gave up, or the name of an <see cref="OmniError"/>.</param>
    internal static void End(Activity? activity, OmniOperation operation, string subject, TimeSpan took, string outcome)
    {
        TagList tags = [new("operation", operation.ToString()), new("type", subject), new("outcome", outcome)];
        Calls.Add(1, tags);
        CallDuration.Record(took.TotalSeconds, tags);
        activity?.SetTag("outcome", outcome).SetStatus(outcome is OK or Cancelled or nameof(OmniError.NotFound) ? ActivityStatusCode.Unset : ActivityStatusCode.Error);
    }
}
