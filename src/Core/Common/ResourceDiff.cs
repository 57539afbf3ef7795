using OmniScale.Omni.Api;

namespace OmniScale.Core;

/// <summary>What it takes to bring a stored resource to the wanted one.</summary>
public static class ResourceDiff
{
    /// <summary>Left behind by cluster templates; a resource that is taken over is no longer theirs.</summary>
    private const string ManagedByClusterTemplates = OmniLabels.Prefix + "managed-by-cluster-templates";

    /// <summary>
    /// The resource to write back, made from the stored one: finalizers, unknown fields, and labels and annotations in
    /// Omni's own name that the wanted resource does not set are kept.
    /// </summary>
    /// <returns>Null when nothing differs.</returns>
    public static OmniResource? Update(OmniResource stored, OmniResource wanted, IReadOnlySet<string> keptFields)
    {
        var spec = SpecMerge.Merge(stored.RawSpec, wanted.RawSpec, keptFields);
        var metadata = stored.Metadata.Clone();
        Replace(metadata.Labels, wanted.Metadata.Labels);
        Replace(metadata.Annotations, wanted.Metadata.Annotations);
        return spec.Equals(stored.RawSpec) && metadata.Equals(stored.Metadata) ? null : stored.With(metadata, spec);
    }

    /// <summary>The resource with its owner's marks taken off.</summary>
    public static OmniResource Release(OmniResource stored, DateTimeOffset now)
    {
        var released = stored.Clone();
        Owner.Release(released.Metadata, now);
        return released;
    }

    private static void Replace(Google.Protobuf.Collections.MapField<string, string> stored, Google.Protobuf.Collections.MapField<string, string> wanted)
    {
        foreach (var key in stored.Keys.Where(k => !wanted.ContainsKey(k) && !IsForeign(k)).ToList())
        {
            stored.Remove(key);
        }

        foreach (var (key, value) in wanted)
        {
            stored[key] = value;
        }
    }

    private static bool IsForeign(string key) =>
        key.StartsWith(OmniLabels.Prefix, StringComparison.Ordinal) && key is not ManagedByClusterTemplates and not OmniAnnotations.ManagedByGitOpsTools;
}
