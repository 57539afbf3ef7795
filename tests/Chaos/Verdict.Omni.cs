using OmniScale.Crds;
using OmniScale.Omni.Api;

namespace OmniScale.Chaos;

/// <summary>What Omni holds, beside what it is to hold.</summary>
internal sealed partial class Verdict
{
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

    /// <summary>
    /// Whatever carries an owner's mark has a living owner, or one that let go of it. A class that Omni said is in use stays, and its object goes.
    /// </summary>
    private void CheckOwners()
    {
        var living = clusters.Cast<IOmniScaleObject>().Concat(classes).ToDictionary(value => Owner(value).Mark);
        foreach (var resource in resources)
        {
            if (resource.Metadata.Annotations.Value(OwnershipAnnotations.Owner) is { } mark && !living.ContainsKey(mark)
                && !world.LetGo.Contains(mark) && !IsUsedClass(resource) && !resource.Metadata.Annotations.ContainsKey(OwnershipAnnotations.Orphaned))
            {
                differences.Add($"{resource} is left in Omni by {mark}, which was to delete it");
            }
        }
    }

    private bool IsUsedClass(OmniResource resource) => resource.Type == ResourceTypes.MachineClasses
        && resources.Any(r => r.RawSpec is Omni.Api.Specs.MachineSetSpec set && set.MachineAllocation?.Name == resource.Id);

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

    private OmniResource? Find(ResourceType type, string id) => resources.FirstOrDefault(r => r.Type == type && r.Id == id);
}
