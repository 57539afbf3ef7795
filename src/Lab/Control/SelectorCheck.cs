using System.Text.RegularExpressions;
using OmniScale.Lab.Omni.Lifecycle;
using OmniScale.Lab.Omni.Validation;
using OmniScale.Lab.Proxmox;

namespace OmniScale.Lab.Control;

/// <summary>
/// Lets the simulated provider fail where the simulated Proxmox lacks the storage. Only selectors that name one storage
/// are understood; every other selector is taken to match.
/// </summary>
internal sealed partial class SelectorCheck(ProxmoxInventoryModel inventory)
{
    public ProvisionVerdict Decide(ProvisionRequest request)
    {
        var data = YamlTree.Documents(request.ProviderData)[0];
        var selector = YamlTree.At(data, "storage_selector") is { } node ? YamlTree.Text(node) : "";
        var match = NamePattern().Match(selector);
        if (!match.Success)
            return ProvisionVerdict.Success;

        var pinned = YamlTree.At(data, "node") is { } nodeName ? YamlTree.Text(nodeName) : null;
        var name = match.Groups["name"].Value;
        return inventory.Read(cluster => Place(cluster, name, pinned, selector)) is { } error ? ProvisionVerdict.Failure(error) : ProvisionVerdict.Success;
    }

    private static string? Place(SimulatedCluster cluster, string name, string? pinned, string selector)
    {
        if (cluster.Storages.Find(storage => storage.Name == name) is not { } storage)
            return $"failed to pick the disk: no matches for the condition \"{selector.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

        // The provider picks by the selector alone; that the storage cannot be used comes out when the machine is made.
        var nodes = cluster.Nodes.FindAll(node => node.Status == "online" && (pinned is null || node.Name == pinned));
        if (nodes.Count == 0)
            return "failed to pick a node: no node is available";
        var usable = nodes.Exists(node =>
            !storage.Disabled && storage.Nodes?.Contains(node.Name) != false && !storage.InactiveOn.Contains(node.Name));
        return usable ? null : $"failed to create the virtual machine: storage '{name}' is not available on node '{nodes[0].Name}'";
    }

    [GeneratedRegex("""^\s*name\s*==\s*(?<quote>["'])(?<name>[^"']*)\k<quote>\s*$""")]
    private static partial Regex NamePattern();
}
