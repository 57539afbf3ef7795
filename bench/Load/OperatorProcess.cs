using System.Diagnostics;
using System.Globalization;

namespace OmniScale.Bench.Load;

/// <summary>The operator's program, with its defaults, and what it measures of itself.</summary>
internal sealed class OperatorProcess : IAsyncDisposable
{
    /// <summary>With nothing happening for so long it counts as settled.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly Process process;
    private readonly HttpClient http;

    private OperatorProcess(Process process, int port)
    {
        this.process = process;
        http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public int Id => process.Id;

    public static OperatorProcess Start(string program, string kubeconfig, string @namespace, string log)
    {
        var port = FreePort();
        // The shell sends what the operator logs to a file and then becomes the operator.
        var process = Process.Start(new ProcessStartInfo("/bin/sh",
        [
            "-c", "exec \"$0\" \"$@\" >>\"$LOG\" 2>&1", program, "--kubeconfig", kubeconfig, "--namespaces", @namespace,
            "--leader-elect", "false", "--health-address", $"http://127.0.0.1:{port}",
        ])
        {
            Environment = { ["LOG"] = log },
        })!;
        return new OperatorProcess(process, port);
    }

    public async Task SignalAsync(string signal, CancellationToken ct)
    {
        using var kill = Process.Start("kill", [$"-{signal}", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(ct);
    }

    /// <summary>Waits until every watch of Omni runs, nothing is queued, and no pass was made for a while.</summary>
    /// <param name="passes">How many passes over TalosClusters there must have been.</param>
    /// <returns>When the last pass ended, give or take a poll.</returns>
    public async Task<(long At, Metrics Metrics)> SettledAsync(long passes, TimeSpan limit, CancellationToken ct)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (changed, before) = (began, -1.0);
        while (TimeProvider.System.GetElapsedTime(began) < limit)
        {
            if (await ReadAsync(ct) is { } metrics)
            {
                var now = TimeProvider.System.GetTimestamp();
                var total = metrics.Passes;
                if (total != before || metrics["workqueue_depth"] > 0 || metrics["controller_runtime_active_workers"] > 0)
                {
                    (changed, before) = (now, total);
                }

                if (total >= passes && metrics.Sum("omniscale_omni_watches", "state=\"down\"") == 0 && TimeProvider.System.GetElapsedTime(changed) > Quiet)
                {
                    return (changed, metrics);
                }
            }

            await Task.Delay(Poll, TimeProvider.System, ct);
        }

        throw new TimeoutException($"The operator did not settle within {limit.TotalSeconds} s.");
    }

    /// <summary>What it measures now; null while it does not answer yet.</summary>
    public async Task<Metrics?> ReadAsync(CancellationToken ct)
    {
        if (process.HasExited)
        {
            throw new InvalidOperationException($"The operator ended by itself with {process.ExitCode}.");
        }

        try
        {
            return Metrics.Parse(await http.GetStringAsync(new Uri("/metrics", UriKind.Relative), ct));
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public async Task StopAsync(CancellationToken ct)
    {
        await SignalAsync("TERM", ct);
        await process.WaitForExitAsync(ct).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, ct);
    }

    public ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
        http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>One reading of the Prometheus endpoint.</summary>
internal sealed class Metrics(IReadOnlyList<(string Series, double Value)> series)
{
    public double Passes => Sum("controller_runtime_reconcile_total", "controller=\"taloscluster\"");

    public double KubernetesWrites => this["rest_client_requests_total"] - Sum("rest_client_requests_total", "method=\"GET\"");

    /// <summary>The sum over all series of this name.</summary>
    public double this[string name] => Sum(name, "");

    public static Metrics Parse(string text) => new([.. text.Split('\n')
        .Where(line => line.Length > 0 && line[0] != '#')
        .Select(line => (line[..line.LastIndexOf(' ')], double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture)))]);

    /// <summary>The sum over the series of this name that carry a label.</summary>
    public double Sum(string name, string label) => series
        .Where(s => s.Series.StartsWith(name, StringComparison.Ordinal) && (s.Series.Length == name.Length || s.Series[name.Length] == '{')
            && s.Series.Contains(label, StringComparison.Ordinal))
        .Sum(s => s.Value);
}
