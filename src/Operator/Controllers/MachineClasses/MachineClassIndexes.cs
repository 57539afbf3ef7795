using OmniScale.Crds;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.MachineClasses;

/// <summary>How MachineClasses are found from what they refer to.</summary>
internal static class MachineClassIndexes
{
    /// <summary>By the class's name in Omni.</summary>
    public const string OmniName = "omniName";

    /// <summary>By <c>namespace/name</c> of a provider.</summary>
    public const string Provider = "provider";

    public static void Add(Store<MachineClass> store)
    {
        store.AddIndex(OmniName, machineClass => [machineClass.OmniName]);
        store.AddIndex(Provider, machineClass => machineClass.Spec.ProviderRef is { } provider ? [ProviderKey(machineClass.Metadata.NamespaceProperty, provider.Name)] : []);
    }

    public static string ProviderKey(string @namespace, string name) => $"{@namespace}/{name}";
}
