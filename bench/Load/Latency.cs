using System.Text.Json.Nodes;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Bench.Load;

/// <summary>Changes machines in Omni and waits for the change to show in the object's status.</summary>
internal sealed class Latency(Kube kube, Stage stage, IReadOnlyList<string> names)
{
    /// <summary>The load: edits of the specs of other clusters, each of which is written to Omni and attested in a status.</summary>
    public const int EditsPerSecond = 20;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>Between two changes, as long as none of them is to meet the one before.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly Random random = new(1);

    /// <returns>The times, ascending.</returns>
    public async Task<IReadOnlyList<TimeSpan>> MeasureAsync(int samples, int editsPerSecond, CancellationToken ct)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var load = editsPerSecond > 0 ? Task.Run(() => EditAsync(names.Skip(names.Count / 2).ToList(), editsPerSecond, end.Token), ct) : Task.CompletedTask;
        var watched = names.Take((names.Count + 1) / 2).ToHashSet(StringComparer.Ordinal);
        var machines = stage.Omni.State.List(ResourceTypes.ClusterMachineStatuses).Where(machine => watched.Contains(machine.Metadata.Labels[OmniLabels.Cluster])).ToList();
        var times = new List<TimeSpan>();
        while (times.Count < samples)
        {
            var machine = machines[random.Next(machines.Count)];
            times.Add(await ChangeAsync(machine, isReady: false));
            await Task.Delay(Pause, TimeProvider.System, ct);
            times.Add(await ChangeAsync(machine, isReady: true));
            await Task.Delay(Pause, TimeProvider.System, ct);
        }

        await end.CancelAsync();
        await load.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (load.IsFaulted)
        {
            await load;
        }

        times.Sort();
        return times;
    }

    private async Task<TimeSpan> ChangeAsync(OmniResource<ClusterMachineStatusSpec> machine, bool isReady)
    {
        var began = TimeProvider.System.GetTimestamp();
        stage.Omni.State.Edit(ResourceTypes.ClusterMachineStatuses, machine.Id, change => change.Spec.Ready = isReady);
        var seen = await stage.Watch.WhenAsync([machine.Metadata.Labels[OmniLabels.Cluster]], value => value.Has("Ready", isReady ? "True" : "False"), Limit, "the status shows the change");
        return TimeProvider.System.GetElapsedTime(began, seen);
    }

    private async Task EditAsync(List<string> others, int perSecond, CancellationToken ct)
    {
        var editor = new Random(2);
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond), TimeProvider.System);
        for (var number = 0; await timer.WaitForNextTickAsync(ct); number++)
        {
            var patch = new JsonObject { ["spec"] = new JsonObject { ["labels"] = new JsonObject { ["edit"] = $"{number}" } } };
            await kube.SendAsync(HttpMethod.Patch, Kube.TalosClusters(stage.Namespace, others[editor.Next(others.Count)]), patch.ToJsonString(), Kube.MergePatch, ct);
        }
    }
}
