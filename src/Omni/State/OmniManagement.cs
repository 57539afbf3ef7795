using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using OmniScale.Omni.Api.Management;

namespace OmniScale.Omni;

/// <summary>What Omni offers beside its resources. Every call may throw <see cref="OmniException"/>.</summary>
public interface IOmniManagement
{
    /// <summary>A kubeconfig with a token of a service account of the cluster. Needs the role Operator. The token cannot be revoked by itself: keep its lifetime short.</summary>
    Task<byte[]> GetKubeconfigAsync(string cluster, string user, IReadOnlyList<string> groups, TimeSpan lifetime, CancellationToken cancellationToken);

    /// <summary>Creates an account with the role given. Needs the role Admin.</summary>
    /// <returns>The id of the public key.</returns>
    Task<string> CreateServiceAccountAsync(ServiceAccountName name, string role, string armoredPublicKey, CancellationToken cancellationToken);

    /// <summary>Adds a key to an account; those it has stay valid until they expire. Needs the role Admin.</summary>
    /// <returns>The id of the public key.</returns>
    Task<string> RenewServiceAccountAsync(ServiceAccountName name, string armoredPublicKey, CancellationToken cancellationToken);

    /// <summary>Needs the role Admin, and is refused for the own account.</summary>
    Task DestroyServiceAccountAsync(ServiceAccountName name, CancellationToken cancellationToken);

    /// <summary>Needs the role Admin.</summary>
    Task<IReadOnlyList<ListServiceAccountsResponse.Types.ServiceAccount>> ListServiceAccountsAsync(CancellationToken cancellationToken);
}

/// <inheritdoc cref="IOmniManagement"/>
internal sealed class OmniManagement(ManagementService.ManagementServiceClient client, OmniCalls calls) : IOmniManagement
{
    public async Task<byte[]> GetKubeconfigAsync(string cluster, string user, IReadOnlyList<string> groups, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var request = new KubeconfigRequest
        {
            ServiceAccount = true,
            ServiceAccountUser = user,
            ServiceAccountGroups = { groups },
            ServiceAccountTtl = Duration.FromTimeSpan(lifetime),
        };
        var headers = new Metadata { { "context", cluster } };
        var response = await CallAsync("Kubeconfig", o => client.KubeconfigAsync(request, o), cancellationToken, headers).ConfigureAwait(false);
        return response.Kubeconfig.ToByteArray();
    }

    public async Task<string> CreateServiceAccountAsync(ServiceAccountName name, string role, string armoredPublicKey, CancellationToken cancellationToken)
    {
        var request = new CreateServiceAccountRequest { Name = name.Value, Role = role, ArmoredPgpPublicKey = armoredPublicKey };
        var response = await CallAsync("ServiceAccount", o => client.CreateServiceAccountAsync(request, o), cancellationToken).ConfigureAwait(false);
        return response.PublicKeyId;
    }

    public async Task<string> RenewServiceAccountAsync(ServiceAccountName name, string armoredPublicKey, CancellationToken cancellationToken)
    {
        var request = new RenewServiceAccountRequest { Name = name.Value, ArmoredPgpPublicKey = armoredPublicKey };
        var response = await CallAsync("ServiceAccount", o => client.RenewServiceAccountAsync(request, o), cancellationToken).ConfigureAwait(false);
        return response.PublicKeyId;
    }

    public Task DestroyServiceAccountAsync(ServiceAccountName name, CancellationToken cancellationToken) =>
        CallAsync("ServiceAccount", o => client.DestroyServiceAccountAsync(new DestroyServiceAccountRequest { Name = name.Value }, o), cancellationToken);

    public async Task<IReadOnlyList<ListServiceAccountsResponse.Types.ServiceAccount>> ListServiceAccountsAsync(CancellationToken cancellationToken)
    {
        var response = await CallAsync("ServiceAccount", o => client.ListServiceAccountsAsync(new Empty(), o), cancellationToken).ConfigureAwait(false);
        return response.ServiceAccounts;
    }

    private Task<TResponse> CallAsync<TResponse>(
        string subject, Func<CallOptions, AsyncUnaryCall<TResponse>> start, CancellationToken cancellationToken, Metadata? headers = null) =>
        calls.UnaryAsync(OmniOperation.Manage, subject, start, cancellationToken, headers);
}
