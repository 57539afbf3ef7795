using System.Threading.Channels;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>
/// Runs passes over the controllers until one changes nothing, and then waits for a change or for the next delay to be over.
/// </summary>
internal sealed class ControllerLoop : IAsyncDisposable
{
    private readonly OmniStore store;
    private readonly VirtualClock clock;
    private readonly Delays delays;
    private readonly IReadOnlyList<Action> controllers;
    private readonly CancellationTokenSource stop = new();
    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task loop;

    public ControllerLoop(OmniStore store, VirtualClock clock, Delays delays, IReadOnlyList<Action> controllers)
    {
        this.store = store;
        this.clock = clock;
        this.delays = delays;
        this.controllers = controllers;
        loop = Task.Run(RunAsync);
    }

    /// <summary>Why the controllers stopped by themselves; null while they run.</summary>
    public Exception? Failure { get; private set; }

    public void Wake() => wake.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                var before = store.Revision;
                bool isSettled;
                TimeSpan? wait;
                lock (store.World.Gate)
                {
                    isSettled = Pass();
                    wait = delays.UntilNext();
                }

                stop.Token.ThrowIfCancellationRequested();
                if (isSettled && store.Revision == before)
                    await WaitAsync(wait);
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
        catch (Exception exception)
        {
            // A controller that fails is a defect of the lab: whoever disposes of it shall know.
            Failure = exception;
        }
    }

    /// <summary>True when no delay was over, so that nothing moved but what the store's revision shows.</summary>
    private bool Pass()
    {
        if (clock.Paused)
            return true;
        foreach (var reconcile in controllers)
            reconcile();
        return delays.EndPass();
    }

    private async Task WaitAsync(TimeSpan? limit)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        var woken = wake.Reader.ReadAsync(timer.Token).AsTask();
        // A timer of less than a millisecond fires at once.
        var due = limit is { } left
            ? Task.Delay(left + TimeSpan.FromMilliseconds(1), store.Time, timer.Token)
            : Task.Delay(Timeout.InfiniteTimeSpan, store.Time, timer.Token);
        await Task.WhenAny(woken, due);
        await timer.CancelAsync();
        await Task.WhenAny(woken);
        stop.Token.ThrowIfCancellationRequested();
    }
}
