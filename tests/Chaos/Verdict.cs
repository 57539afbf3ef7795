using k8s.Models;
using OmniScale.Core;
using OmniScale.Core.Classes;
using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Operator.Tests;

namespace OmniScale.Chaos;

/// <summary>Holds what is there at the end against what the live objects say, with words for each difference.</summary>
internal sealed class Verdict(World world)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(1.5);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

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
            await LookAsync();
            var now = $"{world.Omni.Writes.Count} {string.Join(' ', Objects().Select(o => o.Metadata.ResourceVersion))}";
            (since, before) = now == before ? (since, before) : (TimeProvider.System.GetTimestamp(), now);
            var quiet = TimeProvider.System.GetElapsedTime(since) > Quiet;
            if (quiet && differences.Count == 0)
            {
                return;
            }

            if (TimeProvider.System.GetElapsedTime(began) > limit)
            {
                Assert.Fail($"{(quiet ? "" : "something is still being written\n")}{string.Join('\n', differences)}\n\n{Picture()}");
            }

            await Task.Delay(Interval, TimeProvider.System, World.Ct);
        }
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

    private async Task LookAsync()
    {
        differences.Clear();
        resources.Clear();
        clusters = await ListAsync<TalosCluster>();
        classes = await ListAsync<MachineClass>();
        providers = await ListAsync<ProxmoxProvider>();
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
        CheckBuilds();
    }

    private async Task<List<T>> ListAsync<T>()
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> =>
        [.. (await Task.WhenAll(world.Namespaces.Select(ns => world.Client.ListAsync<T>(ns, World.Ct)))).SelectMany(list => list)];

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

    private string? Expected(IOmniScaleObject value) => value switch
    {
        TalosCluster cluster => cluster.Metadata.DeletionTimestamp is null ? Expected(cluster) : ExpectedOfDeletion(cluster),
        MachineClass machineClass => machineClass.Metadata.DeletionTimestamp is null ? Expected(machineClass) : ExpectedOfDeletion(machineClass),
        { Metadata.DeletionTimestamp: not null } => classes.Any(c => c.Metadata.NamespaceProperty == value.Metadata.NamespaceProperty) ? CommonReasons.InUse : "gone",
        _ => value.Suspended ? CommonReasons.Suspended : null,
    };

    private string? Expected(MachineClass machineClass)
    {
        var owner = Owner(machineClass);
        if (machineClass.Spec.Suspend)
        {
            return CommonReasons.Suspended;
        }

        if (!providers.Any(p => p.Metadata.NamespaceProperty == machineClass.Metadata.NamespaceProperty))
        {
            return MachineClassReasons.ProviderNotFound;
        }

        var stored = Find(ResourceTypes.MachineClasses, machineClass.OmniName);
        if (stored is not null && !owner.MayTake(stored.Metadata, machineClass.Spec.AdoptionPolicy))
        {
            return CommonReasons.NameConflict;
        }

        Compare(machineClass, MachineClassRenderer.Render(machineClass, World.Provider, owner), stored);
        return null;
    }

    private string ExpectedOfDeletion(MachineClass machineClass)
    {
        var @namespace = machineClass.Metadata.NamespaceProperty;
        if (clusters.Any(c => c.Metadata.NamespaceProperty == @namespace && ClassNames(c).Contains(machineClass.Metadata.Name)))
        {
            return CommonReasons.InUse;
        }

        return machineClass.Spec is { Suspend: true, DeletionPolicy: DeletionPolicy.Delete } ? CommonReasons.Suspended
            : clusters.Any(c => Part(c).Any(r => r.RawSpec is Omni.Api.Specs.MachineSetSpec set && set.MachineAllocation?.Name == machineClass.OmniName)) ? CommonReasons.InUse
            : "gone";
    }

    private string? Expected(TalosCluster cluster)
    {
        foreach (var name in ClassNames(cluster))
        {
            var machineClass = ClassOf(cluster, name);
            var found = Find(ResourceTypes.MachineClasses, machineClass?.OmniName ?? name);
            if (machineClass is not null && (found is null || Owner(machineClass).Judge(found.Metadata) != Ownership.Ours))
            {
                return TalosClusterReasons.ClassNotReady;
            }

            if (found is null)
            {
                return TalosClusterReasons.ClassNotFound;
            }
        }

        var (owner, stored) = (Owner(cluster), Find(ResourceTypes.Clusters, cluster.ClusterName));
        if (stored is null && cluster.Status?.CreatedInOmni is { } created
            && cluster.Metadata.Annotations.Value(UserAnnotations.Recreate) != Actors.Stamp(created))
        {
            return TalosClusterReasons.DeletedInOmni;
        }

        if (stored is not null && !owner.MayTake(stored.Metadata, cluster.Spec.AdoptionPolicy))
        {
            return CommonReasons.NameConflict;
        }

        var wanted = ClusterRenderer.Render(cluster, owner, name => ClassOf(cluster, name)?.OmniName ?? name, _ => null);
        if (wanted.Any(w => Find(w.Type, w.Id) is { } part && !owner.MayTake(part.Metadata, cluster.Spec.AdoptionPolicy)
            && !(cluster.Spec.AdoptionPolicy == AdoptionPolicy.Adopt && part.Metadata.Labels.ContainsKey(OmniLabels.Cluster))))
        {
            return CommonReasons.NameConflict;
        }

        var surplus = Part(cluster).Where(r => r.Type != ResourceTypes.Clusters && !wanted.Any(w => w.Type == r.Type && w.Id == r.Id)).ToList();
        var unconfirmed = surplus.Where(r => r.Type == ResourceTypes.MachineSets && !IsConfirmed(cluster, r.Id)).Select(r => r.Id).ToHashSet();
        surplus.RemoveAll(r => unconfirmed.Contains(r.Id) || unconfirmed.Contains(r.Metadata.Labels.Value(OmniLabels.MachineSet) ?? ""));
        var found0 = differences.Count;
        foreach (var resource in wanted)
        {
            Compare(cluster, resource, Find(resource.Type, resource.Id));
        }

        differences.AddRange(surplus.Select(r => $"{Name(cluster)}: {r} is in Omni and not in the spec"));
        var held = stored?.Metadata.Annotations.ContainsKey(OmniAnnotations.ClusterLocked) == true ? TalosClusterReasons.ClusterLocked
            : cluster.Spec.Suspend ? CommonReasons.Suspended
            : null;
        if (held is not null && differences.Count > found0)
        {
            differences.RemoveRange(found0, differences.Count - found0);
            return held;
        }

        return unconfirmed.Count > 0 ? TalosClusterReasons.RemovalNotConfirmed : null;
    }

    private string ExpectedOfDeletion(TalosCluster cluster)
    {
        var stored = Find(ResourceTypes.Clusters, cluster.ClusterName);
        return cluster.Spec.DeletionPolicy == DeletionPolicy.Orphan ? "gone"
            : cluster.Spec.Suspend ? CommonReasons.Suspended
            : stored is not null && Owner(cluster).Judge(stored.Metadata) == Ownership.Ours && stored.Metadata.Annotations.ContainsKey(OmniAnnotations.ClusterLocked)
                ? TalosClusterReasons.ClusterLocked
            : "gone";
    }

    private void Compare(IOmniScaleObject value, OmniResource wanted, OmniResource? stored)
    {
        if (stored is null)
        {
            Differ(value, $"{wanted} is not in Omni");
        }
        else if (stored.IsTearingDown)
        {
            Differ(value, $"{wanted} is being torn down in Omni");
        }
        else
        {
            if (!stored.RawSpec.Equals(wanted.RawSpec))
            {
                Differ(value, $"{wanted} should be {wanted.RawSpec}, and is {stored.RawSpec}");
            }

            CompareMaps(value, $"label of {wanted}", wanted.Metadata.Labels, stored.Metadata.Labels);
            CompareMaps(value, $"annotation of {wanted}", wanted.Metadata.Annotations, stored.Metadata.Annotations);
        }
    }

    private void CompareMaps(IOmniScaleObject value, string what, IDictionary<string, string> wanted, IDictionary<string, string> stored)
    {
        foreach (var key in wanted.Keys.Union(stored.Keys.Where(key => !key.StartsWith(OmniLabels.Prefix, StringComparison.Ordinal))))
        {
            if (wanted.TryGetValue(key, out var right) != stored.TryGetValue(key, out var there) || right != there)
            {
                Differ(value, $"{what}, {key}: should be {right ?? "absent"}, and is {there ?? "absent"}");
            }
        }
    }

    /// <summary>Whatever carries an owner's mark has a living owner, or one that let go of it.</summary>
    private void CheckOwners()
    {
        var living = clusters.Cast<IOmniScaleObject>().Concat(classes).ToDictionary(value => Owner(value).Mark);
        foreach (var resource in resources)
        {
            if (resource.Metadata.Annotations.Value(OwnershipAnnotations.Owner) is { } mark && !living.ContainsKey(mark)
                && !world.LetGo.Contains(mark) && !resource.Metadata.Annotations.ContainsKey(OwnershipAnnotations.Orphaned))
            {
                differences.Add($"{resource} is left in Omni by {mark}, which was to delete it");
            }
        }
    }

    private void CheckForeign()
    {
        foreach (var placed in world.Foreign)
        {
            var cluster = placed.Metadata.Labels.Value(OmniLabels.Cluster) ?? placed.Id;
            var stored = Find(placed.Type, placed.Id);
            if (stored is null ? !world.TornDown.Contains(cluster) : !world.Adoptable.Contains(placed.Id) && !IsAsPlaced(placed, stored))
            {
                differences.Add($"{placed} is not ours, and is {(stored is null ? "gone" : $"now {stored.Metadata} {stored.RawSpec}")}");
            }
        }
    }

    private static bool IsAsPlaced(OmniResource placed, OmniResource stored) => stored.RawSpec.Equals(placed.RawSpec)
        && stored.Metadata.Labels.Equals(placed.Metadata.Labels) && stored.Metadata.Annotations.Equals(placed.Metadata.Annotations) && !stored.IsTearingDown;

    /// <summary>A cluster is built once for each object and each permission to build it anew.</summary>
    private void CheckBuilds() => differences.AddRange(world.Builds
        .Where(built => built.Value > (world.BuildsAllowed.GetValueOrDefault(built.Key.Owner)?.Count ?? 0))
        .Select(built => $"{built.Key.Owner} built cluster {built.Key.Id} {built.Value} times, and was to {world.BuildsAllowed.GetValueOrDefault(built.Key.Owner)?.Count ?? 0} times at most"));

    private OmniResource? Find(ResourceType type, string id) => resources.FirstOrDefault(r => r.Type == type && r.Id == id);

    /// <summary>What an object owns of its cluster.</summary>
    private IEnumerable<OmniResource> Part(TalosCluster cluster) => resources.Where(r => r.Type != ResourceTypes.MachineClasses && Owner(cluster).Judge(r.Metadata) == Ownership.Ours);

    private MachineClass? ClassOf(TalosCluster cluster, string name) =>
        classes.FirstOrDefault(c => c.Metadata.NamespaceProperty == cluster.Metadata.NamespaceProperty && c.Metadata.Name == name);

    private static IEnumerable<string> ClassNames(TalosCluster cluster) => (cluster.Spec.Workers ?? []).Cast<MachineSetSpecBase>().Prepend(cluster.Spec.ControlPlane)
        .Select(set => set.MachineClass?.Name).OfType<string>().Distinct();

    private static bool IsConfirmed(TalosCluster cluster, string set) =>
        cluster.Metadata.Annotations.Value(UserAnnotations.ConfirmRemoval)?.Split(',').Contains(ClusterIds.SetName(cluster.ClusterName, set)) == true;

    private static Owner Owner(IOmniScaleObject value) => new(World.ClusterId, value.Metadata.NamespaceProperty, value.Metadata.Name);

    private static string Name(IOmniScaleObject value) => $"{value.Metadata.NamespaceProperty}/{value.Metadata.Name}";

    private void Differ(IOmniScaleObject value, string text) => differences.Add($"{value.GetType().Name} {Name(value)}: {text}");

    private string Picture() => "Objects:\n"
        + string.Join('\n', Objects().Select(o => $"  {o.GetType().Name} {Name(o)} generation {o.Metadata.Generation}{(o.Metadata.DeletionTimestamp is null ? "" : ", being deleted")}: "
            + string.Join("; ", (o.CommonStatus?.Conditions ?? []).Select(c => $"{c.Type}={c.Status} {c.Reason} ({c.ObservedGeneration}) {c.Message}"))))
        + "\nOmni:\n" + string.Join('\n', resources.Select(r => $"  {r} {r.Metadata.Phase} {r.Metadata.Labels} {r.Metadata.Annotations} {r.Metadata.Finalizers} {r.RawSpec}"))
        + "\nLast calls:\n" + string.Join('\n', world.Omni.Writes.TakeLast(30).Select(call => $"  {call} {call.Detail}"));
}
