using System.Security.Cryptography;
using System.Text;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>What a member of a cluster should run, from what users have written.</summary>
internal sealed class DesiredState(ControllerContext context)
{
    private const string DisabledLabel = OmniLabels.Prefix + "disabled";
    private const string MachineLabel = OmniLabels.Prefix + "machine";

    public string TalosVersion(StoredResource member) => ClusterOf(member)?.TalosVersion ?? "";

    public string KubernetesVersion(StoredResource member) => ClusterOf(member)?.KubernetesVersion ?? "";

    /// <summary>The narrowest configuration of extensions that applies: the machine's, else its set's, else the cluster's.</summary>
    public IReadOnlyList<string> Extensions(StoredResource member)
    {
        var scope = Scoped(KnownTypes.ExtensionsConfigurations, member)
            .OrderByDescending(configuration => configuration.HasLabel(OmniLabels.ClusterMachine))
            .ThenByDescending(configuration => configuration.HasLabel(OmniLabels.MachineSet))
            .FirstOrDefault();
        return scope is null ? [] : [.. scope.SpecAs<ExtensionsConfigurationSpec>().Extensions];
    }

    /// <summary>A hash of the patches that apply, in the order in which they do.</summary>
    public string ConfigHash(StoredResource member)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var patch in Scoped(KnownTypes.ConfigPatches, member).Where(patch => !patch.HasLabel(DisabledLabel)))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(patch.Id));
            hash.AppendData(patch.ProtoSpec.Span);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private ClusterSpec? ClusterOf(StoredResource member) =>
        context.Find(KnownTypes.Clusters, member.Label(OmniLabels.Cluster) ?? "")?.SpecAs<ClusterSpec>();

    private IEnumerable<StoredResource> Scoped(string type, StoredResource member) => context.List(type).Where(resource =>
        !resource.IsTearingDown &&
        (resource.Label(MachineLabel) == member.Id ||
            (resource.Label(OmniLabels.Cluster) == member.Label(OmniLabels.Cluster) &&
                (resource.Label(OmniLabels.MachineSet) ?? member.Label(OmniLabels.MachineSet)) == member.Label(OmniLabels.MachineSet) &&
                (resource.Label(OmniLabels.ClusterMachine) ?? member.Id) == member.Id)));
}
