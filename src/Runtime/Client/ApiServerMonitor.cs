using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OmniScale.Runtime;

/// <summary>
/// Finds out when an API server that was away is back, so that nobody has to sit out a backoff that grew meanwhile. It asks one
/// small question every two seconds, and only from a request that went unanswered until the server says that it is ready.
/// </summary>
/// <param name="client">Tells of unanswered requests, and passes the news on.</param>
/// <param name="lifetime">Told to stop when the loop fails.</param>
/// <param name="logger">Hears of each outage.</param>
/// <param name="time">The clock.</param>
/// <param name="jitter">Numbers in [0, 1), so that replicas do not keep step.</param>
public sealed class ApiServerMonitor(
    KubeClient client, IHostApplicationLifetime lifetime, ILogger<ApiServerMonitor> logger, TimeProvider time, Func<double>? jitter = null)
    : HostedLoop(lifetime, logger)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(3);

    private readonly Channel<bool> _suspicions = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Func<double> _jitter = jitter ?? Jitter.Next;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Here, not in the loop, which begins some time later: what goes wrong from now on is heard.
        client.Transport.Unanswered += Suspect;
        client.Transport.HeldBack += Tell;
        return base.StartAsync(cancellationToken);
    }

    protected override async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                await _suspicions.Reader.ReadAsync(ct).ConfigureAwait(false);
                await WaitForReturnAsync(ct).ConfigureAwait(false);
                await PauseAsync(ct).ConfigureAwait(false);
            }
        }
        finally
        {
            client.Transport.Unanswered -= Suspect;
            client.Transport.HeldBack -= Tell;
        }
    }

    private Task PauseAsync(CancellationToken ct) => Task.Delay(Period * (0.8 + (0.4 * _jitter())), time, ct);

    private void Tell(TimeSpan pause) => Logger.LogWarning("The API server is busy, and asks for a pause of {Pause}", pause);

    private void Suspect() => _suspicions.Writer.TryWrite(true);

    private async Task WaitForReturnAsync(CancellationToken ct)
    {
        bool away = false;
        while (await client.FindUnreadinessAsync(AnswerLimit, ct).ConfigureAwait(false) is { } problem)
        {
            if (!away)
            {
                Logger.LogWarning("The API server is away: {Problem}", problem);
                away = true;
            }

            client.Transport.NoteAbsence();
            await PauseAsync(ct).ConfigureAwait(false);
        }

        // Otherwise the request had bad luck of its own.
        if (away)
        {
            Logger.LogInformation("The API server is back");
            client.Transport.RaiseReturned();
        }
    }
}
