using OmniScale.Lab.Proxmox;

namespace OmniScale.Proxmox.Tests;

public sealed class PermissionsTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Permissions_AreAskedOncePerDistinctPath()
    {
        await using var lab = await Lab.StartAsync();

        var permissions = await lab.Client().GetPermissionsAsync(["/storage/local", "/", "/storage/local", "/access"], Cancel);

        Assert.Equal(
            ["GET /access/permissions?path=%2F 200", "GET /access/permissions?path=%2Faccess 200", "GET /access/permissions?path=%2Fstorage%2Flocal 200"],
            lab.Calls().Order(StringComparer.Ordinal));
        Assert.Equal(["/", "/access", "/storage/local"], permissions.ByPath.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(
            ["Datastore.Allocate", "Datastore.AllocateSpace", "Datastore.AllocateTemplate", "Datastore.Audit"],
            permissions.ByPath["/storage/local"].Order(StringComparer.Ordinal));
        Assert.False(permissions.IsEmpty);
    }

    [Fact]
    public async Task Privilege_WithoutPropagation_CountsAsGranted()
    {
        await using var lab = await Lab.StartAsync();

        var permissions = await lab.Client().GetPermissionsAsync(["/", "/access"], Cancel);

        Assert.True(permissions.Has("/", "Sys.Audit"));
        Assert.False(permissions.Has("/access", "Sys.Audit"));
        Assert.False(permissions.Has("/never/asked", "Sys.Audit"));
    }

    [Fact]
    public async Task SeparatedTokenWithoutAcls_LogsInAndCanDoNothing()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Edit(c => c.Users[0].Tokens[0].PrivilegeSeparation = true);
        var client = lab.Client();

        Assert.Equal("9.1.5", (await client.GetVersionAsync(Cancel)).Version);
        Assert.True((await client.GetPermissionsAsync(Cancel)).IsEmpty);
        Assert.True((await client.GetPermissionsAsync(["/storage/local", "/vms/100"], Cancel)).IsEmpty);

        lab.Simulator.Inventory.Grant(MatrixCluster.TokenId, "/vms", "VM.Allocate");

        Assert.Equal(["/vms"], (await client.GetPermissionsAsync(Cancel)).ByPath.Keys);
        Assert.True((await client.GetPermissionsAsync(["/vms/100"], Cancel)).Has("/vms/100", "VM.Allocate"));
    }

    [Fact]
    public async Task Permissions_WhenAReadFails_Fail()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new() { Path = "/access/permissions", Status = 500, Reason = "no quorum" });

        var failure = await Assert.ThrowsAsync<ProxmoxException>(() => lab.Client().GetPermissionsAsync(["/vms"], Cancel));

        Assert.Equal(ProxmoxFailure.ServerError, failure.Kind);
    }
}
