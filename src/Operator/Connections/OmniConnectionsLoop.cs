using OmniScale.Omni;
using OmniScale.Runtime;

namespace OmniScale.Operator.Connections;

/// <summary>Ends the process when a connection to an Omni can no longer be relied on.</summary>
internal sealed class OmniConnectionsLoop(OmniConnectionPool pool, IHostApplicationLifetime lifetime, ILogger<OmniConnectionsLoop> logger) : HostedLoop(lifetime, logger)
{
    protected override Task RunAsync(CancellationToken ct) => pool.Failure.WaitAsync(ct);
}
