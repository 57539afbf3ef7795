using Google.Protobuf;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Storage;

/// <summary>What the server knows of a resource type: where it lives, how its spec decodes, who may read and write it.</summary>
/// <param name="Parser">Null for types whose spec passes through as opaque bytes.</param>
/// <param name="Write">Null for types that only the server's own controllers write.</param>
/// <param name="Since">The first version that has the type.</param>
internal sealed record KnownType(string Name, string Namespace, MessageParser? Parser, Role Read, Role? Write, OmniVersion Since);

/// <summary>The types of the server, by full name.</summary>
internal static class KnownTypes
{
    public const string Default = "default";
    public const string Ephemeral = "ephemeral";
    public const string InfraProvider = "infra-provider";
    public const string InfraProviderEphemeral = "infra-provider-ephemeral";

    public const string Clusters = "Clusters.omni.sidero.dev";
    public const string MachineSets = "MachineSets.omni.sidero.dev";
    public const string MachineSetNodes = "MachineSetNodes.omni.sidero.dev";
    public const string ConfigPatches = "ConfigPatches.omni.sidero.dev";
    public const string ExtensionsConfigurations = "ExtensionsConfigurations.omni.sidero.dev";
    public const string KernelArgs = "KernelArgs.omni.sidero.dev";
    public const string MachineClasses = "MachineClasses.omni.sidero.dev";
    public const string ManifestGroups = "KubernetesManifestGroups.omni.sidero.dev";
    public const string HealthChecks = "KubernetesHealthChecks.omni.sidero.dev";
    public const string InstallDiskConfigs = "MachineInstallDiskConfigs.omni.sidero.dev";
    public const string InfraProviders = "InfraProviders.omni.sidero.dev";
    public const string InfraProviderStatuses = "InfraProviderStatuses.omni.sidero.dev";
    public const string InfraProviderHealthStatuses = "InfraProviderHealthStatuses.omni.sidero.dev";
    public const string InfraProviderCombinedStatuses = "InfraProviderCombinedStatuses.omni.sidero.dev";
    public const string ClusterStatuses = "ClusterStatuses.omni.sidero.dev";
    public const string ClusterDestroyStatuses = "ClusterDestroyStatuses.omni.sidero.dev";
    public const string ClusterUuids = "ClusterUUIDs.omni.sidero.dev";
    public const string MachineSetStatuses = "MachineSetStatuses.omni.sidero.dev";
    public const string MachineSetDestroyStatuses = "MachineSetDestroyStatuses.omni.sidero.dev";
    public const string MachineRequestSets = "MachineRequestSets.omni.sidero.dev";
    public const string MachineRequests = "MachineRequests.omni.sidero.dev";
    public const string MachineRequestStatuses = "MachineRequestStatuses.omni.sidero.dev";
    public const string ClusterMachineRequestStatuses = "ClusterMachineRequestStatuses.omni.sidero.dev";
    public const string ClusterMachines = "ClusterMachines.omni.sidero.dev";
    public const string ClusterMachineStatuses = "ClusterMachineStatuses.omni.sidero.dev";
    public const string Machines = "Machines.omni.sidero.dev";
    public const string MachineStatuses = "MachineStatuses.omni.sidero.dev";
    public const string ControlPlaneStatuses = "ControlPlaneStatuses.omni.sidero.dev";
    public const string LoadBalancerStatuses = "LoadBalancerStatuses.omni.sidero.dev";
    public const string TalosUpgradeStatuses = "TalosUpgradeStatuses.omni.sidero.dev";
    public const string KubernetesUpgradeStatuses = "KubernetesUpgradeStatuses.omni.sidero.dev";
    public const string TalosVersions = "TalosVersions.omni.sidero.dev";
    public const string KubernetesVersions = "KubernetesVersions.omni.sidero.dev";
    public const string TalosExtensions = "TalosExtensions.omni.sidero.dev";
    public const string SysVersions = "SysVersions.system.sidero.dev";

    private static readonly Dictionary<string, KnownType> ByName = All().ToDictionary(type => type.Name, StringComparer.Ordinal);

    public static KnownType? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>The namespace in which resources of a type live.</summary>
    public static string NamespaceOf(string name) => Find(name)?.Namespace ?? Default;

