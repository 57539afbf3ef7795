using OmniScale.Operator.Connections;
using OmniScale.Runtime;

namespace OmniScale.Operator.Hosting;

/// <summary>
/// Finds out which cluster this is: without an answer nothing in Omni can be called one's own, and no pass begins. The process starts
/// none the less, since kubelet ends one that does not say that it lives.
/// </summary>
internal sealed class IdentityStartup(ClusterIdentity identity, KubeClient client, TimeProvider time, ILogger<IdentityStartup> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!await TryResolveAsync(stoppingToken))
        {
            await Task.Delay(Pause, time, stoppingToken);
        }

        logger.LogInformation("Acting as cluster {ClusterId}", identity.Id);
    }

    private async Task<bool> TryResolveAsync(CancellationToken ct)
    {
        try
        {
            await identity.ResolveAsync(client, ct);
            return true;
        }
        catch (Exception e) when (e is ApiException or TimeoutException or HttpRequestException or IOException)
        {
            logger.LogWarning("Asking again in {Pause}, the API server cannot tell which cluster this is: {Error}", Pause, e.GetBaseException().Message);
            return false;
        }
    }
}
