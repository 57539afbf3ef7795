using OmniScale.Core.Selectors;
using OmniScale.Proxmox;

namespace OmniScale.Cli.Selectors;

/// <summary>Storages from a live Proxmox.</summary>
internal static class ProxmoxSource
{
    /// <exception cref="ProxmoxException">Proxmox does not answer, or refuses.</exception>
    public static async Task<StorageSource> ReadAsync(string url, string? caFile, string[] fingerprints, bool insecure, string? node, Terminal terminal, CancellationToken ct)
    {
        ProxmoxEndpoint endpoint;
        try
        {
            ProxmoxTls tls = caFile is not null ? new ProxmoxTls.CertificateAuthority(await Files.ReadAsync(caFile, terminal, ct))
                : fingerprints.Length > 0 ? new ProxmoxTls.Pinned(fingerprints)
                : insecure ? new ProxmoxTls.Insecure()
                : new ProxmoxTls.SystemTrust();
            endpoint = new(ProxmoxEndpoint.ParseUrl(url), Credentials(terminal.Environment), tls);
        }
        catch (FormatException e)
        {
            throw new CliException(e.Message);
        }

        using var client = new ProxmoxClient(endpoint);
        var inventory = await client.ReadInventoryAsync(ct);
        var scope = SelectorScope.Of(inventory, node);
        return new(scope, [.. (scope.Candidates ?? []).SelectMany(n => n.Storages)]);
    }

    private static ProxmoxCredentials Credentials(Func<string, string?> environment)
    {
        if (environment("PROXMOX_TOKEN_ID") is { } token)
        {
            return new ProxmoxCredentials.Token(token, environment("PROXMOX_TOKEN_SECRET") ?? throw new CliException("PROXMOX_TOKEN_SECRET is not set, which belongs to PROXMOX_TOKEN_ID"));
        }

        return environment("PROXMOX_USERNAME") is { } user
            ? new ProxmoxCredentials.Password(user, environment("PROXMOX_REALM"),
                environment("PROXMOX_PASSWORD") ?? throw new CliException("PROXMOX_PASSWORD is not set, which belongs to PROXMOX_USERNAME"))
            : throw new CliException("--provider needs credentials: set PROXMOX_TOKEN_ID and PROXMOX_TOKEN_SECRET, or PROXMOX_USERNAME and PROXMOX_PASSWORD");
    }
}
