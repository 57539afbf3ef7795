using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using AllocationType = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.MachineAllocation.Types.Type;
using Strategy = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.UpdateStrategy;
using StrategyConfig = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.UpdateStrategyConfig;

namespace OmniScale.Core.Clusters;

/// <summary>Turns a TalosCluster into Omni's resources, with the ids, labels and defaults of cluster templates.</summary>
public sealed class ClusterRenderer
{
    private const int ClusterPatchWeight = 200;
    private const int MachineSetPatchWeight = 400;

    private readonly TalosCluster cluster;
    private readonly Owner owner;
    private readonly Func<string, string> classNames;
    private readonly Func<string, Omni.Api.Specs.MachineSetSpec?> storedSets;
    private readonly string name;
    private readonly List<OmniResource> resources = [];

    private ClusterRenderer(TalosCluster cluster, Owner owner, Func<string, string> classNames, Func<string, Omni.Api.Specs.MachineSetSpec?> storedSets)
    {
        this.cluster = cluster;
        this.owner = owner;
        this.classNames = classNames;
        this.storedSets = storedSets;
        name = cluster.ClusterName;
    }

    /// <summary>The resources in the order in which they are to be created.</summary>
    /// <param name="classNames">Name of a machine class in the spec → its name in Omni.</param>
    /// <param name="storedSets">Id of a machine set → what Omni holds: a size that the spec leaves out stays as it is there.</param>
    /// <exception cref="InvalidSpecException">The spec says something that the schema could not rule out.</exception>
    public static IReadOnlyList<OmniResource> Render(TalosCluster cluster, Owner owner, Func<string, string> classNames,
        Func<string, Omni.Api.Specs.MachineSetSpec?> storedSets) => new ClusterRenderer(cluster, owner, classNames, storedSets).Render();

    private List<OmniResource> Render()
    {
        var spec = cluster.Spec;
        Add(ResourceTypes.Clusters, name, ClusterSpec(spec), spec.Labels, spec.Annotations, clusterLabel: false);
        AddExtensions(name, spec.SystemExtensions, []);
        AddPatches(spec.Patches, ClusterPatchWeight, $"cluster-{name}", []);
        AddMachineSet(ClusterIds.ControlPlane(name), spec.ControlPlane, OmniLabels.RoleControlPlane, MachineSetSpec(ClusterIds.ControlPlane(name), spec.ControlPlane, null, null));
        foreach (var workers in spec.Workers ?? [])
        {
            var id = ClusterIds.MachineSet(name, workers.Name);
            AddMachineSet(id, workers, OmniLabels.RoleWorker, MachineSetSpec(id, workers, workers.UpdateStrategy, workers.DeleteStrategy));
        }

        EnsureUnique();
        return [.. resources.OrderBy(r => ClusterResources.CreationOrder(r.Type))];
    }

    private static ClusterSpec ClusterSpec(TalosClusterSpec spec)
    {
        var features = spec.Features;
        var result = new ClusterSpec
        {
            KubernetesVersion = spec.Kubernetes.Version.TrimStart('v'),
            TalosVersion = spec.Talos.Version.TrimStart('v'),
            Features = new()
            {
                EnableWorkloadProxy = features?.EnableWorkloadProxy ?? false,
                DiskEncryption = features?.DiskEncryption ?? false,
                UseEmbeddedDiscoveryService = features?.UseEmbeddedDiscoveryService ?? false,
                DisablePublicDiscoveryService = features?.DisablePublicDiscoveryService ?? false,
                EnableNodeAuditSkip = features?.EnableNodeAuditSkip ?? false,
            },
        };
        if (features?.BackupConfiguration is { } backup)
        {
            var interval = Durations.Parse(backup.Interval)
                ?? throw new InvalidSpecException($"spec.features.backupConfiguration.interval: \"{backup.Interval}\" is no time span above zero, such as 1h or 1h30m");
            result.BackupConfiguration = new() { Interval = Duration.FromTimeSpan(interval), Enabled = true };
        }

        return result;
    }

    private Omni.Api.Specs.MachineSetSpec MachineSetSpec(string id, MachineSetSpecBase set, RolloutStrategy? update, RolloutStrategy? delete)
    {
        var result = new Omni.Api.Specs.MachineSetSpec();
        (result.UpdateStrategy, result.UpdateStrategyConfig) = Translate(update, Strategy.Rolling);
        (result.DeleteStrategy, result.DeleteStrategyConfig) = Translate(delete, Strategy.Unset);
        (result.UpgradeStrategy, result.UpgradeStrategyConfig) = Translate(set.UpgradeStrategy, Strategy.Unset);
        if (set.MachineClass is { } allocation)
        {
            result.MachineAllocation = new() { Name = classNames(allocation.Name) };
            if (allocation.Size is { } size)
            {
                result.MachineAllocation.MachineCount = size.Value ?? 0;
                result.MachineAllocation.AllocationType = size.IsUnlimited ? AllocationType.Unlimited : AllocationType.Static;
            }
            else if (storedSets(id)?.MachineAllocation is { } stored)
            {
                result.MachineAllocation.MachineCount = stored.MachineCount;
                result.MachineAllocation.AllocationType = stored.AllocationType;
            }
        }

        return result;
    }

