using System.Globalization;
using OmniScale.Omni.Api;

namespace OmniScale.Bench.Load;

internal sealed record LoadOptions
{
    /// <summary>Where the control plane is, with the administrator's rights.</summary>
    public required string Kubeconfig { get; init; }

    /// <summary>The operator's identity.</summary>
    public required string OperatorKubeconfig { get; init; }

    /// <summary>The operator's program.</summary>
    public required string Program { get; init; }

    /// <summary>A folder for logs and plans.</summary>
    public required string Folder { get; init; }

    public int Clusters { get; init; }

    /// <summary>How many changes in Omni are followed to the status, idle and under load each.</summary>
    public int Samples { get; init; }

    /// <summary>How far the reads and validators of Omni are behind its writes.</summary>
    public TimeSpan ReadLag { get; init; }
}

/// <summary>The measurements, one after the other.</summary>
internal sealed class LoadRun(LoadOptions options, Report report, CancellationToken ct) : IAsyncDisposable
{
    /// <summary>Enough for the compiler to have seen every method, on both sides.</summary>
    private const int WarmUps = 50;

    private const int Workers = 8;
    private const int WatchedTypes = 17;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private readonly Kube kube = new(options.Kubeconfig);
    private readonly IReadOnlyList<string> warmUps = Objects.Names("w", WarmUps);
    private readonly IReadOnlyList<string> names = Objects.Names("c", options.Clusters);
    private Stage? stage;
    private OperatorProcess? running;

    private Stage Stage => stage!;

    private OperatorProcess Operator => running!;

    public async Task RunAsync()
    {
        report.Progress("starting the simulated Omni and the operator");
        stage = await Stage.StartAsync(kube, "bench-operator", options.ReadLag, ct);
        var recording = new Recording(Stage.Watch, Stage.Omni);
        var applied = await ApplyAsync();
        await StopAsync();
        var events = await Stage.EventsAsync(ct);
        await BareAsync(recording.Of(warmUps, events), recording.Of(names, events), applied);

        await BringUpAsync();
        await LatencyAsync("idle", 0);
        await LatencyAsync("under load", Latency.EditsPerSecond);
        await StopAsync();
        await RestartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (running is not null)
        {
            await running.DisposeAsync();
        }

        if (stage is not null)
        {
            await stage.DisposeAsync();
        }

        kube.Dispose();
    }

    private static bool IsSynced(System.Text.Json.Nodes.JsonObject value) => value.Has("Synced", "True");

    private OperatorProcess Start() => running = OperatorProcess.Start(options.Program, options.OperatorKubeconfig, Stage.Namespace, Path.Combine(options.Folder, "operator.log"));

    private async Task StopAsync()
    {
        await Operator.StopAsync(ct);
        await Operator.DisposeAsync();
        running = null;
    }

    /// <returns>How long it took.</returns>
    private async Task<TimeSpan> ApplyAsync()
    {
        Start();
        await Stage.CreateAsync(warmUps, ct);
        await Stage.Watch.WhenAsync(warmUps, IsSynced, Limit, "the first clusters are synced");
        var (_, before) = await Operator.SettledAsync(WarmUps, Limit, ct);

        // The operator stands still while the objects are created, so that their creation is no part of what is measured.
        report.Progress($"creating {names.Count} clusters");
        await Operator.SignalAsync("STOP", ct);
        await Stage.CreateAsync(names, ct);
        var calls = Stage.Omni.Writes.Count;
        Usage.ResetPeak(Operator.Id);
        var usage = Usage.Of(Operator.Id);
        report.Progress("the operator brings them to Omni");
        var began = TimeProvider.System.GetTimestamp();
        await Operator.SignalAsync("CONT", ct);
        var took = TimeProvider.System.GetElapsedTime(began, await Stage.Watch.WhenAsync(names, IsSynced, Limit, "all clusters are synced"));
        report.Phase("apply", usage, Usage.Of(Operator.Id), took);
        var (_, after) = await Operator.SettledAsync(WarmUps, Limit, ct);

        report.Add("a", "passes per second", (after.Passes - before.Passes) / took.TotalSeconds);
        report.Add("a", "Kubernetes writes of the operator, Events included", after.KubernetesWrites - before.KubernetesWrites);
        report.Add("a", "Omni writes of the operator, refused ones included", after["omniscale_omni_calls_total"] - before["omniscale_omni_calls_total"]);
        report.Add("a", "seconds of the operator until all are Synced", took.TotalSeconds);
        return took;
    }

