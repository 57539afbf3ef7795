using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OmniScale.Omni;

/// <summary>What this client measures; the host decides whether anybody listens.</summary>
public static class OmniTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "OmniScale.Omni";

    internal static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    internal static readonly Histogram<double> CallDuration =
        Meter.CreateHistogram<double>("omniscale.omni.call.duration", "s", "Duration of calls to Omni by operation, resource type and outcome");

    internal static readonly Counter<long> WatchRestarts =
        Meter.CreateCounter<long>("omniscale.omni.watch.restarts", description: "Watch streams that ended and were opened again, by resource type");
}
