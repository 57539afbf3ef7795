using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Management;
using OmniScale.Omni.Api.Specs;
using Metadata = Grpc.Core.Metadata;

namespace OmniScale.Lab.Tests.Omni;

public class AccessTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Role.None, false, false)]
    [InlineData(Role.InfraProvider, false, false)]
    [InlineData(Role.Reader, true, false)]
    [InlineData(Role.Auditor, true, false)]
    [InlineData(Role.Operator, true, true)]
    [InlineData(Role.Admin, true, true)]
    public async Task Clusters_AreReadByReadersAndWrittenByOperators(Role role, bool mayRead, bool mayWrite)
    {
        await using var omni = await TestOmni.StartAsync();
        var client = omni.As(role);

        Assert.Equal(mayRead, await AllowedAsync(client.ListAsync(ResourceTypes.Clusters)));
        Assert.Equal(mayWrite, await AllowedAsync(client.CreateAsync(Samples.Cluster())));
        Assert.True(await AllowedAsync(client.ListAsync(ResourceTypes.SysVersions)));
    }

    [Fact]
    public async Task Refusal_OfARole_CarriesTheValidationPrefixAndItsOwnCode()
    {
        await using var omni = await TestOmni.StartAsync();

        var status = await omni.As(Role.Reader).CreateAsync(Samples.Cluster()).FailureAsync();

        Assert.Equal(StatusCode.PermissionDenied, status.StatusCode);
        Assert.Equal("failed to validate: 1 error occurred:\n\t* insufficient role: \"Reader\"\n\n", status.Detail);
    }

    [Fact]
    public async Task TypeThatTheServerDoesNotKnow_IsDenied()
    {
        await using var omni = await TestOmni.StartAsync();
        using var call = omni.As(Role.Admin).List(new ListRequest { Namespace = "default", Type = "MachineInstallDiskConfigs.omni.sidero.dev" }, cancellationToken: Token);

        var status = await call.ResponseStream.MoveNext(Token).FailureAsync();

        Assert.Equal(StatusCode.PermissionDenied, status.StatusCode);
        Assert.Contains("no access is permitted", status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task InfraProvider_WritesTheStatusOfItsOwnIdAlone()
    {
        await using var omni = await TestOmni.StartAsync();
        var client = omni.As(new Signer(omni.Simulator.CreateServiceAccountKey("infra-provider:pve", Role.InfraProvider)));

        Assert.True(await AllowedAsync(client.CreateAsync(ResourceTypes.InfraProviderStatuses.New("pve", new InfraProviderStatusSpec()))));
        Assert.False(await AllowedAsync(client.CreateAsync(ResourceTypes.InfraProviderStatuses.New("other", new InfraProviderStatusSpec()))));
    }

    [Fact]
    public async Task ServiceAccount_IsCreatedRenewedListedAndDestroyedByAdmins()
    {
        await using var omni = await TestOmni.StartAsync();
        var admin = omni.ManagementAs(Role.Admin);
        var (_, first) = Keys(TimeSpan.FromDays(365));
        var (_, second) = Keys(TimeSpan.FromDays(30));
        var create = new CreateServiceAccountRequest { Name = "infra-provider:pve", Role = "InfraProvider", ArmoredPgpPublicKey = first };

        var refused = await omni.ManagementAs(Role.Operator).CreateServiceAccountAsync(create, cancellationToken: Token).ResponseAsync.FailureAsync();
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        var created = await admin.CreateServiceAccountAsync(create, cancellationToken: Token);
        var twice = await admin.CreateServiceAccountAsync(create, cancellationToken: Token).ResponseAsync.FailureAsync();
        Assert.Equal(StatusCode.AlreadyExists, twice.StatusCode);
        var renewed = await admin.RenewServiceAccountAsync(
            new RenewServiceAccountRequest { Name = "infra-provider:pve", ArmoredPgpPublicKey = second }, cancellationToken: Token);

        var listed = (await admin.ListServiceAccountsAsync(new Empty(), cancellationToken: Token)).ServiceAccounts.Single(account => account.Name == "infra-provider:pve");
        Assert.Equal("InfraProvider", listed.Role);
        Assert.Equal([created.PublicKeyId, renewed.PublicKeyId], listed.PgpPublicKeys.Select(key => key.Id));
        Assert.All(listed.PgpPublicKeys, key => Assert.Matches("^[0-9a-f]{40}$", key.Id));

        await admin.DestroyServiceAccountAsync(new DestroyServiceAccountRequest { Name = "infra-provider:pve" }, cancellationToken: Token);
        var own = await admin.DestroyServiceAccountAsync(new DestroyServiceAccountRequest { Name = "test-admin" }, cancellationToken: Token).ResponseAsync.FailureAsync();
        Assert.Equal(StatusCode.InvalidArgument, own.StatusCode);
    }

    [Theory]
    [InlineData("infra-provider:pve", "Operator", 100)]
    [InlineData("pve", "InfraProvider", 100)]
    [InlineData("Upper", "Operator", 100)]
    [InlineData("pve", "Nobody", 100)]
    [InlineData("pve", "Operator", 366)]
    public async Task ServiceAccount_ThatIsNotAllowed_IsInvalid(string name, string role, int days)
    {
        await using var omni = await TestOmni.StartAsync();
        var request = new CreateServiceAccountRequest { Name = name, Role = role, ArmoredPgpPublicKey = Keys(TimeSpan.FromDays(days)).Public };

        var status = await omni.ManagementAs(Role.Admin).CreateServiceAccountAsync(request, cancellationToken: Token).ResponseAsync.FailureAsync();

        Assert.Equal(StatusCode.InvalidArgument, status.StatusCode);
    }

    [Fact]
    public async Task Kubeconfig_IsMadeForTheClusterInTheHeaders()
    {
        await using var omni = await TestOmni.StartAsync(new() { ReadLag = TimeSpan.Zero, Speed = 3000 });
        await omni.Client.CreateAsync(Samples.Cluster());
        await omni.Simulator.State.WaitAsync(store => store.Get(ResourceTypes.ClusterStatuses, "prod") is not null, TestOmni.Limit, Token);
        var request = new KubeconfigRequest
        {
            ServiceAccount = true,
            ServiceAccountUser = "omniscale",
            ServiceAccountTtl = Duration.FromTimeSpan(TimeSpan.FromDays(1)),
            ServiceAccountGroups = { "system:masters" },
        };
        var client = omni.ManagementAs(Role.Operator);

        var config = (await client.KubeconfigAsync(request, new Metadata { { "context", "prod" } }, cancellationToken: Token)).Kubeconfig.ToStringUtf8();
        Assert.Contains("current-context: lab-prod-omniscale", config, StringComparison.Ordinal);
        var talos = (await client.TalosconfigAsync(new TalosconfigRequest(), new Metadata { { "cluster", "prod" } }, cancellationToken: Token)).Talosconfig.ToStringUtf8();
        Assert.Contains("identity: test-operator@serviceaccount.omni.sidero.dev", talos, StringComparison.Ordinal);

        Assert.Equal(StatusCode.InvalidArgument, (await client.KubeconfigAsync(request, cancellationToken: Token).ResponseAsync.FailureAsync()).StatusCode);
        request.ServiceAccountTtl = null;
        Assert.Equal(
            StatusCode.InvalidArgument,
            (await client.KubeconfigAsync(request, new Metadata { { "context", "prod" } }, cancellationToken: Token).ResponseAsync.FailureAsync()).StatusCode);
    }

    private static (string Private, string Public) Keys(TimeSpan lifetime)
    {
        var (armored, key) = OpenPgp.Generate("pve (test) <pve@infra-provider.serviceaccount.omni.sidero.dev>", TimeProvider.System.GetUtcNow(), lifetime);
        using var buffer = new MemoryStream();
        using (var armor = new Org.BouncyCastle.Bcpg.ArmoredOutputStream(buffer))
            key.Encode(armor);
        return (armored, System.Text.Encoding.ASCII.GetString(buffer.ToArray()));
    }

    private static async Task<bool> AllowedAsync(Task call)
    {
        try
        {
            await call;
            return true;
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.PermissionDenied)
        {
            return false;
        }
    }
}
