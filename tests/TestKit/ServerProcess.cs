using System.Collections.Concurrent;
using System.Diagnostics;

namespace OmniScale.TestKit;

/// <summary>A server in the background that ends with this process, however this process ends.</summary>
public sealed class ServerProcess : IDisposable
{
    // The kernel kills the child when the thread that started it ends, so a pool thread, which ends when idle, must not.
    private static readonly BlockingCollection<Action> s_starts = [];
    private static readonly string? s_setpriv = new[] { "/usr/bin/setpriv", "/bin/setpriv" }.FirstOrDefault(File.Exists);
    private readonly Process _process;

    static ServerProcess() => new Thread(StartAll) { IsBackground = true, Name = "Starts servers" }.Start();

    private ServerProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static async Task<ServerProcess> StartAsync(string program, params string[] arguments)
    {
        var start = s_setpriv is null
            ? new ProcessStartInfo(program, arguments)
            : new ProcessStartInfo(s_setpriv, ["--pdeathsig", "KILL", program, .. arguments]);
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_starts.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                started.SetException(e);
            }
        });
        return new ServerProcess(await started.Task);
    }

    /// <summary>Sends a signal by its name, such as STOP.</summary>
    public async Task SignalAsync(string name) =>
        (await Command.RunAsync("/bin/sh", ["-c", $"kill -s {name} {_process.Id}"], input: null)).EnsureSuccess();

    /// <summary>Waits until the process has ended by itself and returns its exit code.</summary>
    public async Task<int> ExitAsync(TimeSpan limit)
    {
        await _process.WaitForExitAsync().WaitAsync(limit);
        return _process.ExitCode;
    }

    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    private static void StartAll()
    {
        foreach (var start in s_starts.GetConsumingEnumerable())
        {
            start();
        }
    }
}
