namespace OmniScale.Proxmox;

/// <summary>Reads one Proxmox cluster; nothing is ever changed there. Safe for concurrent use. Every method raises <see cref="ProxmoxException"/>.</summary>
public interface IProxmoxClient : IDisposable
{
    /// <summary>Needs no privilege, only valid credentials.</summary>
    Task<ProxmoxVersion> GetVersionAsync(CancellationToken cancellationToken);

    /// <summary>Reads the whole inventory. A node that does not answer is recorded as such and does not spoil the rest.</summary>
    Task<ProxmoxInventory> ReadInventoryAsync(CancellationToken cancellationToken);

    /// <summary>Asks for the effective privileges on each path. The paths need not exist: <c>/vms/999999</c> tells what a VM of that id would have.</summary>
    Task<EffectivePermissions> GetPermissionsAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken);

    /// <summary>The effective privileges on the top-level paths and every path with an ACL, in one call: empty when the account can do nothing.</summary>
    Task<EffectivePermissions> GetPermissionsAsync(CancellationToken cancellationToken);
}
