using System.Collections.Concurrent;
using OmniScale.EndToEnd;
using OmniScale.TestKit;

namespace OmniScale.Chaos;

/// <summary>The operator's processes: one that has the work for itself, or two that share it by a lease.</summary>
/// <param name="kubeconfig">How they reach the API server.</param>
/// <param name="namespaces">What they follow.</param>
/// <param name="pair">Whether there are two. One that ends is then replaced at once, as a kubelet does.</param>
/// <param name="note">Hears of what they do by themselves.</param>
internal sealed class Operators(string kubeconfig, string namespaces, bool pair, Action<string> note) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly string[] Alone = ["--leader-elect=false"];
    private static readonly string[] Together = ["--leader-elect", "--lease-namespace", Election.Namespace, "--lease-duration", "10"];

    private readonly SemaphoreSlim gate = new(1);
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(2) };
    private readonly CancellationTokenSource end = new();
    private readonly Lock listGate = new();
    private readonly List<ServerProcess> running = [];
    private readonly ConcurrentDictionary<ServerProcess, int> stops = new();
    private Task supervision = Task.CompletedTask;

    public bool IsPair => pair;

    public bool IsRunning => Running.Count > 0;

    /// <summary>Exit codes of processes that ended by themselves, but for those of replicas that lost or gave back the lease.</summary>
    public List<int> Failures { get; } = [];

    public IReadOnlyList<ServerProcess> Running
    {
        get
        {
            lock (listGate)
            {
                return [.. running];
            }
        }
    }

    public async Task StartAsync()
    {
        await gate.WaitAsync(World.Ct);
        try
        {
            while (Running.Count < (pair ? 2 : 1))
            {
                Add(await OperatorProcess.StartAsync(kubeconfig, namespaces, ["--health-address", "http://127.0.0.1:0", .. pair ? Together : Alone]));
            }
        }
        finally
        {
            gate.Release();
        }

        if (supervision.IsCompleted)
        {
            supervision = SuperviseAsync();
        }
    }

    public async Task KillAsync()
    {
        await gate.WaitAsync();
        try
        {
            foreach (var process in Running)
            {
                Remove(process);
                await process.KillAsync();
                process.Dispose();
            }
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Sends a signal to a process, unless it has ended.</summary>
    public async Task SignalAsync(ServerProcess process, string signal)
    {
        await gate.WaitAsync(World.Ct);
        try
        {
            if (Running.Contains(process) && !process.HasExited)
            {
                await process.SignalAsync(signal);
            }
        }
        catch (InvalidOperationException) when (process.HasExited)
        {
            // It ended in between.
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Stops a process by a signal, until all who stopped it have thawed it.</summary>
    public async Task FreezeAsync(ServerProcess process)
    {
        stops.AddOrUpdate(process, 1, (_, count) => count + 1);
        await SignalAsync(process, "STOP");
    }

    public async Task ThawAsync(ServerProcess process)
    {
        if (stops.AddOrUpdate(process, 0, (_, count) => count - 1) == 0)
        {
            await SignalAsync(process, "CONT");
        }
    }

    /// <summary>Stops all processes for a while, as a machine does that has no memory left.</summary>
    public async Task FreezeAsync(TimeSpan span)
    {
        var frozen = Running;
        foreach (var process in frozen)
        {
            await FreezeAsync(process);
        }

        await Task.Delay(span, TimeProvider.System, World.Ct);
        foreach (var process in frozen)
        {
            await ThawAsync(process);
        }
    }

    /// <summary>The process that says it leads; null when none does.</summary>
    public async Task<ServerProcess?> LeaderAsync()
    {
        foreach (var process in Running)
        {
            if (ProcessSockets.ListensAt(process.Id) is { } port
                && (await http.GetStringAsync(new Uri($"http://127.0.0.1:{port}/metrics"), World.Ct)).Contains("\nomniscale_leader 1", StringComparison.Ordinal))
            {
                return process;
            }
        }

        return null;
    }

    /// <summary>The id of the process that has this end of a connection; null when it has ended.</summary>
    public int? ProcessAt(int port) => Running.FirstOrDefault(process => ProcessSockets.Has(process.Id, port))?.Id;

    public async ValueTask DisposeAsync()
    {
        await end.CancelAsync();
        await supervision;
        await KillAsync();
        end.Dispose();
        http.Dispose();
        gate.Dispose();
    }

    private async Task SuperviseAsync()
    {
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        while (!end.IsCancellationRequested)
        {
            await Task.WhenAny(timer.WaitForNextTickAsync(end.Token).AsTask());
            await gate.WaitAsync();
            try
            {
                foreach (var process in Running.Where(process => process.HasExited))
                {
                    await BuryAsync(process);
                }
            }
            finally
            {
                gate.Release();
            }

            if (pair && Running.Count < 2 && !end.IsCancellationRequested)
            {
                await StartAsync();
            }
        }
    }

    private async Task BuryAsync(ServerProcess process)
    {
        Remove(process);
        var code = await process.ExitAsync(TimeSpan.FromSeconds(10));
        process.Dispose();
        note($"an operator ended with {code}");
        // 137: it was killed.
        if (!pair || code is not (0 or 1 or 137))
        {
            Failures.Add(code);
        }
    }

    private void Add(ServerProcess process)
    {
        lock (listGate)
        {
            running.Add(process);
        }
    }

    private void Remove(ServerProcess process)
    {
        lock (listGate)
        {
            running.Remove(process);
        }
    }
}
