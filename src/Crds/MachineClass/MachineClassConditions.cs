namespace OmniScale.Crds;

/// <summary>Condition types of a MachineClass, beside the common ones.</summary>
public static class MachineClassConditions
{
    /// <summary>The provider that spec.providerRef names exists and has published what data it takes.</summary>
    public const string ProviderReady = "ProviderReady";

    /// <summary>Every disk's storage selector compiles and picks a storage that can hold it, on every candidate node. See <see cref="SelectorReasons"/>.</summary>
    public const string StorageSelectorValid = "StorageSelectorValid";
}

/// <summary>Reasons of a MachineClass's conditions.</summary>
public static class MachineClassReasons
{
    /// <summary>Surfaces when the ProxmoxProvider does not exist.</summary>
    public const string ProviderNotFound = "ProviderNotFound";

    /// <summary>Surfaces when the provider process has never connected to Omni: Omni takes no class for it before.</summary>
    public const string ProviderNeverConnected = "ProviderNeverConnected";

    /// <summary>Surfaces on ProviderReady.</summary>
    public const string ProviderKnown = "ProviderKnown";

    /// <summary>Surfaces on a class with matchLabels, which has no provider.</summary>
    public const string NotApplicable = "NotApplicable";
}
