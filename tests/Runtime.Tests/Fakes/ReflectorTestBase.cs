using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>Runs a reflector against a server that does what the test says.</summary>
public abstract class ReflectorTestBase : IAsyncDisposable
{
    private protected static readonly ReflectorOptions Quick = new()
    {
        FirstBackoff = TimeSpan.FromMilliseconds(1),
        LongestBackoff = TimeSpan.FromMilliseconds(20),
    };

    private readonly List<string> _changes = [];
    private readonly CancellationTokenSource _stop = new();
    private KubeClient? _client;
    private Task _running = Task.CompletedTask;

    protected ReflectorTestBase() => Store.Changed += change =>
    {
        lock (_changes)
        {
            string what = change.Old is null ? "added" : change.New is null ? "deleted" : "changed";
            _changes.Add($"{what} {change.Key.Name} {(change.New ?? change.Old)!.Spec!.Size}");
        }
    };

    private protected Store<Widget> Store { get; } = new();

    private protected FakeApiServer? Server { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _client?.Dispose();
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        _stop.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
    }

    private protected static async Task StallAsync(FakeExchange watch)
    {
        await watch.BeginAsync();
        await watch.StallAsync();
    }

    /// <summary>Starts a reflector on a server that answers the n-th list and watch as given, and all later ones like the last.</summary>
    private protected Reflector<Widget> Start(
        Func<FakeExchange, Task>[] lists,
        Func<FakeExchange, Task>[] watches,
        ReflectorOptions? options = null,
        TimeProvider? time = null,
        Action<Reflector<Widget>>? configure = null,
        ILogger? logger = null)
    {
        int listed = 0;
        int watched = 0;
        Server = new FakeApiServer(exchange => exchange.IsWatch
            ? watches[Math.Min(Interlocked.Increment(ref watched), watches.Length) - 1](exchange)
            : lists[Math.Min(Interlocked.Increment(ref listed), lists.Length) - 1](exchange));
        _client = Server.Client(time);
        var reflector = new Reflector<Widget>(_client, Store, options ?? Quick, time ?? TimeProvider.System, logger ?? NullLogger.Instance, () => 0);
        configure?.Invoke(reflector);
        _running = reflector.RunAsync(_stop.Token);
        return reflector;
    }

    private protected static Task WatchesAsync(Reflector<Widget> reflector, long count) =>
        Eventually.TrueAsync(() => reflector.Watches == count, $"{count} watches were opened");

    private protected List<string> WatchedVersions() =>
        [.. Server!.Requests.Where(request => request.Contains("watch=true", StringComparison.Ordinal))
            .Select(request => System.Web.HttpUtility.ParseQueryString(request.Split('?')[1])["resourceVersion"]!)];

    private protected List<string> Changes()
    {
        lock (_changes)
        {
            return [.. _changes];
        }
    }

    private protected Task ChangesAsync(params string[] expected) =>
        Eventually.ValueAsync(Changes, changes => changes.SequenceEqual(expected), $"the changes are [{string.Join(", ", expected)}]");
}