    /// <summary>As in cluster templates, <c>rolling</c> without a type keeps the default type.</summary>
    private static (Strategy, StrategyConfig?) Translate(RolloutStrategy? strategy, Strategy fallback)
    {
        var type = strategy?.Type switch
        {
            RolloutType.Rolling => Strategy.Rolling,
            RolloutType.Unset => Strategy.Unset,
            _ => fallback,
        };
        var config = strategy?.Rolling is { } rolling ? new StrategyConfig { Rolling = new() { MaxParallelism = (uint)(rolling.MaxParallelism ?? 0) } } : null;
        return (type, config);
    }

    private void AddMachineSet(string id, MachineSetSpecBase set, string role, Omni.Api.Specs.MachineSetSpec spec)
    {
        Add(ResourceTypes.MachineSets, id, spec, set.Labels, set.Annotations, system: [(role, "")]);
        foreach (var machine in set.Machines ?? [])
        {
            Add(ResourceTypes.MachineSetNodes, machine.ToLowerInvariant(), new MachineSetNodeSpec(), null, null, system: [(OmniLabels.MachineSet, id), (role, "")]);
        }

        AddPatches(set.Patches, MachineSetPatchWeight, id, [(OmniLabels.MachineSet, id)]);
        AddExtensions(id, set.SystemExtensions, [(OmniLabels.MachineSet, id)]);
    }

    private void AddPatches(IReadOnlyList<ConfigPatch>? patches, int weight, string scope, (string, string)[] labels)
    {
        for (var i = 0; i < patches?.Count; i++)
        {
            var patch = patches[i];
            var id = patch.IdOverride ?? ClusterIds.Patch(weight + i, scope, patch.Name ?? "");
            var annotations = new Dictionary<string, string>(patch.Annotations ?? new Dictionary<string, string>());
            annotations.TryAdd(OmniAnnotations.Name, patch.Name ?? "");
            Add(ResourceTypes.ConfigPatches, id, new ConfigPatchSpec { Data = PatchText(id, patch.Inline) }, patch.Labels, annotations, system: labels);
        }
    }

    private static string PatchText(string id, JsonElement inline) => inline.ValueKind switch
    {
        JsonValueKind.String => inline.GetString()!,
        JsonValueKind.Object => YamlText.Of(inline),
        JsonValueKind.Array when inline.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object) =>
            string.Join("---\n", inline.EnumerateArray().Select(item => YamlText.Of(item))),
        _ => throw new InvalidSpecException($"patch {id}: inline must be an object, a list of objects, or text"),
    };

    private void AddExtensions(string target, IReadOnlyList<string>? extensions, (string, string)[] labels)
    {
        if (extensions is not null)
        {
            Add(ResourceTypes.ExtensionsConfigurations, ClusterIds.Extensions(target), new ExtensionsConfigurationSpec { Extensions = { extensions } }, null, null, system: labels);
        }
    }

    private void Add<TSpec>(ResourceType<TSpec> type, string id, TSpec spec, IReadOnlyDictionary<string, string>? labels,
        IReadOnlyDictionary<string, string>? annotations, bool clusterLabel = true, (string Key, string Value)[]? system = null)
        where TSpec : class, Google.Protobuf.IMessage<TSpec>, new()
    {
        var resource = type.New(id, spec);
        if (clusterLabel)
        {
            resource.Metadata.Labels[OmniLabels.Cluster] = name;
        }

        foreach (var (key, value) in system ?? [])
        {
            resource.Metadata.Labels[key] = value;
        }

        foreach (var (key, value) in labels ?? new Dictionary<string, string>())
        {
            resource.Metadata.Labels[key] = value;
        }

        foreach (var (key, value) in annotations ?? new Dictionary<string, string>())
        {
            resource.Metadata.Annotations[key] = value;
        }

        owner.Claim(resource.Metadata);
        resources.Add(resource);
    }

    private void EnsureUnique()
    {
        var twice = resources.GroupBy(r => (r.Type, r.Id)).FirstOrDefault(g => g.Count() > 1);
        if (twice is null)
        {
            return;
        }

        throw new InvalidSpecException(twice.Key.Type == ResourceTypes.MachineSetNodes
            ? $"machine {twice.Key.Id} is named more than once ({string.Join(", ", twice.Select(r => r.Metadata.Labels[OmniLabels.MachineSet]).Distinct())}): a machine can be in one machine set only"
            : $"two parts of the spec would both become {ClusterResources.Noun(twice.Key.Type)} {twice.Key.Id} in Omni: give one of them another name");
    }
}
