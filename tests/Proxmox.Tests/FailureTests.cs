using System.Net;
using System.Net.Sockets;
using OmniScale.Lab.Proxmox;

namespace OmniScale.Proxmox.Tests;

public sealed class FailureTests
{
    private const string CheckUrl = "Check that the URL is the address of Proxmox VE itself, such as https://host:8006.";
    private const string Separation = " A token with privilege separation needs ACLs of its own.";
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    public static TheoryData<string, ProxmoxFault, ProxmoxFailure, int?, string> Answers => new()
    {
        {
            "a privilege is missing", new() { Status = 403, Reason = "Permission check failed (/storage/local, Datastore.Audit|Datastore.AllocateSpace)" },
            ProxmoxFailure.Forbidden, 403, $"omni@pve!operator may not GET /version: it lacks Datastore.Audit or Datastore.AllocateSpace on /storage/local.{Separation}"
        },
        {
            "an or-check fails", new() { Status = 403, Reason = "Permission check failed" },
            ProxmoxFailure.Forbidden, 403, $"omni@pve!operator may not GET /version (Permission check failed).{Separation}"
        },
        {
            "a proxy put its own reason phrase in", new() { Status = 500, Body = """{"data":null,"message":"got no\nworker upid\n"}""" },
            ProxmoxFailure.ServerError, 500, "GET /version failed in Proxmox (500 got no worker upid)."
        },
        {
            "a parameter is refused",
            new() { Status = 400, Reason = "Parameter verification failed.", Body = """{"data":null,"errors":{"path":"invalid format\n"},"message":"Parameter verification failed.\n"}""" },
            ProxmoxFailure.UnexpectedAnswer, 400, "GET /version was answered with 400 Parameter verification failed. path: invalid format."
        },
        {
            "the path is not known", new() { Status = 501, Reason = "Method 'GET /api2/json/version' not implemented" },
            ProxmoxFailure.UnexpectedAnswer, 501, $"GET /version is not known to the server (501 Method 'GET /api2/json/version' not implemented). {CheckUrl}"
        },
        {
            "another web server has no such page", new() { Status = 404, Body = "<html></html>", ContentType = "text/html" },
            ProxmoxFailure.UnexpectedAnswer, 404, $"GET /version is not known to the server (404 Not Found). {CheckUrl}"
        },
        {
            "a page of HTML comes", new() { Body = "<!DOCTYPE html><html></html>", ContentType = "text/html" },
            ProxmoxFailure.UnexpectedAnswer, 200, $"GET /version was answered with something that is not Proxmox VE's JSON. {CheckUrl}"
        },
        {
            "the JSON is cut off", new() { Body = "{\"data\":[{\"no" },
            ProxmoxFailure.UnexpectedAnswer, 200, $"GET /version was answered with something that is not Proxmox VE's JSON. {CheckUrl}"
        },
        {
            "another JSON API answers", new() { Body = "{\"status\":\"ok\"}" },
            ProxmoxFailure.UnexpectedAnswer, 200, $"GET /version was answered with something that is not Proxmox VE's JSON. {CheckUrl}"
        },
        {
            "there is no version", new() { Body = "{\"data\":null}" },
            ProxmoxFailure.UnexpectedAnswer, null, "GET /version answered without a version. Check that the URL leads to Proxmox VE itself."
        },
        {
            "it redirects", new() { Status = 301, Headers = new Dictionary<string, string> { ["Location"] = "https://sso.example.com/login?to=x" } },
            ProxmoxFailure.UnexpectedAnswer, 301,
            $"GET /version was redirected to https://sso.example.com, which is not followed because the credentials would go along. {CheckUrl}"
        },
        {
            "a proxy has no backend", new() { Status = 502, Body = "<html></html>", ContentType = "text/html" },
            ProxmoxFailure.ServerError, 502, "GET /version failed in Proxmox (502 Bad Gateway)."
        },
        {
            "a node cannot be reached", new() { Status = 595, Reason = "Connection timed out" },
            ProxmoxFailure.ServerError, 595, "GET /version could not be passed on to the node that has to answer it (595 Connection timed out)."
        },
        {
            "the text is long and has control characters", new() { Status = 500, Reason = "a\tb" + new string('x', 400) },
            ProxmoxFailure.ServerError, 500, $"GET /version failed in Proxmox (500 a b{new string('x', 297)}…)."
        },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Answer_ThatIsNoData_IsExplained(string when, ProxmoxFault fault, ProxmoxFailure kind, int? status, string message)
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(fault);

        var failure = await FailAsync(lab.Client());

        Assert.True((kind, status, message) == (failure.Kind, failure.StatusCode, failure.Message), $"When {when}: {failure.Kind} {failure.StatusCode} {failure.Message}");
        Assert.Single(lab.Simulator.Calls);
    }

