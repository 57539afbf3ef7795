using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OmniScale.Lab.Omni;
using OmniScale.Omni.Api;

namespace OmniScale.Omni.Tests;

public class TransportFailureTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_WhenTheNameDoesNotResolve_SaysSo()
    {
        await using var connection = Clients.Connect("https://omni.invalid");
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.Unavailable, failure.Kind);

        // Without any name server at hand the resolver says "try again" instead of "not found".
        Assert.Matches("^the name omni\\.invalid (does not resolve to an address|cannot be resolved at the moment: the name server does not answer)$", failure.Message);
    }

    [Fact]
    public async Task Call_WhenNothingListens_SaysSo()
    {
        using var reserved = new TcpListener(IPAddress.Loopback, 0);
        reserved.Start();
        var port = ((IPEndPoint)reserved.LocalEndpoint).Port;
        reserved.Stop();

        await using var connection = Clients.Connect($"http://127.0.0.1:{port}");
        var failure = await connection.FailureAsync();
        Assert.Equal((OmniError.Unavailable, $"http://127.0.0.1:{port} refused the connection: nothing listens on port {port}"), (failure.Kind, failure.Message));
    }

    [Fact]
    public async Task Call_WhenTlsIsAskedOfAServerThatSaysNothing_SaysThatConnectingTookTooLong()
    {
        await using var silent = TcpServer.Silent();
        await using var connection = Clients.Connect($"https://127.0.0.1:{silent.Port}", connectTimeout: TimeSpan.FromMilliseconds(200));
        var failure = await connection.FailureAsync();
        Assert.Equal((OmniError.Unavailable, $"https://127.0.0.1:{silent.Port} did not accept the connection in time"), (failure.Kind, failure.Message));
    }

    [Fact]
    public async Task Call_WhenTheServerDoesNotAnswer_EndsAtItsDeadline()
    {
        await using var fake = await FakeOmni.StartAsync();
        fake.OnGet = async _ =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, Cancellation);
            return new();
        };
        await using var connection = Clients.Connect(fake.Endpoint, callTimeout: TimeSpan.FromMilliseconds(300));
        var failure = await connection.FailureAsync();
        Assert.Equal((OmniError.DeadlineExceeded, $"{fake.Endpoint} did not answer in time"), (failure.Kind, failure.Message));
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    public async Task Call_WhenTheServerSpeaksSomethingElse_SaysSo(string answer)
    {
        await using var server = TcpServer.Answering(answer);
        await using var connection = Clients.Connect($"http://127.0.0.1:{server.Port}");
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.Unavailable, failure.Kind);

        // Where the answer is read before the call is on the connection, .NET keeps of the cause no more than that the handshake failed.
        string[] possible =
        [
            $"http://127.0.0.1:{server.Port} does not speak HTTP/2 as gRPC needs it (is it served over TLS, that is https://, or by a proxy for HTTP/1.1?)",
            $"the connection to http://127.0.0.1:{server.Port} was lost: An HTTP/2 connection could not be established because the server did not complete the HTTP/2 handshake. (if Omni is served over TLS there, the endpoint begins with https://)",
        ];
        Assert.Contains(failure.Message, possible);
    }

    [Fact]
    public async Task Call_WhenAProxyOffersOnlyHttp1OverTls_SaysSo()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=proxy", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        var (app, endpoint) = await HttpServer.StartAsync(HttpProtocols.Http1, _ => Task.CompletedTask, certificate);
        await using var server = app;
        await using var connection = Clients.Connect(OmniConnectionSettings.Parse(endpoint, Clients.UnknownKey.Encoded, insecureSkipTlsVerify: true));
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.Unavailable, failure.Kind);
        Assert.Equal($"{endpoint} does not speak HTTP/2 as gRPC needs it (does a proxy in front of Omni speak HTTP/1.1 only?)", failure.Message);
    }

    [Fact]
    public async Task Call_WhenCleartextIsSentToATlsPort_SuggestsHttps()
    {
        await using var omni = await Clients.StartSimulatorAsync(new OmniSimulatorOptions { Transport = OmniTransport.Tls, RunLifecycle = false });
        await using var connection = Clients.Connect($"http://127.0.0.1:{omni.Endpoint.Port}");
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.Unavailable, failure.Kind);
        Assert.Contains("https://", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhenTlsIsSentToACleartextPort_SaysThatTheHandshakeFailed()
    {
        await using var omni = await Clients.StartSimulatorAsync();
        await using var connection = Clients.Connect($"https://127.0.0.1:{omni.Endpoint.Port}");
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.TlsFailed, failure.Kind);
        Assert.StartsWith($"the TLS handshake with https://127.0.0.1:{omni.Endpoint.Port} failed", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(502)]
    [InlineData(503)]
    public async Task Call_WhenAProxyAnswersByItself_IsNotTakenForOmnisAnswer(int status)
    {
        var (app, endpoint) = await HttpServer.StartAsync(HttpProtocols.Http2, context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        await using var server = app;
        await using var connection = Clients.Connect(endpoint);
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.Unavailable, failure.Kind);
        Assert.Equal(
            $"{endpoint} does not answer as Omni: HTTP status code: {status} (is it Omni's address, and does a proxy in front of it pass HTTP/2 through?)", failure.Message);
    }

    [Fact]
    public async Task Call_WhenAWebPageComesBack_IsNotTakenForOmnisAnswer()
    {
        var (app, endpoint) = await HttpServer.StartAsync(HttpProtocols.Http2, context =>
        {
            context.Response.ContentType = "text/html";
            return Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "<html>Log in</html>", Cancellation);
        });
        await using var server = app;
        await using var connection = Clients.Connect(endpoint);
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.Unavailable, failure.Kind);
        Assert.StartsWith($"{endpoint} does not answer as Omni: Invalid content-type value: text/html", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhenTheConnectionBreaksMeanwhile_SaysThatItWasLost()
    {
        await using var fake = await FakeOmni.StartAsync();
        var arrived = new TaskCompletionSource();
        fake.OnGet = async _ =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, Cancellation);
            return new();
        };
        await using var connection = Clients.Connect(fake.Endpoint);
        var call = connection.FailureAsync();
        await arrived.Task.WaitAsync(Cancellation);
        await fake.DisposeAsync();
        var failure = await call;
        Assert.Equal(OmniError.Unavailable, failure.Kind);
        Assert.DoesNotContain("HTTP/2", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0x0, "the connection to https://omni.example.com was lost: ")]
    [InlineData(0x2, "the connection to https://omni.example.com was lost: ")]
    [InlineData(0x1, "https://omni.example.com does not speak HTTP/2 as gRPC needs it ")]
    [InlineData(0xd, "https://omni.example.com does not speak HTTP/2 as gRPC needs it ")]
    public void Http2_error_OnlyBlamesTheProtocolWhereItIsToBlame(long code, string message)
    {
        var cause = new HttpRequestException(HttpRequestError.HttpProtocolError, "failed", new HttpProtocolException(code, "closed", null));
        var failure = TransportFailure.Find(new Grpc.Core.Status(Grpc.Core.StatusCode.Internal, "", cause), OmniEndpoint.Parse("https://omni.example.com"));
        Assert.Equal(OmniError.Unavailable, failure!.Value.Kind);
        Assert.StartsWith(message, failure.Value.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhenTheCallerGivesUp_IsCancelledAndNoFailure()
    {
        await using var fake = await FakeOmni.StartAsync();
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        fake.OnGet = async _ =>
        {
            await impatient.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, Cancellation);
            return new();
        };
        await using var connection = Clients.Connect(fake.Endpoint);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connection.State.GetAsync(ResourceTypes.Clusters, "one", impatient.Token));
        Assert.Null(connection.Health.Reachable);
    }
}
