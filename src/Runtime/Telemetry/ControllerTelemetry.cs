using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace OmniScale.Runtime;

/// <summary>What the passes of one controller are measured by. Names and labels are those of controller-runtime.</summary>
internal sealed class ControllerTelemetry
{
    public const string Success = "success";
    public const string Requeue = "requeue";
    public const string RequeueAfter = "requeue_after";
    public const string Error = "error";

    private static readonly Counter<long> Total =
        RuntimeTelemetry.Meter.CreateCounter<long>("controller_runtime_reconcile_total", description: "Passes by controller and result");

    private static readonly Counter<long> Errors =
        RuntimeTelemetry.Meter.CreateCounter<long>("controller_runtime_reconcile_errors_total", description: "Passes that failed");

    private static readonly Histogram<double> Time = RuntimeTelemetry.Durations(
        "controller_runtime_reconcile_time_seconds", "How long passes took",
        [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]);

    private static readonly UpDownCounter<long> Active =
        RuntimeTelemetry.Meter.CreateUpDownCounter<long>("controller_runtime_active_workers", description: "Workers that are in a pass");

    private static readonly UpDownCounter<long> Workers =
        RuntimeTelemetry.Meter.CreateUpDownCounter<long>("controller_runtime_max_concurrent_reconciles", description: "How many passes may run at once");

    private readonly string _kind;
    private readonly string _span;
    private readonly KeyValuePair<string, object?> _controller;

    public ControllerTelemetry(string kind)
    {
        _kind = kind;
        _span = "Reconcile " + kind;
        _controller = new("controller", NameOf(kind));
        // A series that first appears with its first error would hide that error from a rate.
        Errors.Add(0, _controller);
        foreach (string result in (ReadOnlySpan<string>)[Success, Requeue, RequeueAfter, Error])
        {
            Total.Add(0, _controller, new("result", result));
        }

        Active.Add(0, _controller);
    }

    /// <summary>The name of a kind's controller and queue in labels.</summary>
    public static string NameOf(string kind) => kind.ToLowerInvariant();

    public void WorkersChanged(int delta) => Workers.Add(delta, _controller);

    /// <summary>Begins the measurement of a pass, and its span if anybody listens.</summary>
    public Activity? Begin(NamespacedName key)
    {
        Active.Add(1, _controller);
        // A pass is the root of what it does, whatever was current where its worker was started.
        Activity.Current = null;
        Activity? activity = RuntimeTelemetry.Activities.StartActivity(_span);
        return activity?.SetTag("kind", _kind).SetTag("namespace", key.Namespace).SetTag("name", key.Name).SetTag("reconcileId", activity.SpanId.ToHexString());
    }

    /// <param name="activity">What <see cref="Begin"/> returned.</param>
    /// <param name="took">How long the pass took.</param>
    /// <param name="result">Null for a pass that was given up because the process stops, which is not counted.</param>
    public void End(Activity? activity, TimeSpan took, string? result)
    {
        Active.Add(-1, _controller);
        if (result is null)
        {
            return;
        }

        Total.Add(1, _controller, new("result", result));
        Time.Record(took.TotalSeconds, _controller);
        activity?.SetTag("result", result);
        if (result == Error)
        {
            Errors.Add(1, _controller);
            activity?.SetStatus(ActivityStatusCode.Error);
        }
    }
}
