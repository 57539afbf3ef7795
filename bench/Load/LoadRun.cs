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

    /// <summary>The processes of the API server and of etcd.</summary>
    public IReadOnlyList<int> ControlPlane { get; init; } = [];

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
    /// <summary>Enough for the compiler to be done with what runs often, on both sides.</summary>
    private const int WarmUps = 200;

    private const int WatchedTypes = 17;

    /// <summary>Longer than Omni may be away without anybody being told, and long enough for hundreds to be.</summary>
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

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
        Start();
        await new Throughput(options, report, kube, Stage, Operator).MeasureAsync(warmUps, names, ct);
        await Stage.DeleteAsync(warmUps, ct);
        await BringUpAsync();
        await LatencyAsync("idle", 0);
        await LatencyAsync("under load", Latency.EditsPerSecond);
        await OutageAsync();
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

    private OperatorProcess Start() => running = OperatorProcess.Start(options.Program, options.OperatorKubeconfig, Stage.Namespace, Path.Combine(options.Folder, "operator.log"));

    private async Task StopAsync()
    {
        await Operator.StopAsync(ct);
        await Operator.DisposeAsync();
        running = null;
    }

    /// <summary>Omni's controllers and the provider build all machines, while the operator follows.</summary>
    private async Task BringUpAsync()
    {
        report.Progress("Omni builds the machines");
        await Operator.SettledAsync(names.Count, Limit, ct);
        Usage.ResetPeak(Operator.Id);
        var usage = Usage.Of(Operator.Id);
        var began = TimeProvider.System.GetTimestamp();
        Stage.Omni.Lifecycle.Paused = false;
        var took = TimeProvider.System.GetElapsedTime(began, await Stage.Watch.WhenAsync(names, value => value.Has("Ready", "True"), Limit, "all clusters are ready"));
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

    /// <summary>The Omni of all clusters goes away for a while and comes back.</summary>
    private async Task OutageAsync()
    {
        report.Progress(string.Create(CultureInfo.InvariantCulture, $"Omni is away for {Outage.TotalSeconds} s"));
        Usage.ResetPeak(Operator.Id);
        var (usage, before) = (Usage.Of(Operator.Id), await WritesAsync());
        await Stage.Omni.SuspendAsync();
        var (began, known, fastest) = (TimeProvider.System.GetTimestamp(), before, 0.0);
        while (TimeProvider.System.GetElapsedTime(began) < Outage)
        {
            var second = TimeProvider.System.GetTimestamp();
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, ct);
            var now = await WritesAsync();
            fastest = Math.Max(fastest, (now - known) / TimeProvider.System.GetElapsedTime(second).TotalSeconds);
            known = now;
        }

        await Stage.Omni.ResumeAsync(ct);
        var back = TimeProvider.System.GetTimestamp();
        var (settled, metrics) = await Operator.SettledAsync(0, Limit, ct);
        await Stage.Watch.WhenAsync(names, value => value.Has("Ready", "True"), Limit, "all clusters are ready again");
        report.Phase($"Omni is away for {Outage.TotalSeconds} s", usage, Usage.Of(Operator.Id), TimeProvider.System.GetElapsedTime(began, settled));
        report.AtMost("(e) seconds from Omni's return after an outage until all is settled", TimeProvider.System.GetElapsedTime(back, settled).TotalSeconds, 10, "");
        report.AtMost("(e) Kubernetes writes per second while Omni is away, Events included", fastest, 50, "");
        report.Add("e", "Kubernetes writes while Omni is away", known - before);
        report.Add("e", "Kubernetes writes after its return", metrics.KubernetesWrites - known);

        async Task<double> WritesAsync() => (await Operator.ReadAsync(ct))?.KubernetesWrites ?? throw new InvalidOperationException("The operator does not answer.");
    }

    private async Task RestartAsync()
    {
        report.Progress("starting the operator again");
        var versions = await Stage.VersionsAsync(ct);
        Stage.Omni.ClearCalls();
        var began = TimeProvider.System.GetTimestamp();
        Start();
        var (settled, metrics) = await Operator.SettledAsync(names.Count, Limit, ct);
        report.Phase("restart", Usage.None, Usage.Of(Operator.Id), TimeProvider.System.GetElapsedTime(began, settled));
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