    private async Task BareAsync(IReadOnlyList<ObjectWrites> warmUp, IReadOnlyList<ObjectWrites> writes, TimeSpan applied)
    {
        report.Progress("the bare client makes the same writes");
        await using var bare = await Stage.StartAsync(kube, "bench-bare", options.ReadLag, ct);
        var versions = await bare.CreateAsync([.. warmUps, .. names], ct);
        var plan = new BarePlan(options.Kubeconfig, bare.Namespace, bare.Omni.Endpoint, bare.Key, Workers, versions, warmUp, writes);
        await using var process = await BareProcess.StartAsync(plan, options.Folder, ct);
        await bare.Watch.WhenAsync(warmUps, IsSynced, Limit, "the first clusters of the bare client are synced");
        var usage = Usage.Of(process.Id);
        var began = TimeProvider.System.GetTimestamp();
        process.Go();
        var took = TimeProvider.System.GetElapsedTime(began, await bare.Watch.WhenAsync(names, IsSynced, Limit, "all clusters of the bare client are synced"));
        report.Phase("bare client", usage, Usage.Of(process.Id), took);

        var patches = writes.Sum(o => o.Writes.Count(w => w.Create is null) + o.Events.Count);
        var creates = writes.Sum(o => o.Writes.Count(w => w.Create is not null));
        report.Ratio("(a) throughput, operator to bare client", took / applied, atLeast: 0.7);
        report.Add("a", "seconds of the bare client", took.TotalSeconds);
        report.Add("a", "writes per second of the operator (those that the bare client repeats)", (patches + creates) / applied.TotalSeconds);
        report.Add("a", "writes per second of the bare client", (patches + creates) / took.TotalSeconds);
        report.Add("a", "Kubernetes writes of the bare client, Events included", patches);
        report.Add("a", "Omni writes of the bare client", creates);
    }

    /// <summary>Omni's controllers and the provider build all machines, while the operator follows.</summary>
    private async Task BringUpAsync()
    {
        report.Progress("Omni builds the machines");
        Stage.Omni.Faults.WriteStored = null;
        Start();
        await Operator.SettledAsync(names.Count, Limit, ct);
        var usage = Usage.Of(Operator.Id);
        var began = TimeProvider.System.GetTimestamp();
        Stage.Omni.Lifecycle.Paused = false;
        var took = TimeProvider.System.GetElapsedTime(began, await Stage.Watch.WhenAsync([.. warmUps, .. names], value => value.Has("Ready", "True"), Limit, "all clusters are ready"));
        Stage.Omni.Lifecycle.Paused = true;
        await Operator.SettledAsync(names.Count, Limit, ct);
        report.Phase("Omni builds all machines", usage, Usage.Of(Operator.Id), took);
        report.Add("d", "machines in Omni", Stage.Omni.State.List(ResourceTypes.ClusterMachineStatuses).Count);
    }

    private async Task LatencyAsync(string what, int editsPerSecond)
    {
        report.Progress($"following {options.Samples} changes in Omni to the status, {what}");
        Usage.ResetPeak(Operator.Id);
        var usage = Usage.Of(Operator.Id);
        var began = TimeProvider.System.GetTimestamp();
        var times = await new Latency(kube, Stage, names).MeasureAsync(options.Samples, editsPerSecond, ct);
        report.Phase($"latency, {what}", usage, Usage.Of(Operator.Id), TimeProvider.System.GetElapsedTime(began));
        var (p50, p99) = (times[times.Count / 2], times[(int)Math.Ceiling(times.Count * 0.99) - 1]);
        if (editsPerSecond == 0)
        {
            report.AtMost("(c) p99 from a change in Omni to the status, idle", p99.TotalMilliseconds, 250, "ms");
        }

        report.Add("c", $"p50 {what}, ms", p50.TotalMilliseconds);
        report.Add("c", $"p99 {what}, ms", p99.TotalMilliseconds);
        await Operator.SettledAsync(names.Count, Limit, ct);
    }

    private async Task RestartAsync()
    {
        report.Progress("starting the operator again");
        var versions = await Stage.VersionsAsync(ct);
        Stage.Omni.ClearCalls();
        var began = TimeProvider.System.GetTimestamp();
        Start();
        var (settled, metrics) = await Operator.SettledAsync(names.Count, Limit, ct);
        report.Phase("restart", new Usage(0, TimeSpan.Zero), Usage.Of(Operator.Id), TimeProvider.System.GetElapsedTime(began, settled));
        var calls = Stage.Omni.Calls;
        report.AtMost("(b) Kubernetes writes after a restart", metrics.KubernetesWrites, 0, "");
        report.AtMost("(b) objects changed meanwhile", versions.Except(await Stage.VersionsAsync(ct)).Count(), 0, "");
        report.AtMost("(b) Omni writes after a restart", calls.Count(call => call.IsWrite), 0, "");
        report.AtMost("(b) Omni calls after a restart, watches included", calls.Count, WatchedTypes, "");
        report.Add("b", "seconds from the start of the process to the end of the last pass", TimeProvider.System.GetElapsedTime(began, settled).TotalSeconds);
        report.Add("b", "passes", metrics.Passes);
        report.Add("b", "Omni calls: " + string.Join(", ", calls.CountBy(call => call.Method).Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Key} {c.Value}"))), calls.Count);
    }
}
