using Grpc.Net.Client;
using Microsoft.Extensions.Logging;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Management;

namespace OmniScale.Omni;

/// <summary>One Omni as one service account: a channel, the resources over it, and caches that follow them.</summary>
public sealed class OmniConnection : IAsyncDisposable
{
    private readonly GrpcChannel channel;
    private readonly OmniHealthTracker health;
    private readonly CancellationTokenSource closing = new();
    private readonly Lock gate = new();
    private readonly List<Task> loops = [];
    private (int Epoch, OmniVersion? Version)? knownVersion;

    public OmniConnection(OmniConnectionSettings settings, OmniCacheSet caches, TimeProvider time, ILogger<OmniConnection> logger, OmniWriteGuard? guard = null)
    {
        Settings = settings;
        channel = OmniChannel.Open(settings, time, guard);
        health = new OmniHealthTracker(time);
        var policy = new CallPolicy(failure => logger.LogWarning("Asking Omni at {Omni} for nothing for {Break}: {Reason}", settings.Endpoint, CallPolicy.Break, failure?.Message), time);
        var calls = new OmniCalls(settings, health, policy, time, guard);
        var client = new Api.Cosi.State.StateClient(channel);
        Cache = new OmniCache(caches, store => Start(new ResourceWatch(client, store, Cache!, calls, health, time, logger).RunAsync));
        State = new OmniState(client, calls, Cache, settings);
        Management = new OmniManagement(new ManagementService.ManagementServiceClient(channel), calls);
        health.Changed += judged =>
        {
            if (judged.Reachable == false)
            {
                logger.LogWarning("Omni at {Omni} cannot be reached: {Kind}: {Reason}", settings.Endpoint, judged.Kind, judged.Message);
            }
            else
            {
                logger.LogInformation("Omni at {Omni} answers", settings.Endpoint);
                policy.Resume();
            }

            HealthChanged?.Invoke(judged);
        };
        var probe = new CallProbe(health, token => State.GetAsync(ResourceTypes.SysVersions, "current", token), () => CallsResumed?.Invoke(), time);
        Start(probe.RunAsync);
    }

    public OmniConnectionSettings Settings { get; }

    public IOmniState State { get; }

    public IOmniManagement Management { get; }

    public OmniCache Cache { get; }

    public OmniHealth Health => health.Current;

    /// <summary>Raised when Omni becomes reachable or unreachable, or is unreachable for another reason.</summary>
    public event Action<OmniHealth>? HealthChanged;

    /// <summary>Raised when calls are answered again that were not while watches ran on, so that nothing was heard of it by <see cref="HealthChanged"/>.</summary>
    public event Action? CallsResumed;

    /// <summary>Raised when what follows Omni ended on a defect: the caches are no longer kept.</summary>
    public event Action<Exception>? LoopFailed;

    /// <summary>The server's version, asked again only after a stream had to be opened anew.</summary>
    /// <returns>Null if the server has no release version.</returns>
    /// <exception cref="OmniException">It could not be asked.</exception>
    public async Task<OmniVersion?> GetVersionAsync(CancellationToken cancellationToken)
    {
        var epoch = health.Epoch;
        lock (gate)
        {
            if (knownVersion is { } known && known.Epoch == epoch)
            {
                return known.Version;
            }
        }

        var current = await State.GetAsync(ResourceTypes.SysVersions, "current", cancellationToken).ConfigureAwait(false);
        var version = current is null ? null : OmniVersion.Parse(current.Spec.BackendVersion);
        lock (gate)
        {
            knownVersion = (epoch, version);
        }

        return version;
    }

    public async ValueTask DisposeAsync()
    {
        Task[] running;
        lock (gate)
        {
            if (closing.IsCancellationRequested)
            {
                return;
            }

            closing.Cancel();
            running = [.. loops];
        }

        await Task.WhenAll(running).ConfigureAwait(false);
        channel.Dispose();
        closing.Dispose();
    }

    public override string ToString() => Settings.ToString();

    private void Start(Func<CancellationToken, Task> loop)
    {
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closing.IsCancellationRequested, this);
            var token = closing.Token;
            // It outlives the pass that asked for it, and is no part of its trace and log scope.
            using (ExecutionContext.SuppressFlow())
            {
                loops.Add(Task.Run(() => RunAsync(loop, token), CancellationToken.None));
            }
        }
    }

    private async Task RunAsync(Func<CancellationToken, Task> loop, CancellationToken token)
    {
        try
        {
            await loop(token).ConfigureAwait(false);
        }
        catch (Exception e) when (!token.IsCancellationRequested)
        {
            LoopFailed?.Invoke(e);
        }
        catch (Exception) when (token.IsCancellationRequested)
        {
            // Whatever it was, the connection is being closed, and nobody relies on it.
        }
    }
}
