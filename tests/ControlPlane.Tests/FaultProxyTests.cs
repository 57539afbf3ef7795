using System.Net;
using k8s;
using k8s.Models;
using OmniScale.TestKit;
using OmniScale.TestKit.Faults;

namespace OmniScale.ControlPlaneTests;

public sealed class FaultProxyTests(ControlPlane controlPlane) : IAsyncLifetime
{
    private FaultProxy _proxy = null!;
    private HttpClient _http = null!;
    private string _namespace = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _namespace = await controlPlane.CreateNamespaceAsync();
        _proxy = await FaultProxies.StartAsync(controlPlane);
        _http = new Kubernetes(controlPlane.CreateConfiguration(_proxy.WriteKubeconfig(controlPlane))).HttpClient;
        await CreateAsync("one");
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _proxy.DisposeAsync();
    }

    [Fact]
    public async Task Client_ActsAsTheUserWhomTheProxyWasStartedFor()
    {
        await using var proxy = await FaultProxies.StartAsync(controlPlane, controlPlane.CreateUserKubeconfig("jane", "readers"));

        var identity = await controlPlane.KubectlAsync(["auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"], input: null, proxy.WriteKubeconfig(controlPlane));

        Assert.Equal("jane", identity.EnsureSuccess().Output);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Watch_IsForwardedAsItComes_InBothVersionsOfHttp(string version)
    {
        using var response = await SendAsync("&watch=true", Version.Parse(version));
        Assert.Equal(Version.Parse(version), response.Version);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));
        Assert.Contains("\"one\"", await lines.ReadLineAsync(Ct), StringComparison.Ordinal);

        await CreateAsync("two");

        Assert.Contains("\"two\"", await lines.ReadLineAsync(Ct), StringComparison.Ordinal);
        Assert.Null(Assert.Single(_proxy.Requests).Fault);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Watch_ThatHasNothingToSay_IsAnsweredAllTheSame(string version)
    {
        using var response = await SendAsync("none&watch=true", Version.Parse(version));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task Status_IsTheAnswer_AsOftenAsAskedFor()
    {
        var fault = _proxy.On("GET .*/configmaps", Fault.Status(429, "TooManyRequests", TimeSpan.FromSeconds(3)), times: 1, skip: 1);

        Assert.Equal(HttpStatusCode.OK, (await SendAsync()).StatusCode);
        using var refused = await SendAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(3), refused.Headers.RetryAfter?.Delta);
        Assert.Equal("TooManyRequests", KubernetesJson.Deserialize<V1Status>(await refused.Content.ReadAsStringAsync(Ct)).Reason);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync()).StatusCode);
        Assert.Equal([null, fault.Fault, null], _proxy.Asked("/configmaps").Select(request => request.Fault));
        Assert.Equal(1, fault.Hits);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Reset_BeforeTheAnswer_TakesTheConnectionWithIt(string version)
    {
        _proxy.On("configmaps.*watch=true", Fault.Reset());

        await Assert.ThrowsAsync<HttpRequestException>(() => SendAsync("&watch=true", Version.Parse(version)));

        Assert.Equal(HttpStatusCode.OK, (await SendAsync()).StatusCode);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Reset_InTheMiddle_LetsNoMoreThanTheLinesBeforeThrough(string version)
    {
        await CreateAsync("two");
        await CreateAsync("three");
        _proxy.On("watch=true", Fault.Reset(after: 2));
        var seen = 0;

        var failure = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var response = await SendAsync("&watch=true", Version.Parse(version));
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));
            while (await lines.ReadLineAsync(Ct) is not null)
            {
                seen++;
            }
        });

        // A reset may overtake the lines, and even the beginning of the answer.
        Assert.True(failure is HttpRequestException or IOException, failure.ToString());
        Assert.InRange(seen, 0, 2);
    }

    [Fact]
    public async Task Truncate_EndsTheAnswerWithinALine()
    {
        _proxy.On("watch=true", Fault.Truncate(after: 1));

        var text = await (await SendAsync("&watch=true")).Content.ReadAsStringAsync(Ct);

        Assert.Equal(2, text.Split('\n').Length);
        Assert.False(text.EndsWith('\n'));
        Assert.StartsWith("{\"type\":\"ADDED\"", text.Split('\n')[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task End_AtOnce_IsAnEmptyAnswer()
    {
        _proxy.On("watch=true", Fault.End());

        Assert.Equal("", await (await SendAsync("&watch=true")).Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task ErrorEvent_IsTheLastLineOfAWatch()
    {
        _proxy.On("watch=true", Fault.ErrorEvent(410, "Expired", after: 1));

        var lines = (await (await SendAsync("&watch=true")).Content.ReadAsStringAsync(Ct)).Split('\n');

        Assert.Equal(3, lines.Length);
        Assert.StartsWith("{\"type\":\"ERROR\"", lines[1], StringComparison.Ordinal);
        Assert.Contains("\"code\":410", lines[1], StringComparison.Ordinal);
        Assert.Empty(lines[2]);
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Stall_InTheMiddle_HoldsBackWhatComesUntilItIsCleared(string version)
    {
        var fault = _proxy.On("watch=true", Fault.Stall(after: 1));
        using var response = await SendAsync("&watch=true", Version.Parse(version));
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Ct));
        Assert.NotNull(await lines.ReadLineAsync(Ct));
        await CreateAsync("two");
        var next = lines.ReadLineAsync(Ct).AsTask();
        Assert.False(next.IsCompleted);

        fault.Clear();

        Assert.Contains("\"two\"", await next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stall_BeforeTheAnswer_HoldsBackTheRequest()
    {
        _proxy.On("configmaps", Fault.Stall());
        var answer = SendAsync();
        await Eventually.TrueAsync(() => _proxy.Requests.Count == 1, "the request has come");
        Assert.False(answer.IsCompleted);

        _proxy.Clear();

        Assert.Equal(HttpStatusCode.OK, (await answer).StatusCode);
    }

    [Fact]
    public async Task Connections_ThatAreReset_CanBeResetAgainBeforeTheyAreGone()
    {
        using var watch = await SendAsync("&watch=true");

        _proxy.DropConnections();
        _proxy.DropConnections();

        await Assert.ThrowsAsync<HttpRequestException>(() => watch.Content.ReadAsStringAsync(Ct));
    }

    [Fact]
    public async Task Server_ThatCannotBeReached_IsNoAnswerEither()
    {
        await using var proxy = await FaultProxies.StartAsync(new Uri("http://127.0.0.1:1"), tls: true);
        using var handler = new SocketsHttpHandler();
#pragma warning disable CA5359 // Whose certificate it is does not matter here.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        using var http = new HttpClient(handler);

        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(proxy.Address, Ct));
    }

    private Task<HttpResponseMessage> SendAsync(string query = "", Version? version = null)
    {
        // Every namespace has a config map of its own, or not, depending on how fast its controller is: only those of the test are asked for.
        var uri = new Uri(_proxy.Address, $"/api/v1/namespaces/{_namespace}/configmaps?labelSelector=test{query}");
        var request = new HttpRequestMessage(HttpMethod.Get, uri) { Version = version ?? HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
    }

    private Task CreateAsync(string name) => controlPlane.Client.CoreV1.CreateNamespacedConfigMapAsync(
        new V1ConfigMap { Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["test"] = "" } } }, _namespace, cancellationToken: Ct);
}
