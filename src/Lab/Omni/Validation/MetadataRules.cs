using System.Text;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Omni.Validation;

/// <summary>Limits on ids, labels and annotations, since 1.9; and the labels that tie a resource to another.</summary>
internal static class MetadataRules
{
    private const int MaxKeys = 256;
    private const int MaxKeyBytes = 1024;
    private const int MaxValueBytes = 16 * 1024;

    public static IEnumerable<string> Check(ValidationContext context, Metadata metadata)
    {
        if (!context.IsAtLeast(1, 9))
            yield break;
        if (metadata.Id.Length == 0)
            yield return "resource ID is empty";
        if (Encoding.UTF8.GetByteCount(metadata.Id) > MaxKeyBytes)
            yield return $"resource ID is longer than {MaxKeyBytes} bytes";
        if (metadata.Id.Any(char.IsControl))
            yield return "resource ID contains control characters";
        foreach (var (what, pairs) in new[] { ("label", metadata.Labels), ("annotation", metadata.Annotations) })
        {
            if (pairs.Count > MaxKeys)
                yield return $"too many {what}s: {pairs.Count}, the maximum is {MaxKeys}";
            foreach (var (key, value) in pairs)
            {
                if (Encoding.UTF8.GetByteCount(key) > MaxKeyBytes)
                    yield return $"{what} key is longer than {MaxKeyBytes} bytes";
                if (Encoding.UTF8.GetByteCount(value) > MaxValueBytes)
                    yield return $"value of {what} \"{key}\" is longer than {MaxValueBytes} bytes";
            }
        }
    }

    /// <summary>A label that names the resource which this one belongs to: it must be there and may not change.</summary>
    public static IEnumerable<string> Relation(string label, Metadata? old, Metadata metadata)
    {
        if (!metadata.Labels.TryGetValue(label, out var value))
            yield return $"label \"{label}\" does not exist";
        else if (value.Length == 0)
            yield return $"label \"{label}\" has empty value";
        else if (old is not null && old.Labels.TryGetValue(label, out var before) && before != value)
            yield return $"changing value of label \"{label}\" from \"{before}\" to \"{value}\" is not allowed";
    }
}
