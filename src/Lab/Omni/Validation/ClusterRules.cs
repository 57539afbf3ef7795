using System.Text.RegularExpressions;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Validation;

internal static partial class ClusterRules
{
    private static readonly TimeSpan MinBackupInterval = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxBackupInterval = TimeSpan.FromHours(24);

    public static bool IsLocked(StoredResource cluster) => cluster.Metadata.Annotations.ContainsKey(OmniAnnotations.ClusterLocked);

    public static IEnumerable<string> Destroy(StoredResource cluster)
    {
        if (IsLocked(cluster))
            yield return $"deletion is not allowed: the cluster \"{cluster.Id}\" is locked";
    }

    public static IEnumerable<string> Check(ValidationContext context, StoredResource? old, StoredResource cluster)
    {
        if (old is not null && IsLocked(old) && IsLocked(cluster))
            yield return $"updating cluster configuration is not allowed: the cluster \"{cluster.Id}\" is locked";
        if (old is null && !NamePattern().IsMatch(cluster.Id))
            yield return $"name should only contain letters, digits, dashes and underscores: \"{cluster.Id}\"";

        var spec = cluster.SpecAs<ClusterSpec>();
        var before = old?.SpecAs<ClusterSpec>();
        foreach (var error in Talos(context, cluster.Id, spec, before).Concat(Kubernetes(context, cluster.Id, spec, before)).Concat(Features(context, spec, before)))
            yield return error;

        if (spec.BackupConfiguration is { Enabled: true } backup)
        {
            var interval = backup.Interval?.ToTimeSpan() ?? TimeSpan.Zero;
            if (interval < MinBackupInterval)
                yield return $"backup interval must be greater than {MinBackupInterval}, actual {interval}";
            if (interval > MaxBackupInterval)
                yield return $"backup interval must be less than {MaxBackupInterval}, actual {interval}";
        }
    }

    private static IEnumerable<string> Talos(ValidationContext context, string cluster, ClusterSpec spec, ClusterSpec? before)
    {
        if (SemanticVersion.TryParse(spec.TalosVersion) is not { } target)
        {
            yield return $"error validating Talos version: \"{spec.TalosVersion}\" is not a semantic version";
            yield break;
        }

        if (spec.TalosVersion == before?.TalosVersion)
            yield break;
        if (context.Cache.Find(KnownTypes.TalosVersions, spec.TalosVersion)?.SpecAs<TalosVersionSpec>() is not { } known)
        {
            yield return $"invalid talos version \"{spec.TalosVersion}\"";
            yield break;
        }

        var wasDeprecated = before is not null &&
            context.Cache.Find(KnownTypes.TalosVersions, before.TalosVersion)?.SpecAs<TalosVersionSpec>().Deprecated == true;
        if (known.Deprecated && !wasDeprecated)
            yield return $"talos version \"{spec.TalosVersion}\" is no longer supported";
        if (known.Unsupported && context.IsAtLeast(1, 9))
            yield return $"talos version \"{spec.TalosVersion}\" is not supported by this Omni release";
        var initial = context.Cache.Find(KnownTypes.ClusterStatuses, cluster)?.SpecAs<ClusterStatusSpec>().InitialTalosVersion;
        var floor = string.IsNullOrEmpty(initial) ? before?.TalosVersion : initial;
        if (before is not null && SemanticVersion.TryParse(floor!) is { } lowest && (target.Major, target.Minor).CompareTo((lowest.Major, lowest.Minor)) < 0)
            yield return $"downgrading from version \"{before.TalosVersion}\" to version \"{spec.TalosVersion}\" is not supported";
    }

    private static IEnumerable<string> Kubernetes(ValidationContext context, string cluster, ClusterSpec spec, ClusterSpec? before)
    {
        if (SemanticVersion.TryParse(spec.KubernetesVersion) is not { } target)
        {
            yield return $"error validating Kubernetes version: \"{spec.KubernetesVersion}\" is not a semantic version";
            yield break;
        }

        if (spec.KubernetesVersion == before?.KubernetesVersion && spec.TalosVersion == before.TalosVersion)
            yield break;
        if (context.Cache.Find(KnownTypes.TalosVersions, spec.TalosVersion)?.SpecAs<TalosVersionSpec>() is { } talos &&
            !talos.CompatibleKubernetesVersions.Contains(spec.KubernetesVersion))
        {
            yield return $"kubernetes version \"{spec.KubernetesVersion}\" is not compatible with talos version \"{spec.TalosVersion}\"";
        }

        if (before is null || SemanticVersion.TryParse(before.KubernetesVersion) is not { } from || spec.KubernetesVersion == before.KubernetesVersion)
            yield break;
        var lastGood = context.Cache.Find(KnownTypes.KubernetesUpgradeStatuses, cluster)?.SpecAs<KubernetesUpgradeStatusSpec>().LastUpgradeVersion;
        var isAbort = lastGood == spec.KubernetesVersion;
        if (!isAbort && (target.Major != from.Major || target.Minor - from.Minor is < 0 or > 1))
            yield return $"version \"{spec.KubernetesVersion}\" is not supported for upgrade to it from \"{before.KubernetesVersion}\"";
    }

    private static IEnumerable<string> Features(ValidationContext context, ClusterSpec spec, ClusterSpec? before)
    {
        var encrypted = spec.Features?.DiskEncryption == true;
        if (before is not null && encrypted != (before.Features?.DiskEncryption == true))
            yield return "updating disk encryption settings is not allowed";
        if (encrypted && SemanticVersion.TryParse(spec.TalosVersion)?.CompareTo(new SemanticVersion(1, 5, 0)) < 0)
            yield return "disk encryption is supported only for Talos version >= 1.5.0";
        if (spec.Features?.UseEmbeddedDiscoveryService == true && !context.Options.EmbeddedDiscovery)
            yield return "embedded discovery service is not enabled";
        if (context.IsAtLeast(1, 10) && spec.Features?.DisablePublicDiscoveryService == true)
        {
            if (SemanticVersion.TryParse(spec.TalosVersion)?.CompareTo(new SemanticVersion(1, 14, 0)) < 0)
                yield return "disabling the public discovery service is supported only for clusters created with Talos version >= 1.14.0";
            if (spec.Features.UseEmbeddedDiscoveryService != true)
                yield return "disabling the public discovery service requires the embedded discovery service";
        }
    }

    [GeneratedRegex("^[A-Za-z0-9_-]+$")]
    private static partial Regex NamePattern();
}
