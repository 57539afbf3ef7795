using Microsoft.Extensions.Hosting;

namespace OmniScale.Runtime.Tests;

/// <summary>A host that only remembers that it was told to stop.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has no timer and no handle.")]
internal sealed class FakeLifetime : IHostApplicationLifetime
{
    private readonly CancellationTokenSource _stopping = new();
    private volatile bool _stopped;

    public bool IsStopped => _stopped;

    public CancellationToken ApplicationStarted => CancellationToken.None;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => CancellationToken.None;

    /// <summary>The host begins to stop, for a reason of its own.</summary>
    public Task BeginStopAsync() => _stopping.CancelAsync();

    public void StopApplication() => _stopped = true;
}
