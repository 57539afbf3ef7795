using YamlDotNet.RepresentationModel;

namespace OmniScale.Lab.Omni.Validation;

/// <summary>What Omni takes as a patch of a Talos machine configuration: the decoder is strict, and some fields are Omni's own.</summary>
internal static class TalosConfig
{
    private const string PatchDirective = "$patch";

    private static readonly HashSet<string> TopLevel = new(StringComparer.Ordinal) { "version", "debug", "persist", "machine", "cluster" };

    private static readonly HashSet<string> Machine = new(StringComparer.Ordinal)
    {
        "type", "token", "ca", "acceptedCAs", "certSANs", "controlPlane", "kubelet", "pods", "network", "disks", "install", "files", "env", "time",
        "sysctls", "sysfs", "registries", "systemDiskEncryption", "features", "udev", "logging", "kernel", "seccompProfiles",
        "baseRuntimeSpecOverrides", "nodeLabels", "nodeAnnotations", "nodeTaints",
    };

    private static readonly HashSet<string> Cluster = new(StringComparer.Ordinal)
    {
        "id", "secret", "controlPlane", "clusterName", "network", "token", "aescbcEncryptionSecret", "secretboxEncryptionSecret", "ca", "acceptedCAs",
        "aggregatorCA", "serviceAccount", "apiServer", "controllerManager", "proxy", "scheduler", "discovery", "etcd", "coreDNS",
        "externalCloudProvider", "extraManifests", "extraManifestHeaders", "inlineManifests", "adminKubeconfig", "allowSchedulingOnMasters",
        "allowSchedulingOnControlPlanes",
    };

    private static readonly string[] Forbidden =
    [
        "cluster.clusterName", "cluster.id", "cluster.controlPlane.endpoint", "cluster.token", "cluster.secret", "cluster.aescbcEncryptionSecret",
        "cluster.secretboxEncryptionSecret", "cluster.acceptedCAs", "machine.token", "machine.ca", "machine.type", "machine.install.extensions",
        "machine.acceptedCAs",
    ];

    private static readonly string[] ForbiddenSince110 = ["cluster.ca", "cluster.serviceAccount"];

    private static readonly string[] ForbiddenSince111 = ["machine.install.disk"];

    private static readonly HashSet<string> ForbiddenKindsSince110 = new(StringComparer.Ordinal)
    {
        "UnattendedInstallConfig", "KubeClusterConfig", "KubeEtcdEncryptionConfig", "KubeAPIServerCAConfig", "KubeAggregatorCAConfig",
    };

    public static IEnumerable<string> Check(string patch, OmniVersion version)
    {
        IReadOnlyList<YamlNode> documents;
        try
        {
            documents = YamlTree.Documents(patch);
        }
        catch (FormatException exception)
        {
            return [exception.Message];
        }

        return [.. documents.SelectMany(document => Document(document, version))];
    }

    private static IEnumerable<string> Document(YamlNode document, OmniVersion version)
    {
        if (document is YamlScalarNode { Value: null or "" or "null" })
            return [];
        if (document is not YamlMappingNode mapping)
            return [$"yaml: line {document.Start.Line}: the document is not a mapping"];
        var isOwnKind = YamlTree.At(mapping, "kind") is not null || YamlTree.At(mapping, "apiVersion") is not null;
        return isOwnKind ? OwnKind(mapping, version) : MachineConfig(mapping, version);
    }

    private static IEnumerable<string> MachineConfig(YamlMappingNode document, OmniVersion version)
    {
        var unknown = Unknown(document, TopLevel, "")
            .Concat(Unknown(YamlTree.At(document, "machine"), Machine, "machine."))
            .Concat(Unknown(YamlTree.At(document, "cluster"), Cluster, "cluster."))
            .ToList();
        if (unknown.Count > 0)
            yield return $"unknown keys found during decoding:\n{string.Join('\n', unknown)}";

        foreach (var path in Forbidden
            .Concat(version.IsAtLeast(1, 10) ? ForbiddenSince110 : [])
            .Concat(version.IsAtLeast(1, 11) ? ForbiddenSince111 : []))
        {
            if (YamlTree.At(document, path.Split('.')) is not null)
                yield return $"overriding \"{path}\" is not allowed in the config patch";
        }

        if (version.IsAtLeast(1, 10) &&
            YamlTree.At(document, "machine", "features", "kubernetesTalosAPIAccess", "allowedRoles") is YamlSequenceNode roles &&
            roles.Any(role => YamlTree.Text(role) == "os:admin"))
        {
            yield return "allowing the role \"os:admin\" in \"machine.features.kubernetesTalosAPIAccess.allowedRoles\" is not allowed";
        }
    }

    private static IEnumerable<string> OwnKind(YamlMappingNode document, OmniVersion version)
    {
        var kind = YamlTree.At(document, "kind") is { } kindNode ? YamlTree.Text(kindNode) : null;
        if (string.IsNullOrEmpty(kind))
            yield return "missing kind";
        if (YamlTree.At(document, "apiVersion") is null)
            yield return "missing apiVersion";
        if (kind is null || !version.IsAtLeast(1, 10))
            yield break;
        if (ForbiddenKindsSince110.Contains(kind))
            yield return $"the \"{kind}\" document is not allowed in the config patch";
        if (kind == "KubeServiceAccountConfig" && YamlTree.At(document, "issuer", "privateKey") is not null)
            yield return "overriding \"issuer.privateKey\" is not allowed in the config patch";
    }

    private static IEnumerable<string> Unknown(YamlNode? node, HashSet<string> known, string prefix) =>
        node is YamlMappingNode mapping
            ? mapping.Children.Keys.Select(YamlTree.Text).Where(key => key != PatchDirective && !known.Contains(key)).Select(key => $"{prefix}{key}")
            : [];
}
