using OmniScale.Crds;
using OmniScale.Operator.Controllers.ProxmoxProviders;
using OmniScale.Runtime;

namespace OmniScale.Operator.Connections;

/// <summary>
/// Follows every Omni that objects refer to while another replica leads, as passes do from then on: a takeover begins with what is
/// known instead of reading it first.
/// </summary>
internal sealed class StandbyConnections(
    Leadership leadership, OmniLinks links, Store<ProxmoxProvider> providers, Store<MachineClass> classes, Store<TalosCluster> clusters,
    TimeProvider time, IHostApplicationLifetime lifetime, ILogger<StandbyConnections> logger)
    : HostedLoop(lifetime, logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly HashSet<(Type Kind, NamespacedName Key)> opened = [];

    protected override async Task RunAsync(CancellationToken ct)
    {
        var leads = leadership.WaitAsync(ct);
        while (!leads.IsCompleted)
        {
            Follow(providers, ProxmoxSecrets.Of);
            Follow(classes, _ => []);
            Follow(clusters, _ => []);
            await Task.WhenAny(leads, Task.Delay(Interval, time, ct));
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, time, ct);
    }

    /// <param name="store">The objects of a kind.</param>
    /// <param name="others">The Secrets that an object refers to beside its connection Secret, as its passes say them.</param>
    private void Follow<T>(Store<T> store, Func<T, IEnumerable<NamespacedName>> others)
        where T : class, IOmniScaleObject
    {
        foreach (var value in store.List())
        {
            // Wakes the queue when the Secret changes, in which the key then waits for the first worker.
            links.Refer(value, others(value));
            opened.Add((typeof(T), value.Key()));
            try
            {
                links.Open(value);
            }
            catch (Exception e)
            {
                // One object's trouble is its own, as in a pass. The message may quote a Secret.
                Logger.LogDebug("Not following the Omni of {Kind} {Key}: {Error}", typeof(T).Name, value.Key(), e.GetType().Name);
            }
        }

        foreach (var gone in opened.Where(o => o.Kind == typeof(T) && !store.TryGet(o.Key, out _)).ToList())
        {
            links.Close<T>(gone.Key);
            opened.Remove(gone);
        }
    }
}
