using OmniScale.Lab.Omni.Storage;
using OmniScale.Lab.Omni.Validation;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>The versions that a cluster can go to: within its minor, and to the next one.</summary>
internal static class UpgradePaths
{
    public static IEnumerable<string> Talos(ControllerContext context, string current) =>
        Reachable(context.List(KnownTypes.TalosVersions)
            .Where(version => version.SpecAs<TalosVersionSpec>() is { Deprecated: false, Unsupported: false })
            .Select(version => version.Id), current);

    public static IEnumerable<string> Kubernetes(ControllerContext context, string current) =>
        Reachable(context.List(KnownTypes.KubernetesVersions).Select(version => version.Id), current);

    private static IEnumerable<string> Reachable(IEnumerable<string> versions, string current)
    {
        if (SemanticVersion.TryParse(current) is not { } from)
            return [];
        return versions.Where(version =>
            version != current &&
            SemanticVersion.TryParse(version) is { } to && to.Major == from.Major && to.Minor - from.Minor is 0 or 1);
    }
}
