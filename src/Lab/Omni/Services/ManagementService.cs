using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Hosting;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api.Management;
using ApiServiceAccount = OmniScale.Omni.Api.Management.ListServiceAccountsResponse.Types.ServiceAccount;

namespace OmniScale.Lab.Omni.Services;

/// <summary>Service accounts and client configurations.</summary>
internal sealed class ManagementService(OmniStore store, ReadCache cache, OmniServer server)
    : OmniScale.Omni.Api.Management.ManagementService.ManagementServiceBase
{
    private static readonly TimeSpan MaxKubeconfigTtl = TimeSpan.FromDays(3650);

    public override Task<CreateServiceAccountResponse> CreateServiceAccount(CreateServiceAccountRequest request, ServerCallContext context)
    {
        var caller = Require(context, Role.Admin);
        var role = caller.Role;
        if (!request.UseUserRole && !System.Enum.TryParse(request.Role, out role))
            throw new StateException(StatusCode.InvalidArgument, $"unknown role: \"{request.Role}\"");
        return Task.FromResult(new CreateServiceAccountResponse
        {
            PublicKeyId = store.Accounts.Create(request.Name, role, request.ArmoredPgpPublicKey).Fingerprint,
        });
    }

    public override Task<RenewServiceAccountResponse> RenewServiceAccount(RenewServiceAccountRequest request, ServerCallContext context)
    {
        Require(context, Role.Admin);
        return Task.FromResult(new RenewServiceAccountResponse
        {
            PublicKeyId = store.Accounts.Renew(request.Name, request.ArmoredPgpPublicKey).Fingerprint,
        });
    }

    public override Task<ListServiceAccountsResponse> ListServiceAccounts(Empty request, ServerCallContext context)
    {
        Require(context, Role.Admin);
        var response = new ListServiceAccountsResponse();
        foreach (var account in store.Accounts.List())
        {
            var item = new ApiServiceAccount { Name = account.Name, Role = account.Role.ToString() };
            item.PgpPublicKeys.AddRange(account.Keys.Select(key => new ApiServiceAccount.Types.PgpPublicKey
            {
                Id = key.Fingerprint,
                Armored = key.Armored,
                Created = Timestamp.FromDateTimeOffset(key.Created),
                Expiration = Timestamp.FromDateTimeOffset(key.Expiration),
                LastUsed = key.LastUsed is { } used ? Timestamp.FromDateTimeOffset(used) : null,
            }));
            response.ServiceAccounts.Add(item);
        }

        return Task.FromResult(response);
    }

    public override Task<Empty> DestroyServiceAccount(DestroyServiceAccountRequest request, ServerCallContext context)
    {
        if (Require(context, Role.Admin).Name == request.Name)
            throw new StateException(StatusCode.InvalidArgument, "cannot destroy the service account of the request itself");
        store.Accounts.Destroy(request.Name);
        return Task.FromResult(new Empty());
    }

    public override Task<KubeconfigResponse> Kubeconfig(KubeconfigRequest request, ServerCallContext context)
    {
        Require(context, Role.Operator);
        if (!request.ServiceAccount)
            throw new StateException(StatusCode.InvalidArgument, "only kubeconfigs of service accounts can be made without a browser");
        if (request.ServiceAccountUser.Length == 0)
            throw new StateException(StatusCode.InvalidArgument, "service account user name is not set");
        if (request.ServiceAccountTtl?.ToTimeSpan() is not { } ttl || ttl <= TimeSpan.Zero)
            throw new StateException(StatusCode.InvalidArgument, "service account ttl is not set");
        if (ttl > MaxKubeconfigTtl)
            throw new StateException(StatusCode.InvalidArgument, $"service account ttl is longer than {MaxKubeconfigTtl}");
        var cluster = ClusterOf(context);
        if (cache.Find(KnownTypes.ClusterUuids, cluster) is not { } uuid)
            throw new StateException(StatusCode.Unknown, $"the cluster \"{cluster}\" has no UUID yet");

        var expiry = store.Time.GetUtcNow() + ttl;
        var yaml = ClientConfigs.Kubeconfig(
            server.KubernetesProxy, cluster, ClusterUuids.Read(uuid), request.ServiceAccountUser, request.ServiceAccountGroups, expiry);
        return Task.FromResult(new KubeconfigResponse { Kubeconfig = ByteString.CopyFromUtf8(yaml) });
    }

    public override Task<TalosconfigResponse> Talosconfig(TalosconfigRequest request, ServerCallContext context)
    {
        var caller = Require(context, Role.Reader);
        return Task.FromResult(new TalosconfigResponse
        {
            Talosconfig = ByteString.CopyFromUtf8(ClientConfigs.Talosconfig(server.Endpoint, ClusterOf(context), caller.Identity)),
        });
    }

    private static Caller Require(ServerCallContext context, Role role)
    {
        var caller = CallInterceptor.CallerOf(context);
        AccessRules.CheckRole(caller, role);
        return caller;
    }

    /// <summary>The cluster named in the request's headers: "cluster" wins over "context".</summary>
    private static string ClusterOf(ServerCallContext context) =>
        (context.RequestHeaders.GetValue("cluster") ?? context.RequestHeaders.GetValue("context")) is { Length: > 0 } cluster
            ? cluster
            : throw new StateException(StatusCode.InvalidArgument, "missing cluster in the context");
}
