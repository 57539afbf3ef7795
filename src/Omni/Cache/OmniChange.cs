using OmniScale.Omni.Api;

namespace OmniScale.Omni;

/// <summary>A resource in a cache is new, different or gone. Labels are null on the side on which it does not exist.</summary>
public readonly record struct OmniChange(
    ResourceType Type, string Id, IReadOnlyDictionary<string, string>? OldLabels, IReadOnlyDictionary<string, string>? NewLabels)
{
    public bool IsDeleted => NewLabels is null;

    /// <summary>The value of a label after the change, or before it if the resource is gone or lost the label.</summary>
    public string? Label(string key) => NewLabels?.GetValueOrDefault(key) ?? OldLabels?.GetValueOrDefault(key);
}
