using System.Text.Json.Nodes;

namespace OmniScale.Bench.Load;

/// <summary>
/// Lets the operator and the bare client bring clusters to Omni in turns, each a part of them, so that what else the machine does
/// meets both alike. The operator stands still while objects are created and while it is the other's turn.
/// </summary>
internal sealed class Throughput(LoadOptions options, Report report, Kube kube, Stage stage, OperatorProcess @operator)
{
    private const int RoundSize = 250;

    /// <summary>The operator's default.</summary>
    private const int Workers = 8;

    private readonly Recording recording = new(stage.Watch, stage.Omni);

    public async Task MeasureAsync(IReadOnlyList<string> warmUps, IReadOnlyList<string> names, CancellationToken ct)
    {
        var (ours, bares) = (new Side(), new Side());
        await using var bareStage = await Stage.StartAsync(kube, "bench-bare", options.ReadLag, ct);
        await using var bare = await BareProcess.StartAsync(
            new BareTarget(options.Kubeconfig, bareStage.Namespace, bareStage.Omni.Endpoint, bareStage.Key, Workers), options.Folder, ct);
        report.Progress($"warming up with {warmUps.Count} clusters");
        await RoundAsync(warmUps, bareStage, bare, new Side(), new Side(), ct);
        var before = (await @operator.SettledAsync(0, LoadRun.Limit, ct)).Metrics;
        Usage.ResetPeak(@operator.Id);
        var bodies = new List<ObjectWrites>();
        foreach (var (number, part) in names.Chunk(RoundSize).Index())
        {
            report.Progress($"{part.Length} clusters each, round {number + 1}");
            bodies.AddRange(await RoundAsync(part, bareStage, bare, ours, bares, ct));
        }

        var after = (await @operator.SettledAsync(0, LoadRun.Limit, ct)).Metrics;
        stage.Omni.Faults.WriteStored = null;
        var patches = bodies.Sum(o => o.Writes.Count(w => w.Create is null) + o.Events.Count);
        var creates = bodies.Sum(o => o.Writes.Count(w => w.Create is not null));
        report.Ratio("(a) throughput, operator to bare client", bares.Took / ours.Took, atLeast: 0.7);
        report.Add("a", "CPU time of all processes together, bare client to operator", bares.AllCpu / ours.AllCpu);
        report.Add("a", "passes per second", (after.Passes - before.Passes) / ours.Took.TotalSeconds);
        report.Add("a", "writes per second of the operator (those that the bare client repeats)", (patches + creates) / ours.Took.TotalSeconds);
        report.Add("a", "writes per second of the bare client", (patches + creates) / bares.Took.TotalSeconds);
        report.Add("a", "seconds of the operator until all are Synced", ours.Took.TotalSeconds);
        report.Add("a", "seconds of the bare client", bares.Took.TotalSeconds);
        report.Add("a", "Kubernetes writes of the operator, Events included", after.KubernetesWrites - before.KubernetesWrites);
        report.Add("a", "Kubernetes writes of the bare client, Events included", patches);
        report.Add("a", "Omni calls of the operator, refused ones included", after["omniscale_omni_calls_total"] - before["omniscale_omni_calls_total"]);
        report.Add("a", "Omni writes of the bare client", creates);
        report.Phase("apply", ours.Took, ours.Cpu, Usage.Of(@operator.Id).PeakMB);
        report.Add("a", "CPU seconds of the bare client", bares.Cpu.TotalSeconds);
    }

    private static bool IsSynced(JsonObject value) => value.Has("Synced", "True");

    /// <returns>What was written.</returns>
    private async Task<IReadOnlyList<ObjectWrites>> RoundAsync(
        IReadOnlyList<string> names, Stage bareStage, BareProcess bare, Side ours, Side bares, CancellationToken ct)
    {
        await @operator.SignalAsync("STOP", ct);
        await stage.CreateAsync(names, ct);
        var versions = await bareStage.CreateAsync(names, ct);
        await MeasureAsync(ours, @operator.Id, stage, names, () => @operator.SignalAsync("CONT", ct));

        // Its Events are still on their way.
        await @operator.SettledAsync(0, LoadRun.Limit, ct);
        await @operator.SignalAsync("STOP", ct);
        var writes = recording.Of(names, await stage.EventsAsync(ct));
        await bare.PrepareAsync(new BarePlan(versions, writes), ct);
        await MeasureAsync(bares, bare.Id, bareStage, names, () =>
        {
            bare.Go();
            return Task.CompletedTask;
        });
        await @operator.SignalAsync("CONT", ct);
        return writes;
    }

    private async Task MeasureAsync(Side side, int process, Stage where, IReadOnlyList<string> names, Func<Task> go)
    {
        int[] all = [process, Environment.ProcessId, .. options.ControlPlane];
        var (own, everything) = (Usage.Of(process).Cpu, Sum(all));
        var began = TimeProvider.System.GetTimestamp();
        await go();
        side.Took += TimeProvider.System.GetElapsedTime(began, await where.Watch.WhenAsync(names, IsSynced, LoadRun.Limit, "all clusters are synced"));
        side.Cpu += Usage.Of(process).Cpu - own;
        side.AllCpu += Sum(all) - everything;
    }

    private static TimeSpan Sum(IEnumerable<int> processes) => processes.Aggregate(TimeSpan.Zero, (sum, process) => sum + Usage.Of(process).Cpu);

    private sealed class Side
    {
        public TimeSpan Took { get; set; }

        public TimeSpan Cpu { get; set; }

        /// <summary>Of the process itself, the simulated Omni, the API server and etcd.</summary>
        public TimeSpan AllCpu { get; set; }
    }
}