    /// <summary>The full name of a type that is written in full or without its domain.</summary>
    public static string? FullName(string name) =>
        ByName.Keys.FirstOrDefault(full =>
            string.Equals(full, name, StringComparison.OrdinalIgnoreCase) ||
            string.Equals(full[..full.IndexOf('.', StringComparison.Ordinal)], name, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<KnownType> All()
    {
        yield return User(Clusters, ClusterSpec.Parser);
        yield return User(MachineSets, MachineSetSpec.Parser);
        yield return User(MachineSetNodes, MachineSetNodeSpec.Parser);
        yield return User(ConfigPatches, ConfigPatchSpec.Parser);
        yield return User(ExtensionsConfigurations, ExtensionsConfigurationSpec.Parser);
        yield return User(KernelArgs, KernelArgsSpec.Parser);
        yield return User(MachineClasses, MachineClassSpec.Parser);
        yield return User(ManifestGroups, KubernetesManifestGroupSpec.Parser, since: new OmniVersion(1, 7));
        yield return User(HealthChecks, KubernetesHealthCheckSpec.Parser, since: new OmniVersion(1, 9));
        yield return User(InstallDiskConfigs, null, since: new OmniVersion(1, 11));
        yield return User("EtcdManualBackups.omni.sidero.dev", EtcdManualBackupSpec.Parser, Ephemeral);
        yield return User("MachineLabels.omni.sidero.dev", null);
        yield return User(MachineRequestSets, MachineRequestSetSpec.Parser);
        yield return User(MachineRequests, MachineRequestSpec.Parser, InfraProvider);
        // The server's own check is looser than its role table says; a client that relies on that is wrong.
        yield return User(InfraProviders, InfraProviderSpec.Parser, InfraProvider);
        yield return new KnownType("EtcdBackupS3Configs.omni.sidero.dev", Default, null, Role.Admin, Role.Admin, OmniVersion.Oldest);

        yield return Server(InfraProviderStatuses, InfraProviderStatusSpec.Parser, InfraProvider);
        yield return Server(InfraProviderHealthStatuses, InfraProviderHealthStatusSpec.Parser, InfraProviderEphemeral);
        yield return Server(MachineRequestStatuses, MachineRequestStatusSpec.Parser, InfraProvider);
        yield return Server(InfraProviderCombinedStatuses, InfraProviderCombinedStatusSpec.Parser, Ephemeral);
        yield return Server(ClusterStatuses, ClusterStatusSpec.Parser);
        yield return Server(ClusterDestroyStatuses, DestroyStatusSpec.Parser);
        yield return Server(ClusterUuids, null);
        yield return Server(MachineSetStatuses, MachineSetStatusSpec.Parser);
        yield return Server(MachineSetDestroyStatuses, DestroyStatusSpec.Parser, Ephemeral);
        yield return Server(ClusterMachineRequestStatuses, ClusterMachineRequestStatusSpec.Parser);
        yield return Server(ClusterMachines, null);
        yield return Server(ClusterMachineStatuses, ClusterMachineStatusSpec.Parser);
        yield return Server(Machines, null, read: Role.InfraProvider);
        yield return Server(MachineStatuses, MachineStatusSpec.Parser);
        yield return Server(ControlPlaneStatuses, ControlPlaneStatusSpec.Parser);
        yield return Server(LoadBalancerStatuses, LoadBalancerStatusSpec.Parser);
        yield return Server(TalosUpgradeStatuses, TalosUpgradeStatusSpec.Parser);
        yield return Server(KubernetesUpgradeStatuses, KubernetesUpgradeStatusSpec.Parser);
        yield return Server(TalosVersions, TalosVersionSpec.Parser, read: Role.None);
        yield return Server(KubernetesVersions, KubernetesVersionSpec.Parser, read: Role.None);
        yield return Server(TalosExtensions, null, read: Role.None);
        yield return Server(SysVersions, SysVersionSpec.Parser, Ephemeral, Role.None);
    }

    private static KnownType User(string name, MessageParser? parser, string @namespace = Default, OmniVersion? since = null) =>
        new(name, @namespace, parser, Role.Reader, Role.Operator, since ?? OmniVersion.Oldest);

    private static KnownType Server(string name, MessageParser? parser, string @namespace = Default, Role read = Role.Reader) =>
        new(name, @namespace, parser, read, null, OmniVersion.Oldest);
}
