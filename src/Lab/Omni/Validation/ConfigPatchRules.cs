using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Validation;

internal static class ConfigPatchRules
{
    public static IEnumerable<string> Check(ValidationContext context, StoredResource? old, StoredResource patch)
    {
        if (patch.Label(OmniLabels.Cluster) is { } cluster && context.Cache.Find(KnownTypes.Clusters, cluster) is { IsTearingDown: true })
            yield return $"cluster \"{cluster}\" is tearing down";
        if (patch.Label(OmniLabels.MachineSet) is { } set && context.Cache.Find(KnownTypes.MachineSets, set) is { IsTearingDown: true })
            yield return $"machine set \"{set}\" is tearing down";

        // Data that is compressed needs Omni's own dictionary: the lab keeps it as it is.
        var data = patch.SpecAs<ConfigPatchSpec>().Data;
        if (data.Length == 0 || data == old?.SpecAs<ConfigPatchSpec>().Data)
            yield break;
        foreach (var error in TalosConfig.Check(data, context.Options.Version))
            yield return error;
    }
}

internal static class KernelArgsRules
{
    private const int MaxArgs = 64;
    private const int MaxLength = 256;

    public static IEnumerable<string> Check(ValidationContext context, StoredResource resource)
    {
        if (!context.IsAtLeast(1, 9))
            return [];
        var args = resource.SpecAs<KernelArgsSpec>().Args;
        return Limits(args).Concat(args.Where(arg => arg.Any(char.IsControl)).Select(_ => "kernel argument contains control characters"));
    }

    public static IEnumerable<string> Limits(IReadOnlyCollection<string> args)
    {
        if (args.Count > MaxArgs)
            yield return $"too many kernel arguments: {args.Count}, the maximum is {MaxArgs}";
        if (args.Any(arg => arg.Length > MaxLength))
            yield return $"kernel argument is longer than {MaxLength} characters";
    }
}

internal static class ExtensionRules
{
    private const int MaxExtensions = 256;
    private const string OfficialPrefix = "siderolabs/";

    public static IEnumerable<string> Check(ValidationContext context, StoredResource resource)
    {
        var names = resource.SpecAs<ExtensionsConfigurationSpec>().Extensions
            .Select(name => name.Contains('/', StringComparison.Ordinal) ? name : OfficialPrefix + name)
            .ToList();
        if (!context.IsAtLeast(1, 9) || names.Count == 0)
            yield break;
        if (resource.Label(OmniLabels.Cluster) is not { } cluster)
            yield return $"label \"{OmniLabels.Cluster}\" does not exist";
        else if (context.Cache.Find(KnownTypes.Clusters, cluster) is null)
            yield return $"the cluster \"{cluster}\" does not exist";
        if (names.Count > MaxExtensions)
            yield return $"too many extensions: {names.Count}, the maximum is {MaxExtensions}";
        foreach (var name in names.Where(name => !Catalogue.Extensions.Contains(name)).Distinct())
            yield return $"extension \"{name}\" is not available for the Talos version of the cluster";
        foreach (var group in names.GroupBy(name => name).Where(group => group.Count() > 1))
            yield return $"extension \"{group.Key}\" is listed more than once";
    }
}

internal static class ManifestRules
{
    private static readonly TimeSpan MinInterval = TimeSpan.FromSeconds(5);

    public static IEnumerable<string> CheckGroup(StoredResource? old, StoredResource group)
    {
        var spec = group.SpecAs<KubernetesManifestGroupSpec>();
        if (spec.Mode == KubernetesManifestGroupSpec.Types.Mode.Unknown)
            yield return "the mode is not set";
        foreach (var error in MetadataRules.Relation(OmniLabels.Cluster, old?.Metadata, group.Metadata))
            yield return error;
        if (Unparsable(spec.Data) is { } reason)
            yield return $"failed to parse the manifests: {reason}";
    }

    public static IEnumerable<string> CheckHealthCheck(StoredResource check)
    {
        var spec = check.SpecAs<KubernetesHealthCheckSpec>();
        if (spec.Job.Length == 0)
            yield return "the job is not set";
        else if (Unparsable(spec.Job) is { } reason)
            yield return $"failed to parse the job: {reason}";
        if (spec.Interval?.ToTimeSpan() < MinInterval)
            yield return $"the interval must be at least {MinInterval}";
    }

    private static string? Unparsable(string yaml)
    {
        try
        {
            YamlTree.Documents(yaml);
            return null;
        }
        catch (FormatException exception)
        {
            return exception.Message;
        }
    }
}