    [Fact]
    public async Task MissingPermission_IsOfferedAsData()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new() { Status = 403, Reason = "Permission check failed (/nodes/golf, Sys.Audit|Sys.Modify)" });

        Assert.Equal(new MissingPermission("/nodes/golf", ["Sys.Audit", "Sys.Modify"]), (await FailAsync(lab.Client())).Missing);
    }

    [Theory]
    [InlineData("9.1.5", "Authentication failed!")]
    [InlineData("9.0.11", "invalid token value!")]
    public async Task WrongTokenSecret_IsUnauthorizedWithTheReasonPhrase(string version, string reason)
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Edit(c => c.Version = version);

        var failure = await FailAsync(lab.Client(new ProxmoxCredentials.Token(MatrixCluster.TokenId, "11111111-1111-1111-1111-111111111111")));

        Assert.Equal((ProxmoxFailure.Unauthorized, 401), (failure.Kind, failure.StatusCode));
        Assert.Equal(
            $"Proxmox does not accept the token omni@pve!operator ({reason}). Check its id and secret, that it and its user are enabled, and that neither has expired.",
            failure.Message);
    }

    [Fact]
    public async Task Inventory_WithWrongCredentials_FailsAfterOneCall()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Edit(c => c.Users[0].Enabled = false);

        var failure = await Assert.ThrowsAsync<ProxmoxException>(() => lab.Client().ReadInventoryAsync(Cancel));

        Assert.Equal(ProxmoxFailure.Unauthorized, failure.Kind);
        Assert.Equal(["GET /version 401"], lab.Calls());
    }

    [Fact]
    public async Task Inventory_WhenTheCredentialsEndHalfway_IsUnauthorized()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new() { Path = "/nodes/golf/storage", Status = 401, Reason = "Authentication failed!" });

        var failure = await Assert.ThrowsAsync<ProxmoxException>(() => lab.Client().ReadInventoryAsync(Cancel));

        Assert.Equal(ProxmoxFailure.Unauthorized, failure.Kind);
    }

    [Fact]
    public async Task Reset_Once_IsRetriedUnseen()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new() { Reset = true, Count = 1 });

        Assert.Equal("9.1.5", (await lab.Client().GetVersionAsync(Cancel)).Version);
        Assert.Equal(["GET /version 0", "GET /version 200"], lab.Calls());
    }

    [Fact]
    public async Task Reset_AgainAndAgain_IsUnreachableAfterTwoAttempts()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new() { Reset = true });

        var failure = await FailAsync(lab.Client());

        Assert.Equal((ProxmoxFailure.Unreachable, $"{Origin(lab.Simulator.Url)} closed the connection before its answer was complete."), (failure.Kind, failure.Message));
        Assert.Equal(["GET /version 0", "GET /version 0"], lab.Calls());
    }

    [Fact]
    public async Task Silence_IsATimeout()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new() { Delay = Timeout.InfiniteTimeSpan });

        var failure = await FailAsync(lab.Client(options: new() { RequestTimeout = TimeSpan.FromMilliseconds(500) }));

        Assert.Equal(
            (ProxmoxFailure.Timeout,
                $"No answer from {Origin(lab.Simulator.Url)} within 0.5 s. Check the address, the port and the firewalls in between. "
                + $"Proxmox VE listens on port 8006, not {lab.Simulator.Url.Port}, unless a proxy is in front of it."),
            (failure.Kind, failure.Message));
    }

    [Fact]
    public async Task Cancellation_IsNotAFailure()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new() { Delay = Timeout.InfiniteTimeSpan });
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lab.Client().GetVersionAsync(stop.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => lab.Client().ReadInventoryAsync(stop.Token));
    }

    [Fact]
    public async Task ClosedPort_IsConnectionRefused()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var url = new Uri($"https://{closed.LocalEndpoint}");
        closed.Stop();

        var failure = await FailAsync(url);

        Assert.Equal(
            (ProxmoxFailure.ConnectionRefused,
                $"{Origin(url)} refuses connections. Check the address, and that pveproxy runs there. "
                + $"Proxmox VE listens on port 8006, not {url.Port}, unless a proxy is in front of it."),
            (failure.Kind, failure.Message));
    }

    [Fact]
    public async Task UnknownName_IsADnsFailure()
    {
        var failure = await FailAsync(new Uri("https://pve.invalid:8006"));

        Assert.Equal((ProxmoxFailure.DnsFailed, "The name 'pve.invalid' does not resolve. Check the Proxmox URL and the DNS in use."), (failure.Kind, failure.Message));
    }

    [Fact]
    public async Task PortWithoutTls_IsATlsFailure()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(
            async () =>
            {
                using var connection = await listener.AcceptTcpClientAsync(Cancel);
                await connection.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), Cancel);
                await connection.GetStream().CopyToAsync(Stream.Null, Cancel);
            },
            Cancel);

        var failure = await FailAsync(new Uri($"https://{listener.LocalEndpoint}"));

        Assert.Equal(ProxmoxFailure.TlsFailed, failure.Kind);
        Assert.Contains("Check that the port speaks HTTPS.", failure.Message, StringComparison.Ordinal);
        await answering;
    }

    private static string Origin(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private static Task<ProxmoxException> FailAsync(ProxmoxClient client) => Assert.ThrowsAsync<ProxmoxException>(() => client.GetVersionAsync(Cancel));

    private static async Task<ProxmoxException> FailAsync(Uri url)
    {
        using var client = new ProxmoxClient(new ProxmoxEndpoint(url, Lab.Token, new ProxmoxTls.SystemTrust()));
        return await FailAsync(client);
    }
}
