using System.Collections.Concurrent;
using System.Diagnostics;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Omni.Api;
using OmniScale.TestKit;

namespace OmniScale.Omni.Tests;

public sealed class TelemetryTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_AreMeasuredByOperationTypeAndOutcome()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect(omni);
        var ended = new ConcurrentQueue<Activity>();
        using var root = new Activity("test").Start();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == OmniTelemetry.Name,
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);

        await connection.State.GetAsync(ResourceTypes.SysVersions, "current", Cancellation);
        await connection.State.GetAsync(ResourceTypes.Clusters, "none", Cancellation);
        await Assert.ThrowsAsync<OmniException>(() => connection.Management.ListServiceAccountsAsync(Cancellation));
        omni.Faults.Add(new OmniFault { Kind = OmniFaultKind.Stall, Method = "Get" });
        using var cancelled = new CancellationTokenSource();
        var call = connection.State.GetAsync(ResourceTypes.Clusters, "none", cancelled.Token);
        await Eventually.TrueAsync(() => omni.Calls.Count == 4, "the call is under way");
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        Assert.Equal(
            [
                ("Omni Get SysVersions.system.sidero.dev", "OK", ActivityStatusCode.Unset),
                ("Omni Get Clusters.omni.sidero.dev", "NotFound", ActivityStatusCode.Unset),
                ("Omni Manage ServiceAccount", "PermissionDenied", ActivityStatusCode.Error),
                ("Omni Get Clusters.omni.sidero.dev", "Cancelled", ActivityStatusCode.Unset),
            ],
            ended.Where(activity => activity.TraceId == root.TraceId).Select(activity => (activity.OperationName, activity.GetTagItem("outcome"), activity.Status)));
    }
}
