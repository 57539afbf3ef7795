using System.Diagnostics.Metrics;
using OmniScale.Crds;
using OmniScale.Omni;
using OmniScale.Runtime;

namespace OmniScale.Operator.Hosting;

/// <summary>What is read from the operator's state whenever somebody asks: resources, watches, and who leads.</summary>
internal sealed class OperatorGauges
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "OmniScale.Operator";

    private readonly OmniConnectionPool pool;
    private readonly TimeProvider time;

    public OperatorGauges(
        IMeterFactory meters, Store<ProxmoxProvider> providers, Store<MachineClass> classes, Store<TalosCluster> clusters,
        IEnumerable<IControllerHealth> controllers, OmniConnectionPool pool, TimeProvider time, Func<bool> leads)
    {
        (this.pool, this.time) = (pool, time);
        // The factory owns the meter and disposes it with the host, which ends the observations.
        var meter = meters.Create(Name);
        meter.CreateObservableGauge<long>("omniscale_resources", () => [.. Count(providers), .. Count(classes), .. Count(clusters)], description: "Objects by kind and their condition Ready");
        meter.CreateObservableGauge<double>("omniscale_kubernetes_watch_age_seconds", () => controllers.Select(c => new Measurement<double>(c.Silence.TotalSeconds, new KeyValuePair<string, object?>("kind", c.Kind))), description: "Time since the API server last said anything about the kind");
        meter.CreateObservableGauge("omniscale_omni_watch_age_seconds", OmniAges, description: "Time since Omni last said anything about the type, on the connection that heard least");
        meter.CreateObservableGauge("omniscale_omni_watches", OmniWatches, description: "Watches of Omni over all connections, by whether they run");
        meter.CreateObservableGauge("omniscale_leader", () => leads() ? 1L : 0L, description: "Whether this process is the one that acts");
    }

    private static IEnumerable<Measurement<long>> Count<T>(Store<T> store)
        where T : class, IOmniScaleObject
    {
        var counts = store.List().CountBy(value => value.CommonStatus?.Conditions?.FirstOrDefault(c => c.Type == CommonConditions.Ready)?.Status ?? "Unknown").ToDictionary();
        foreach (var ready in (string[])["True", "False", "Unknown"])
        {
            yield return new(counts.GetValueOrDefault(ready), new("kind", typeof(T).Name), new KeyValuePair<string, object?>("ready", ready));
        }
    }

    private IEnumerable<Measurement<double>> OmniAges() =>
        from connection in pool.Connections
        from store in connection.Cache.Followed
        where store.LastHeard is not null
        group store.LastHeard!.Value by store.Type.Name into heard
        select new Measurement<double>(time.GetElapsedTime(heard.Min()).TotalSeconds, new KeyValuePair<string, object?>("type", heard.Key));

    private IEnumerable<Measurement<long>> OmniWatches()
    {
        var stores = pool.Connections.SelectMany(connection => connection.Cache.Followed).ToLookup(store => store.IsUp);
        yield return new(stores[true].Count(), new KeyValuePair<string, object?>("state", "up"));
        yield return new(stores[false].Count(), new KeyValuePair<string, object?>("state", "down"));
    }
}
