using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using OmniScale.Lab.Proxmox;

namespace OmniScale.Lab.Tests;

public sealed class ProxmoxSimulatorTests : IAsyncLifetime
{
    private const string Token = $"PVEAPIToken={MatrixCluster.TokenId}={MatrixCluster.TokenSecret}";
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;
    private readonly FakeTimeProvider time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private ProxmoxSimulator simulator = null!;
    private HttpClient http = null!;

    public async ValueTask InitializeAsync()
    {
        simulator = await ProxmoxSimulator.StartAsync(new() { Time = time }, Cancel);
        http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, SslOptions = { CertificateChainPolicy = Trust(simulator) } });
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await simulator.DisposeAsync();
    }

    [Fact]
    public async Task Version_WithAToken_IsTheInventorys()
    {
        var answer = await GetDataAsync("/version");

        Assert.Equal("""{"version":"9.1.5","release":"9.1","repoid":"80cf92a64bef6889"}""", answer.ToJsonString());
    }

    [Fact]
    public async Task Server_ThatWasTakenDown_RefusesConnections_AndComesBackAsItWas()
    {
        await GetDataAsync("/version");
        var (url, fingerprint) = (simulator.Url, simulator.Fingerprint);

        await simulator.SuspendAsync();
        await Assert.ThrowsAsync<HttpRequestException>(() => GetDataAsync("/version"));
        await simulator.ResumeAsync(Cancel);

        Assert.Equal((url, fingerprint), (simulator.Url, simulator.Fingerprint));
        Assert.Equal("9.1.5", (string?)(await GetDataAsync("/version"))["version"]);
    }

    [Fact]
    public async Task Nodes_OfADefaultCluster_AreThreeOfEqualSize()
    {
        var nodes = (await GetDataAsync("/nodes")).AsArray().OrderBy(n => (string?)n!["node"]).ToList();

        Assert.Equal(["foxtrot", "golf", "hotel"], nodes.Select(n => (string?)n!["node"]));
        Assert.All(nodes, n => Assert.Equal((32, 128L << 30, "online"), ((int)n!["maxcpu"]!, (long)n["maxmem"]!, (string?)n["status"])));
    }

    [Fact]
    public async Task Nodes_WithoutSysAudit_CarryNoFigures()
    {
        simulator.Inventory.Revoke(MatrixCluster.UserId, "/nodes", "Sys.Audit");

        var node = (await GetDataAsync("/nodes")).AsArray()[0]!.AsObject();

        Assert.Equal(["node", "id", "type", "status", "level", "ssl_fingerprint"], node.Select(p => p.Key));
    }

    [Fact]
    public async Task Nodes_WhenOneIsOffline_KeepItsSizesAndLoseItsUsage()
    {
        simulator.Inventory.SetNodeStatus("golf", "offline");

        var golf = (await GetDataAsync("/nodes")).AsArray().Single(n => (string?)n!["node"] == "golf")!.AsObject();

        Assert.Equal(("offline", 128L << 30, false), ((string?)golf["status"], (long)golf["maxmem"]!, golf.ContainsKey("mem")));
    }

    [Fact]
    public async Task Storages_AreListedInVaryingOrder()
    {
        var orders = new HashSet<string>();
        for (var i = 0; i < 20; i++)
            orders.Add(string.Join(',', (await GetDataAsync("/nodes/golf/storage")).AsArray().Select(s => (string?)s!["storage"])));

        Assert.True(orders.Count > 1);
    }

    [Fact]
    public async Task Storage_RestrictedToAnotherNode_IsListedAsDisabled()
    {
        simulator.Inventory.PutStorage(new() { Name = "fast", Type = "zfspool", Content = ["images"], Nodes = ["hotel"], TotalBytes = 1000, UsedBytes = 1 });

        Assert.Equal((0, 0, 0L), Figures(await StorageAsync("golf", "fast")));
        Assert.Equal((1, 1, 999L), Figures(await StorageAsync("hotel", "fast")));
        Assert.Empty((await GetDataAsync("/nodes/golf/storage?storage=fast&content=images")).AsArray());
    }

    [Fact]
    public async Task Storage_InactiveOnOneNode_HasNoFiguresThere()
    {
        simulator.Inventory.SetStorageActive("vm_ssd", active: false, "golf");

        Assert.Equal((1, 0, 0L), Figures(await StorageAsync("golf", "vm_ssd")));
        Assert.Equal((1, 1, 9_000_000_000_000L), Figures(await StorageAsync("hotel", "vm_ssd")));
    }

    [Fact]
    public async Task Storages_WithoutAPrivilegeOnThem_AreLeftOut()
    {
        simulator.Inventory.Edit(c => c.Acl.Add(new() { Who = MatrixCluster.UserId, Path = "/storage/local" }));

        Assert.Equal(["local-lvm", "vm_ssd"], (await GetDataAsync("/nodes/golf/storage")).AsArray().Select(s => (string?)s!["storage"]).Order());
    }

    [Theory]
    [InlineData("9.1.5", "Authentication failed!")]
    [InlineData("9.1.4", "invalid token value!")]
    public async Task Request_WithAWrongSecret_Is401WithTheTextInTheReasonPhraseOnly(string version, string reason)
    {
        simulator.Inventory.Edit(c => c.Version = version);

        var (status, phrase, body) = await GetAsync("/version", $"PVEAPIToken={MatrixCluster.TokenId}=wrong");

        Assert.Equal((401, reason, ""), (status, phrase, body));
    }

    [Fact]
    public async Task Request_WithWrongCredentials_IsHeldBackForTheSetTime()
    {
        await using var slow = await ProxmoxSimulator.StartAsync(new() { Time = time, AuthenticationDelay = TimeSpan.FromSeconds(3), CertificateNames = ["127.0.0.1"] }, Cancel);
        using var handler = new SocketsHttpHandler { UseProxy = false, SslOptions = { CertificateChainPolicy = Trust(slow) } };
        using var client = new HttpClient(handler);
        var began = time.GetUtcNow();

        var answer = client.GetAsync(new Uri(slow.Url, "/api2/json/version"), Cancel);
        while (!answer.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(answer, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel));
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await answer).StatusCode);
        Assert.True(time.GetUtcNow() - began >= TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Request_WithoutCredentials_Is401NoTicket() =>
        Assert.Equal((401, "No ticket", ""), await GetAsync("/version", null));

    [Fact]
    public async Task ClusterStatus_WithoutSysAudit_NamesPathAndPrivilege()
    {
        simulator.Inventory.Revoke(MatrixCluster.UserId, "/", "Sys.Audit");

        Assert.Equal(
            (403, "Permission check failed (/, Sys.Audit)", """{"data":null,"message":"Permission check failed (/, Sys.Audit)\n"}"""),
            await GetAsync("/cluster/status", Token));
    }

    [Fact]
    public async Task ClusterStatus_OfAStandAloneHost_HasNoClusterRow()
    {
        simulator.Inventory.Edit(c => (c.Name, c.Nodes) = (null, [c.Nodes[0]]));

        Assert.Equal(["node"], (await GetDataAsync("/cluster/status")).AsArray().Select(r => (string?)r!["type"]));
    }

    [Theory]
    [InlineData("/nodes/golf/storage", 595, "No route to host", "")]
    [InlineData("/nodes/zulu/storage", 500, "hostname lookup 'zulu' failed - failed to get address info for: zulu: Name or service not known", null)]
    [InlineData("/api2/json/version", 501, "Method 'GET /api2/json/version' not implemented", null)]
    [InlineData("/version?x=1", 400, "Parameter verification failed.", null)]
    public async Task Request_ThatCannotBeAnswered_EndsInTheServersStatus(string path, int expectedStatus, string expectedReason, string? expectedBody)
    {
        simulator.Inventory.SetNodeStatus("golf", "offline");

        var (status, reason, body) = await GetAsync(path, Token);

        Assert.Equal((expectedStatus, expectedReason), (status, reason));
        Assert.Equal(expectedBody ?? body, body);
    }

    [Fact]
    public async Task Permissions_OfASeparatedToken_AreTheIntersection()
    {
        simulator.Inventory.Edit(c => c.Users[0].Tokens[0].PrivilegeSeparation = true);
        Assert.Equal("{}", (await GetDataAsync("/access/permissions?path=/storage/local")).ToJsonString());

        simulator.Inventory.Grant(MatrixCluster.TokenId, "/storage", "Datastore.Audit", "Pool.Audit");
        Assert.Equal("""{"/storage/local":{"Datastore.Audit":1}}""", (await GetDataAsync("/access/permissions?path=/storage/local")).ToJsonString());
    }

    [Fact]
    public async Task Permissions_WithoutPropagation_AreGrantedWithValueZeroAndNotInherited()
    {
        Assert.Equal("""{"/":{"Sys.Audit":0}}""", (await GetDataAsync("/access/permissions?path=/")).ToJsonString());
        Assert.Equal("{}", (await GetDataAsync("/access/permissions?path=/access")).ToJsonString());
    }

    [Fact]
    public async Task Login_YieldsATicketThatLivesTwoHoursAndRenewsItself()
    {
        var ticket = await LogInAsync(MatrixCluster.Password);
        Assert.Equal(200, (await GetAsync("/version", null, ticket)).Status);

        time.Advance(TimeSpan.FromMinutes(119));
        var renewed = await LogInAsync(ticket);
        time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(401, (await GetAsync("/version", null, ticket)).Status);
        Assert.Equal(200, (await GetAsync("/version", null, renewed)).Status);
    }

    [Fact]
    public async Task Login_WithAWrongPassword_Is401WithAMessage()
    {
        using var response = await PostLoginAsync("wrong");

        Assert.Equal((HttpStatusCode.Unauthorized, "authentication failure"), (response.StatusCode, response.ReasonPhrase));
        Assert.Equal("""{"data":null,"message":"authentication failure\n"}""", await response.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task Fault_WithACount_HitsThatOften()
    {
        simulator.Faults.Add(new() { Path = "/nodes/*", Count = 1, Status = 503, Reason = "busy" });

        Assert.Equal((503, "busy"), Head(await GetAsync("/nodes/golf/storage", Token)));
        Assert.Equal((200, "OK"), Head(await GetAsync("/nodes/golf/storage", Token)));
    }

    [Fact]
    public async Task Fault_Reset_ClosesTheConnectionAndIsRecordedAsStatusZero()
    {
        simulator.Faults.Add(new() { Path = "/version", Reset = true });

        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync("/version", Token));

        Assert.All(simulator.Calls, c => Assert.Equal(0, c.Status));
    }

    [Fact]
    public async Task Calls_NameTheCallerAndHoldNoSecret()
    {
        await GetAsync("/nodes/golf/storage?storage=local", Token);
        await LogInAsync(MatrixCluster.Password);

        Assert.Equal(
            [
                new RecordedCall(time.GetUtcNow(), "GET", "/nodes/golf/storage", "?storage=local", MatrixCluster.TokenId, 200),
                new RecordedCall(time.GetUtcNow(), "POST", "/access/ticket", "", null, 200),
            ],
            simulator.Calls);
    }

    [Fact]
    public async Task Inventory_WrittenAndLoadedAgain_AnswersTheSame()
    {
        var before = await StorageAsync("golf", "vm_ssd");

        simulator.Inventory.Load(simulator.Inventory.ToYaml());

        Assert.Equal(Figures(before), Figures(await StorageAsync("golf", "vm_ssd")));
    }

    [Fact]
    public async Task Inventory_WrittenAsJson_ReplacesTheCluster()
    {
        simulator.Inventory.Load("""
            {
              "version": "8.4.1", "nodes": [{"name": "solo", "memoryBytes": 1024}],
              "users": [{"id": "omni@pve", "tokens": [{"name": "operator", "secret": "00000000-0000-0000-0000-000000000000"}]}]
            }
            """);

        Assert.Equal("8.4", (string?)(await GetDataAsync("/version"))["release"]);
        Assert.Equal("solo", (string?)Assert.Single((await GetDataAsync("/nodes")).AsArray())!["node"]);
    }

    [Fact]
    public void Inventory_WithAnUnknownKey_IsRefused() =>
        Assert.ThrowsAny<YamlDotNet.Core.YamlException>(() => simulator.Inventory.Load("storage: []"));

    [Fact]
    public async Task RenewCertificate_ChangesTheFingerprintUnderTheSameCa()
    {
        var (ca, fingerprint) = (simulator.CaPem, simulator.Fingerprint);

        simulator.RenewCertificate();

        Assert.Equal(ca, simulator.CaPem);
        Assert.NotEqual(fingerprint, simulator.Fingerprint);
        Assert.Equal(200, (await GetAsync("/version", Token)).Status);
    }

    private static X509ChainPolicy Trust(ProxmoxSimulator simulator)
    {
        var trust = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        trust.CustomTrustStore.ImportFromPem(simulator.CaPem);
        return trust;
    }

    private static (int Enabled, int Active, long Available) Figures(JsonNode row) => ((int)row["enabled"]!, (int)row["active"]!, (long)row["avail"]!);

    private static (int Status, string? Reason) Head((int Status, string? Reason, string Body) answer) => (answer.Status, answer.Reason);

    private async Task<JsonNode> StorageAsync(string node, string storage) =>
        Assert.Single((await GetDataAsync($"/nodes/{node}/storage?storage={storage}")).AsArray())!;

    private async Task<JsonNode> GetDataAsync(string path)
    {
        var (status, _, body) = await GetAsync(path, Token);
        Assert.Equal(200, status);
        return JsonNode.Parse(body)!["data"]!;
    }

    private async Task<(int Status, string? Reason, string Body)> GetAsync(string path, string? authorization, string? ticket = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(simulator.Url, "/api2/json" + path));
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (ticket is not null)
            request.Headers.Add("Cookie", "PVEAuthCookie=" + Uri.EscapeDataString(ticket));
        using var response = await http.SendAsync(request, Cancel);
        return ((int)response.StatusCode, response.ReasonPhrase, await response.Content.ReadAsStringAsync(Cancel));
    }

    private async Task<string> LogInAsync(string password)
    {
        using var response = await PostLoginAsync(password);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancel))!["data"]!["ticket"]!;
    }

    private async Task<HttpResponseMessage> PostLoginAsync(string password)
    {
        using var form = new FormUrlEncodedContent([new("username", "omni"), new("realm", "pve"), new("password", password)]);
        return await http.PostAsync(new Uri(simulator.Url, "/api2/json/access/ticket"), form, Cancel);
    }
}
