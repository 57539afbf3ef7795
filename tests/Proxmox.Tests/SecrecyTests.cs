using System.Text;
using System.Text.Json;
using OmniScale.Lab.Proxmox;

namespace OmniScale.Proxmox.Tests;

/// <summary>A secret that is easy to find must not turn up in anything that could reach a log or a status, in whatever spelling.</summary>
public sealed class SecrecyTests
{
    private const string Canary = "c4n4ry-%/+secret";
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    public static TheoryData<ProxmoxCredentials> Accounts =>
    [
        new ProxmoxCredentials.Token(MatrixCluster.TokenId, Canary),
        new ProxmoxCredentials.Password("omni", "pve", Canary),
    ];

    [Theory]
    [MemberData(nameof(Accounts))]
    public void Endpoint_PrintedOrSerialized_ShowsNoSecret(ProxmoxCredentials credentials)
    {
        var endpoint = new ProxmoxEndpoint(new Uri("https://192.0.2.5:8006"), credentials, new ProxmoxTls.SystemTrust());

        AssertClean(endpoint.ToString());
        AssertClean(credentials.ToString());
        AssertClean(JsonSerializer.Serialize(endpoint));
        AssertClean(JsonSerializer.Serialize((object)credentials));
        Assert.Contains("omni@pve", endpoint.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Accounts))]
    public async Task Failure_OfEveryKind_ShowsNoSecret(ProxmoxCredentials credentials)
    {
        await using var lab = await Lab.StartAsync();
        var spellings = string.Join(' ', Spellings().Select(s => $"<{s}>"));
        ProxmoxFault[] faults =
        [
            new() { Status = 401, Reason = spellings },
            new() { Status = 403, Reason = spellings },
            new() { Status = 403, Reason = $"Permission check failed (/{Canary}, {Canary})" },
            new() { Status = 400, Reason = "no", Body = JsonSerializer.Serialize(new { data = (string?)null, errors = new { x = spellings }, message = spellings }) },
            new() { Status = 500, Reason = spellings },
            new() { Status = 595, Reason = spellings },
            new() { Status = 302, Headers = new Dictionary<string, string> { ["Location"] = $"https://sso.example.com/?t={Uri.EscapeDataString(Canary)}" } },
            new() { Body = spellings },
            new() { Reset = true },
        ];
        foreach (var fault in faults)
        {
            lab.Simulator.Faults.Clear();
            lab.Simulator.Faults.Add(fault);

            var failure = await Assert.ThrowsAsync<ProxmoxException>(() => lab.Client(credentials).ReadInventoryAsync(Cancel));

            AssertClean(failure.ToString());
            AssertClean(failure.Missing?.ToString() ?? "");
        }
    }

    [Fact]
    public async Task Ticket_EchoedByTheServer_IsHidden()
    {
        await using var lab = await Lab.StartAsync();
        var ticket = "PVE:omni@pve:00000000::" + Convert.ToBase64String(Encoding.UTF8.GetBytes("signature of the ticket"));
        lab.Simulator.Faults.Add(new() { Path = "/access/ticket", Body = JsonSerializer.Serialize(new { data = new { ticket } }) });
        lab.Simulator.Faults.Add(new() { Path = "/version", Status = 500, Reason = $"cannot use {ticket} or {Uri.EscapeDataString(ticket)}" });

        var failure = await Assert.ThrowsAsync<ProxmoxException>(() => lab.Client(Lab.Password).GetVersionAsync(Cancel));

        Assert.Equal("GET /version failed in Proxmox (500 cannot use *** or ***).", failure.Message);
    }

    [Theory]
    [InlineData("https://omni:c4n4ry@192.0.2.5:8006")]
    [InlineData("omni:c4n4ry@192.0.2.5:8006")]
    [InlineData("https://192.0.2.5:8006/?PVEAuthCookie=c4n4ry")]
    public void Url_WithASecretInIt_IsRefusedWithoutRepeatingIt(string url) =>
        Assert.DoesNotContain("c4n4ry", Assert.Throws<FormatException>(() => ProxmoxEndpoint.ParseUrl(url)).ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("omni@pve!operator=c4n4ry", "x")]
    [InlineData("c4n4ry", "omni@pve!operator")]
    [InlineData("omni@pve!operator", "c4n4ry c4n4ry")]
    public void Token_ThatIsMalformed_IsRefusedWithoutRepeatingIt(string id, string secret) =>
        Assert.DoesNotContain("c4n4ry", Assert.Throws<FormatException>(() => new ProxmoxCredentials.Token(id, secret)).ToString(), StringComparison.Ordinal);

    private static string[] Spellings()
    {
        var bytes = Encoding.UTF8.GetBytes(Canary);
        return [Canary, Uri.EscapeDataString(Canary), Convert.ToBase64String(bytes), Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes)];
    }

    private static void AssertClean(string text)
    {
        foreach (var spelling in Spellings())
            Assert.DoesNotContain(spelling, text, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("c4n4ry", text, StringComparison.OrdinalIgnoreCase);
    }
}
