using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OmniScale.Proxmox;

/// <summary>What this client measures; the host decides whether anybody listens.</summary>
public static class ProxmoxTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string Name = "OmniScale.Proxmox";

    internal const string Cancelled = "Cancelled";

    private static readonly ActivitySource Activities = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> Calls =
        Meter.CreateCounter<long>("omniscale_proxmox_calls_total", description: "Calls to Proxmox by operation and HTTP status, or what went wrong where there was none");

    private static readonly Histogram<double> CallDuration = Meter.CreateHistogram(
        "omniscale_proxmox_call_duration_seconds", "s", "How long calls to Proxmox took, by operation", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] });

    /// <summary>Begins the span of a call, if anybody listens.</summary>
    internal static Activity? Begin(string operation) =>
        Activities.HasListeners() ? Activities.StartActivity("Proxmox " + operation, ActivityKind.Client)?.SetTag("operation", operation) : null;

    /// <param name="activity">What <see cref="Begin"/> returned.</param>
    /// <param name="operation">What <see cref="Operation"/> returned.</param>
    /// <param name="took">How long the call took.</param>
    /// <param name="code">The HTTP status, Cancelled if the caller gave up, or the name of a <see cref="ProxmoxFailure"/>.</param>
    internal static void End(Activity? activity, string operation, TimeSpan took, string code)
    {
        KeyValuePair<string, object?> label = new("operation", operation);
        Calls.Add(1, label, new("code", code));
        CallDuration.Record(took.TotalSeconds, label);
        activity?.SetTag("code", code).SetStatus(code is "200" or Cancelled ? ActivityStatusCode.Unset : ActivityStatusCode.Error);
    }

    /// <summary>A request such as <c>GET /nodes/alpha/storage?x=y</c> without what is different each time: <c>GET /nodes/{node}/storage</c>.</summary>
    internal static string Operation(string request)
    {
        var segments = request.Split('?')[0].Split('/');
        if (segments is [_, "nodes", _, ..])
        {
            segments[2] = "{node}";
        }

        return string.Join('/', segments);
    }
}
