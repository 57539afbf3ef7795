using k8s.Models;
using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Operator.Tests;

namespace OmniScale.Chaos;

/// <summary>Holds what is there at the end against what the live objects say, with words for each difference.</summary>
internal sealed partial class Verdict(World world)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private static readonly string[] Derived =
    [
        ResourceTypes.MachineRequests.Name, ResourceTypes.ClusterMachineRequestStatuses.Name, ResourceTypes.ClusterMachineStatuses.Name,
        ResourceTypes.MachineSetStatuses.Name, ResourceTypes.ClusterStatuses.Name,
    ];

    private readonly List<string> differences = [];
    private readonly List<OmniResource> resources = [];
    private IReadOnlyList<TalosCluster> clusters = [];
    private IReadOnlyList<MachineClass> classes = [];
    private IReadOnlyList<ProxmoxProvider> providers = [];

    /// <summary>Waits until nothing is written any more and nothing differs, and reports what still differs at the limit.</summary>
    public async Task HoldsAsync(TimeSpan limit)
    {
        var (began, since, before) = (TimeProvider.System.GetTimestamp(), TimeProvider.System.GetTimestamp(), "");
        while (true)
        {
            await EnsureSecretsAsync();
            RemoveLeftovers();
            await LookAsync();
            var now = $"{world.Omni.Writes.Count} {string.Join(' ', Objects().Select(o => o.Metadata.ResourceVersion))}";
            (since, before) = now == before ? (since, before) : (TimeProvider.System.GetTimestamp(), now);
            var quiet = TimeProvider.System.GetElapsedTime(since) > Quiet;
            if (quiet && differences.Count == 0)
            {
                break;
            }

            if (TimeProvider.System.GetElapsedTime(began) > limit)
            {
                Assert.Fail($"{(quiet ? "" : "something is still being written\n")}{string.Join('\n', differences)}\n\n{Picture()}");
            }

            await Task.Delay(Interval, TimeProvider.System, World.Ct);
        }

        var wrong = await world.Election.CheckAsync();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    private IEnumerable<IOmniScaleObject> Objects() => clusters.Cast<IOmniScaleObject>().Concat(classes).Concat(providers);

    /// <summary>A Secret that was held while it was being deleted may go when its last holder does.</summary>
    private async Task EnsureSecretsAsync()
    {
        foreach (var @namespace in world.Namespaces)
        {
            if (await world.Client.FindAsync<V1Secret>(new(@namespace, "omni"), World.Ct) is null)
            {
                await world.ApplyOmniSecretAsync(@namespace);
            }
        }
    }

    /// <summary>A cluster that was let go of while it was being torn down is left for users to remove, as an event tells them.</summary>
    private void RemoveLeftovers()
    {
        foreach (var cluster in world.Omni.State.List(ResourceTypes.Clusters).Where(cluster => cluster.IsTearingDown && cluster.Metadata.Finalizers.Count == 0
            && cluster.Metadata.Annotations.Value(OwnershipAnnotations.Owner) is { } mark && world.LetGo.Contains(mark)))
        {
            world.Note($"a user removes what is left of cluster {cluster.Id}");
            world.Omni.State.Remove(ResourceTypes.Clusters, cluster.Id);
        }
    }

    private async Task LookAsync()
    {
        differences.Clear();
        resources.Clear();
        clusters = await world.ListAsync<TalosCluster>();
        classes = await world.ListAsync<MachineClass>();
        providers = await world.ListAsync<ProxmoxProvider>();
        var state = world.Omni.State;
        resources.AddRange(state.List(ResourceTypes.Clusters));
        resources.AddRange(state.List(ResourceTypes.ExtensionsConfigurations));
        resources.AddRange(state.List(ResourceTypes.ConfigPatches));
        resources.AddRange(state.List(ResourceTypes.MachineSets));
        resources.AddRange(state.List(ResourceTypes.MachineSetNodes));
        resources.AddRange(state.List(ResourceTypes.MachineClasses));

        foreach (var value in Objects())
        {
            Kstatus.AssertLegal(value);
            CheckStatus(value, Expected(value));
        }

        CheckOwners();
        CheckForeign();
        differences.AddRange(world.Creations.TooMany());
        differences.AddRange(world.Operators.Failures.Select(code => $"an operator ended by itself with {code}"));
    }

    /// <param name="expected">The reason that Ready is to have; null when the object is to be Ready.</param>
    private void CheckStatus(IOmniScaleObject value, string? expected)
    {
        var ready = value.CommonStatus?.Conditions?.FirstOrDefault(c => c.Type == CommonConditions.Ready);
        if (value.CommonStatus?.ObservedGeneration != value.Metadata.Generation)
        {
            Differ(value, $"observedGeneration is {value.CommonStatus?.ObservedGeneration}, the generation {value.Metadata.Generation}");
        }

        if (expected is null ? ready?.Status != "True" : ready?.Status != "False" || ready.Reason != expected)
        {
            Differ(value, $"should be {expected ?? "Ready"}, and is {ready?.Status} {ready?.Reason}: {ready?.Message}");
        }
    }

    private static Owner Owner(IOmniScaleObject value) => new(World.ClusterId, value.Metadata.NamespaceProperty, value.Metadata.Name);

    private static string Name(IOmniScaleObject value) => $"{value.Metadata.NamespaceProperty}/{value.Metadata.Name}";

    private void Differ(IOmniScaleObject value, string text) => differences.Add($"{value.GetType().Name} {Name(value)}: {text}");

    private string Picture() => "Objects:\n"
        + string.Join('\n', Objects().Select(o => $"  {o.GetType().Name} {Name(o)} generation {o.Metadata.Generation}{(o.Metadata.DeletionTimestamp is null ? "" : ", being deleted")}: "
            + string.Join("; ", (o.CommonStatus?.Conditions ?? []).Select(c => $"{c.Type}={c.Status} {c.Reason} ({c.ObservedGeneration}) {c.Message}"))))
        + "\nOmni:\n" + string.Join('\n', resources.Select(r => $"  {r} {r.Metadata.Phase} {r.Metadata.Labels} {r.Metadata.Annotations} {r.Metadata.Finalizers} {r.RawSpec}"))
        + "\nMachines:\n" + string.Join('\n', world.Omni.Lifecycle.Machines().Select(m => $"  {m}"))
        + "\nWhat Omni makes of it:\n" + string.Join('\n', world.Omni.State.Everything().Where(r => Derived.Contains(r.Metadata.Type))
            .Select(r => $"  {r.Metadata.Type} {r.Metadata.Id} {r.Metadata.Version} {r.Metadata.Phase} {r.Metadata.Labels} {r.Metadata.Finalizers}"))
        + "\nLast calls:\n" + string.Join('\n', world.Omni.Writes.TakeLast(30).Select(call => $"  {call} {call.Detail}"));
}
