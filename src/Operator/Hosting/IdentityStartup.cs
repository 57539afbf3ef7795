using OmniScale.Operator.Connections;
using OmniScale.Runtime;

namespace OmniScale.Operator.Hosting;

/// <summary>Finds out which cluster this is before any controller starts: without an answer nothing in Omni can be called one's own.</summary>
internal sealed class IdentityStartup(ClusterIdentity identity, KubeClient client, TimeProvider time, ILogger<IdentityStartup> logger) : IHostedService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await identity.ResolveAsync(client, cancellationToken);
                logger.LogInformation("Acting as cluster {ClusterId}", identity.Id);
                return;
            }
            catch (Exception e) when (e is ApiException or TimeoutException or HttpRequestException)
            {
                logger.LogWarning("Asking again in {Pause}, the API server cannot tell which cluster this is: {Error}", Pause, e.GetBaseException().Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
