using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OmniScale.Runtime;

/// <summary>
/// A background service without which the process is of no use: when its loop fails or just ends, the host is stopped, and
/// <see cref="HasFailed"/> tells its owner to end the process with an error. Being started again beats living on half dead.
/// </summary>
public abstract class HostedLoop(IHostApplicationLifetime lifetime, ILogger logger) : BackgroundService
{
    private volatile bool _failed;

    /// <summary>The loop ended though nobody had asked it to.</summary>
    public bool HasFailed => _failed;

    protected ILogger Logger => logger;

    /// <summary>The host began to stop. It tells its services one after the other, each when the one before has ended.</summary>
    protected CancellationToken HostStopping => lifetime.ApplicationStopping;

    /// <summary>Runs until cancelled.</summary>
    protected abstract Task RunAsync(CancellationToken ct);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await RunAsync(stoppingToken).ConfigureAwait(false);
            if (!IsStopping(stoppingToken))
            {
                throw new InvalidOperationException("The loop ended by itself");
            }
        }
        catch (OperationCanceledException) when (IsStopping(stoppingToken))
        {
            // The way it is meant to end.
        }
        catch (Exception e)
        {
            logger.LogCritical(e, "Stopping the host, {Loop} failed", GetType().Name);
            _failed = true;
            lifetime.StopApplication();
        }
    }

    private bool IsStopping(CancellationToken stoppingToken) =>
        stoppingToken.IsCancellationRequested || HostStopping.IsCancellationRequested;
}
