using System.Threading.Channels;

namespace OmniScale.Omni;

/// <summary>
/// Finds out when calls work again that failed while watches ran on: whoever needs one backs off meanwhile, and with a rejected key
/// nobody tries. It asks for something small every few seconds, and only until a call succeeds.
/// </summary>
/// <param name="health">Tells that calls are in doubt.</param>
/// <param name="ask">Makes a call.</param>
/// <param name="resumed">Called when calls work again that did not for longer than a moment.</param>
/// <param name="time">The clock of the pauses.</param>
internal sealed class CallProbe(OmniHealthTracker health, Func<CancellationToken, Task> ask, Action resumed, TimeProvider time)
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var doubts = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        health.CallsInDoubt += Doubt;
        if (health.AreCallsInDoubt)
        {
            Doubt();
        }

        try
        {
            while (await doubts.Reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                // One call that fails beside others that succeed is no outage, and its caller's backoff is right.
                if (await SettleAsync(cancellationToken).ConfigureAwait(false))
                {
                    resumed();
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The connection is being closed.
        }

        void Doubt() => doubts.Writer.TryWrite(true);
    }

    /// <summary>Asks until calls are in doubt no more.</summary>
    /// <returns>Whether they are answered now, and one of ours was not.</returns>
    private async Task<bool> SettleAsync(CancellationToken cancellationToken)
    {
        var failed = false;
        while (true)
        {
            await Task.Delay(Period, time, cancellationToken).ConfigureAwait(false);
            if (!health.AreCallsInDoubt)
            {
                // Otherwise watches have ended as well, and tell when Omni is back.
                return failed && health.AreCallsAnswered;
            }

            try
            {
                await ask(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it was, the next question comes.
                failed = true;
            }
        }
    }
}
