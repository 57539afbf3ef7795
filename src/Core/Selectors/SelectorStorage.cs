using OmniScale.Cel;
using OmniScale.Proxmox;

namespace OmniScale.Core.Selectors;

/// <summary>A storage as one node sees it, with what a selector can see of it and what decides whether it can hold a VM disk.</summary>
/// <param name="AvailableBytes">As Proxmox gives it; a selector sees 0 while the storage is not active.</param>
/// <param name="Content">Such as <c>images</c> or <c>iso</c>; null when it is not known.</param>
/// <param name="Enabled">False also where the storage is restricted to other nodes.</param>
/// <param name="Active">Enabled and reachable from the node.</param>
public sealed record SelectorStorage(
    string Name, string Node, string Type, ulong AvailableBytes, IReadOnlyList<string>? Content = null, bool Enabled = true, bool Active = true) : ICelActivation
{
    /// <summary>Why it cannot hold a VM disk at present, worded to follow its name and "which"; null when it can.</summary>
    public string? Obstacle =>
        StorageTypes.Obstacle(Type) is { } reason ? $"cannot hold VM disks ({reason})"
        : Content is { } content && !content.Contains("images") ? $"cannot hold VM disks (its content is {(content.Count == 0 ? "empty" : string.Join(", ", content))}, without images)"
        : !Enabled ? "is disabled or restricted to other nodes"
        : !Active ? "is not active: Proxmox cannot reach it at present"
        : null;

    /// <summary>A selector's variables, in the order of <see cref="StorageSelector.Environment"/>.</summary>
    public CelValue Resolve(CelVariable variable) => variable.Index switch
    {
        0 => CelValue.String(Name),
        1 => CelValue.String(Node),
        2 => CelValue.String(Type),
        _ => CelValue.UInt(Active ? AvailableBytes : 0),
    };
}

/// <summary>A node that a VM can land on, with the storages that the account sees there.</summary>
public sealed record SelectorNode(string Name, IReadOnlyList<SelectorStorage> Storages)
{
    public static SelectorNode Of(ProxmoxNode node) =>
        new(node.Name, [.. node.Storages.Select(s => new SelectorStorage(s.Name, node.Name, s.Type, s.AvailableBytes, s.Content, s.Enabled, s.Active))]);
}
