using Microsoft.Extensions.Hosting;

namespace OmniScale.Runtime.Tests;

/// <summary>A host that only remembers that it was told to stop.</summary>
internal sealed class FakeLifetime : IHostApplicationLifetime
{
    private volatile bool _stopped;

    public bool IsStopped => _stopped;

    public CancellationToken ApplicationStarted => CancellationToken.None;

    public CancellationToken ApplicationStopping => CancellationToken.None;

    public CancellationToken ApplicationStopped => CancellationToken.None;

    public void StopApplication() => _stopped = true;
}
