using Microsoft.Extensions.Time.Testing;
using OmniScale.Lab.Proxmox;

namespace OmniScale.Proxmox.Tests;

public sealed class SessionTests
{
    private const string LoggedIn = "POST /access/ticket 200";
    private const string Read = "GET /version 200";
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Password_LogsInOnceForManyRequests()
    {
        await using var lab = await Lab.StartAsync();
        var client = lab.Client(Lab.Password);

        await Task.WhenAll(client.GetVersionAsync(Cancel), client.GetVersionAsync(Cancel), client.GetVersionAsync(Cancel));

        Assert.Equal([LoggedIn, Read, Read, Read], lab.Calls());
        Assert.Equal([null, "omni@pve", "omni@pve", "omni@pve"], lab.Simulator.Calls.Select(c => c.Who));
    }

    [Fact]
    public async Task Ticket_IsRenewedInTimeWithoutThePassword()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var lab = await Lab.StartAsync(new() { Time = time });
        var client = lab.Client(Lab.Password);
        await client.GetVersionAsync(Cancel);
        lab.Simulator.Inventory.Edit(c => c.Users[0].Password = "changed");

        time.Advance(TimeSpan.FromMinutes(89));
        await client.GetVersionAsync(Cancel);
        time.Advance(TimeSpan.FromMinutes(2));
        await client.GetVersionAsync(Cancel);
        time.Advance(TimeSpan.FromMinutes(89));
        await client.GetVersionAsync(Cancel);

        Assert.Equal([LoggedIn, Read, Read, LoggedIn, Read, Read], lab.Calls());
    }

    [Fact]
    public async Task Ticket_PastItsTwoHours_IsReplacedWithThePassword()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var lab = await Lab.StartAsync(new() { Time = time });
        var client = lab.Client(Lab.Password);
        await client.GetVersionAsync(Cancel);

        time.Advance(TimeSpan.FromHours(3));
        await client.GetVersionAsync(Cancel);

        Assert.Equal([LoggedIn, Read, LoggedIn, Read], lab.Calls());
    }

    [Fact]
    public async Task Ticket_WhoseRenewalIsRefused_IsReplacedWithThePassword()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var lab = await Lab.StartAsync(new() { Time = time });
        var client = lab.Client(Lab.Password);
        await client.GetVersionAsync(Cancel);

        time.Advance(TimeSpan.FromMinutes(91));
        lab.Simulator.Faults.Add(new() { Path = "/access/ticket", Status = 401, Reason = "authentication failure", Count = 1 });
        await client.GetVersionAsync(Cancel);

        Assert.Equal([LoggedIn, Read, "POST /access/ticket 401", LoggedIn, Read], lab.Calls());
    }

    [Fact]
    public async Task Ticket_RefusedEarly_IsReplacedOnce()
    {
        await using var lab = await Lab.StartAsync();
        var client = lab.Client(Lab.Password);
        await client.GetVersionAsync(Cancel);
        lab.Simulator.Faults.Add(new() { Path = "/version", Status = 401, Reason = "permission denied - invalid PVE ticket", Count = 1 });

        await client.GetVersionAsync(Cancel);

        Assert.Equal([LoggedIn, Read, "GET /version 401", LoggedIn, Read], lab.Calls());
    }

    [Fact]
    public async Task Ticket_RefusedAtOnce_IsAFailure()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new() { Path = "/version", Status = 401, Reason = "Authentication failed!" });

        var failure = await Assert.ThrowsAsync<ProxmoxException>(() => lab.Client(Lab.Password).GetVersionAsync(Cancel));

        Assert.Equal(ProxmoxFailure.Unauthorized, failure.Kind);
        Assert.Equal([LoggedIn, "GET /version 401"], lab.Calls());
    }

    [Fact]
    public async Task WrongPassword_IsUnauthorized()
    {
        await using var lab = await Lab.StartAsync();

        var failure = await Assert.ThrowsAsync<ProxmoxException>(
            () => lab.Client(new ProxmoxCredentials.Password("omni@pve", null, "wrong")).GetVersionAsync(Cancel));

        Assert.Equal((ProxmoxFailure.Unauthorized, 401), (failure.Kind, failure.StatusCode));
        Assert.Equal(
            "Proxmox does not accept the password of omni@pve (authentication failure). "
            + "Check user, realm and password, and that the user is enabled and has not expired.",
            failure.Message);
    }

    [Fact]
    public async Task SecondFactor_IsExplained()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Edit(c => c.Users[0].SecondFactor = true);

        var failure = await Assert.ThrowsAsync<ProxmoxException>(() => lab.Client(Lab.Password).GetVersionAsync(Cancel));

        Assert.Equal(
            (ProxmoxFailure.Unauthorized, "omni@pve has a second factor, which nobody is there to enter. Use an API token instead, or an account without one."),
            (failure.Kind, failure.Message));
    }

    [Fact]
    public async Task Token_WithAWrongSecretForAWhile_WorksAgainWithoutANewClient()
    {
        await using var lab = await Lab.StartAsync();
        var client = lab.Client();
        lab.Simulator.Inventory.Edit(c => c.Users[0].Tokens[0].Secret = "other");
        await Assert.ThrowsAsync<ProxmoxException>(() => client.GetVersionAsync(Cancel));

        lab.Simulator.Inventory.Edit(c => c.Users[0].Tokens[0].Secret = MatrixCluster.TokenSecret);

        Assert.Equal("9.1.5", (await client.GetVersionAsync(Cancel)).Version);
    }

    [Theory]
    [InlineData("100%;ü@pve", "pa;ss%20=!")]
    public async Task SpecialCharacters_InNamesAndSecrets_Arrive(string user, string secret)
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Edit(c => c.Users.Add(new()
        {
            Id = user,
            Password = "pässword &+%",
            Tokens = [new() { Name = "operator", Secret = secret.Replace("=", "", StringComparison.Ordinal) }],
        }));

        await lab.Client(new ProxmoxCredentials.Token($"{user}!operator", secret.Replace("=", "", StringComparison.Ordinal))).GetVersionAsync(Cancel);
        await lab.Client(new ProxmoxCredentials.Password(user, "pve", "pässword &+%")).GetVersionAsync(Cancel);
    }
}
