using OmniScale.Crds;
using OmniScale.Omni.Api.Specs;
using OmniScale.Proxmox;

namespace OmniScale.Core.Providers;

/// <summary>Judges what Proxmox and Omni say of a provider.</summary>
public static class ProviderFindings
{
    public static Finding Reachable(ProxmoxException? failure, ProxmoxInventory? inventory) => failure is null
        ? Finding.True(ProxmoxReasons.Reachable, $"Proxmox VE {inventory?.Version.Version} answers and accepts the credentials")
        : Finding.False(Reason(failure.Kind), failure.Message);

    /// <summary>What the account cannot see is missing without a trace, so that it is judged by the traces: figures that are absent, storages that nobody shows.</summary>
    public static Finding Permissions(ProxmoxInventory inventory, EffectivePermissions? permissions)
    {
        if (permissions is { IsEmpty: true })
        {
            return Finding.False(ProxmoxReasons.PrivilegeSeparation,
                "the account has no privileges at all. An API token with privilege separation has none of its user's: give the token its own (pveum acl modify / --tokens TOKENID --roles PVEAuditor), or make it without separation");
        }

        var missing = new List<string>();
        if (inventory.Quorate is null)
        {
            missing.Add("Sys.Audit on / (to see the quorum)");
        }

        var opaque = inventory.Nodes.Where(n => n is { State: NodeState.Online, MaxCpu: null }).Select(n => "/nodes/" + n.Name).ToList();
        if (opaque.Count > 0)
        {
            missing.Add($"Sys.Audit on {string.Join(", ", opaque)} (to see CPU and memory)");
        }

        if (inventory.Nodes.Any(n => n.State == NodeState.Online && n.Error is null) && inventory.Nodes.All(n => n.Storages.Count == 0))
        {
            missing.Add("Datastore.Audit on /storage (no storage is visible)");
        }

        return missing.Count == 0
            ? Finding.True(ProxmoxReasons.Sufficient, "the account may read what the checks need")
            : Finding.False(ProxmoxReasons.Insufficient, $"the account lacks {string.Join("; ", missing)}. The role PVEAuditor on / has all of it");
    }

    public static Finding Registered(string id, IEnumerable<string> known)
    {
        var ids = known.ToList();
        if (ids.Contains(id))
        {
            return Finding.True(ProxmoxReasons.Registered, $"Omni knows infrastructure provider {id}");
        }

        return ids.Find(other => string.Equals(other, id, StringComparison.OrdinalIgnoreCase)) is { } similar
            ? Finding.False(ProxmoxReasons.WrongCase, $"Omni knows {similar}, not {id}: upper and lower case matter; set spec.providerID: {similar} on a new object")
            : Finding.False(ProxmoxReasons.NotRegistered, $"Omni knows no infrastructure provider {id}: omnictl infraprovider create {id}");
    }

    /// <param name="started">The provider process has connected at least once.</param>
    public static Finding Connected(string id, bool started, InfraProviderCombinedStatusSpec.Types.Health? health) => health switch
    {
        { Connected: true, Error: { Length: > 0 } error } => Finding.False(ProxmoxReasons.ProviderError, $"the provider process reports: {error}"),
        { Connected: true } => Finding.True(ProxmoxReasons.Connected, "the provider process is connected to Omni"),
        { Error: { Length: > 0 } error } => Finding.False(ProxmoxReasons.Disconnected, $"the provider process is not connected to Omni; its last words: {error}"),
        _ when !started => Finding.False(ProxmoxReasons.NeverConnected, $"the provider process has never connected to Omni: start it with --id {id}, Omni's address and the provider's own key"),
        _ => Finding.False(ProxmoxReasons.Disconnected, "the provider process sends no heartbeats: is it running, and does it reach Omni?"),
    };

    private static string Reason(ProxmoxFailure failure) => failure switch
    {
        ProxmoxFailure.DnsFailed => ProxmoxReasons.DnsFailed,
        ProxmoxFailure.ConnectionRefused => ProxmoxReasons.ConnectionRefused,
        ProxmoxFailure.Timeout => ProxmoxReasons.Timeout,
        ProxmoxFailure.Unreachable => ProxmoxReasons.Unreachable,
        ProxmoxFailure.TlsFailed => ProxmoxReasons.TlsFailed,
        ProxmoxFailure.Unauthorized => ProxmoxReasons.Unauthorized,
        ProxmoxFailure.Forbidden => ProxmoxReasons.Forbidden,
        ProxmoxFailure.ServerError => ProxmoxReasons.ServerError,
        _ => ProxmoxReasons.UnexpectedAnswer,
    };
}
