using System.Globalization;

namespace OmniScale.EndToEnd;

/// <summary>The time in which something is away, and what the operator says of it meanwhile.</summary>
internal sealed class Outage : IAsyncDisposable
{
    /// <summary>A minute of real time, unless the environment says otherwise.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(
        double.TryParse(Environment.GetEnvironmentVariable("OMNISCALE_OUTAGE_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 60);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly OutageWorld world;
    private readonly long began = TimeProvider.System.GetTimestamp();
    private readonly CancellationTokenSource over = new();
    private readonly Task listening;
    private readonly List<string> said = [];

    private Outage(OutageWorld world)
    {
        this.world = world;
        listening = ListenAsync();
    }

    public static Outage Begin(OutageWorld world) => new(world);

    /// <summary>The different answers of the operator's endpoints, in the order in which they came first.</summary>
    public IReadOnlyList<string> Said
    {
        get
        {
            lock (said)
            {
                return [.. said];
            }
        }
    }

    /// <summary>Waits until the outage has lasted as long as it should; the process must have lived through it.</summary>
    public async Task LastAsync()
    {
        var left = Length - TimeProvider.System.GetElapsedTime(began);
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await DisposeAsync();
        Assert.False(world.Operator.HasExited, "the operator has exited");
    }

    public async ValueTask DisposeAsync()
    {
        await over.CancelAsync();
        await listening;
    }

    private async Task ListenAsync()
    {
        using var timer = new PeriodicTimer(Interval, TimeProvider.System);
        try
        {
            do
            {
                await AskAsync("/livez");
                await AskAsync("/readyz");
            }
            while (await timer.WaitForNextTickAsync(over.Token));
        }
        catch (OperationCanceledException)
        {
            // It is over.
        }
    }

    private async Task AskAsync(string path)
    {
        try
        {
            Note(path, await world.AskAsync(path).WaitAsync(over.Token));
        }
        catch (HttpRequestException e)
        {
            Note(path, $"no answer, {e.Message}");
        }
    }

    private void Note(string path, string answer)
    {
        var text = $"{path}: {answer}";
        lock (said)
        {
            if (!said.Exists(known => known.EndsWith(text, StringComparison.Ordinal)))
            {
                said.Add(string.Create(CultureInfo.InvariantCulture, $"after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0} s {text}"));
            }
        }
    }
}
