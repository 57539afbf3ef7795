using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace OmniScale.Runtime.Tests;

/// <summary>
/// The server's certificate must chain to the configured authority and bear the server's name. The client library checks the
/// first only, so that any certificate of a cluster's authority could stand in for the API server.
/// </summary>
public sealed class KubeConfigurationTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("kubeconfig").FullName;
    private readonly X509Certificate2 _authority = CreateAuthority("the authority");
    private readonly X509Certificate2 _otherAuthority = CreateAuthority("another authority");
    private readonly Dictionary<string, X509Certificate2> _certificates = [];
    private string _serving = "right";
    private string? _authorization;
    private string? _protocol;
    private WebApplication? _server;
    private int _port;

    public async ValueTask InitializeAsync()
    {
        _certificates["right"] = Issue(_authority, san => san.AddIpAddress(IPAddress.Loopback));
        _certificates["other name"] = Issue(_authority, san => san.AddDnsName("api.example.com"));
        _certificates["other authority"] = Issue(_otherAuthority, san => san.AddIpAddress(IPAddress.Loopback));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => _certificates[_serving]);
        }));
        _server = builder.Build();
        _server.Run(context =>
        {
            _authorization = context.Request.Headers.Authorization;
            _protocol = context.Request.Protocol;
            return context.Response.WriteAsync("""{"metadata":{"name":"one"}}""");
        });
        await _server.StartAsync();
        _port = new Uri(_server.Urls.First()).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
        foreach (X509Certificate2 certificate in _certificates.Values.Append(_authority).Append(_otherAuthority))
        {
            certificate.Dispose();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connect_WhenTheCertificateIsTheServers_IsTrusted(bool inCluster)
    {
        await AskAsync(Configuration(inCluster));

        Assert.Equal("Bearer the-token", _authorization);
        Assert.Equal("HTTP/2", _protocol);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connect_WhenTheAuthoritysCertificateIsForAnotherName_IsRefused(bool inCluster)
    {
        _serving = "other name";

        await AssertRefusedAsync(Configuration(inCluster));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Connect_WhenAnotherAuthoritySignedTheCertificate_IsRefused(bool inCluster)
    {
        _serving = "other authority";

        await AssertRefusedAsync(Configuration(inCluster));
    }

    [Fact]
    public async Task Connect_WhenTheKubeconfigWaivesVerification_TakesAnyCertificate()
    {
        _serving = "other authority";

        await AskAsync(Kubeconfig("insecure-skip-tls-verify: true"));
    }

    [Fact]
    public async Task Connect_WhenTheKubeconfigHasNoAuthority_TrustsTheSystemsOnly() => await AssertRefusedAsync(Kubeconfig(""));

    [Fact]
    public async Task Connect_WhenTheKubeconfigNamesAFileWithSeveralAuthorities_TrustsEach()
    {
        string path = Path.Combine(_folder, "bundle.crt");
        await File.WriteAllTextAsync(path, _otherAuthority.ExportCertificatePem() + "\n" + _authority.ExportCertificatePem(), TestContext.Current.CancellationToken);

        await AskAsync(Kubeconfig($"certificate-authority: {path}"));
    }

    [Fact]
    public async Task Connect_WhenTheKubeconfigGivesAServerName_ExpectsThatName()
    {
        _serving = "other name";
        await AskAsync(Kubeconfig($"{AuthorityData}, tls-server-name: api.example.com"));

        _serving = "right";
        await AssertRefusedAsync(Kubeconfig($"{AuthorityData}, tls-server-name: api.example.com"));
    }

    [Fact]
    public void Load_WhenThereIsAServiceAccount_TakesItsNamespace() => Assert.Equal("the-namespace", Configuration(inCluster: true).Namespace);

    [Fact]
    public void FromServiceAccount_OverIPv6_GivesAnAddressWithBrackets()
    {
        Configuration(inCluster: true);

        Assert.Equal("https://[fd00::1]:6443/", KubeConfiguration.FromServiceAccount(_folder, "fd00::1", "6443").Host);
    }

    [Fact]
    public void FromServiceAccount_OutsideOfAPod_SaysWhatWasLookedFor()
    {
        var error = Assert.Throws<k8s.Exceptions.KubeConfigException>(() => KubeConfiguration.FromServiceAccount(_folder, null, null));

        Assert.Contains("KUBECONFIG", error.Message, StringComparison.Ordinal);
    }

    private string AuthorityData =>
        "certificate-authority-data: " + Convert.ToBase64String(Encoding.ASCII.GetBytes(_authority.ExportCertificatePem()));

    private KubernetesClientConfiguration Configuration(bool inCluster)
    {
        if (!inCluster)
        {
            return Kubeconfig(AuthorityData);
        }

        File.WriteAllText(Path.Combine(_folder, "ca.crt"), _authority.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "token"), "the-token");
        File.WriteAllText(Path.Combine(_folder, "namespace"), "the-namespace\n");
        return KubeConfiguration.FromServiceAccount(_folder, "127.0.0.1", $"{_port}");
    }

    private KubernetesClientConfiguration Kubeconfig(string cluster)
    {
        string path = Path.Combine(_folder, $"{Guid.NewGuid()}.kubeconfig");
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: c
              cluster: { server: "https://127.0.0.1:{{_port}}", {{cluster}} }
            users:
            - {name: u, user: { token: the-token } }
            contexts:
            - {name: c, context: { cluster: c, user: u } }
            current-context: c
            """);
        return KubeConfiguration.Load(path);
    }

    private static async Task AskAsync(KubernetesClientConfiguration configuration)
    {
        using var client = new KubeClient(configuration, "tester", TimeProvider.System);
        await client.GetAsync<V1Namespace>(new NamespacedName("", "one"), TestContext.Current.CancellationToken);
    }

    private async Task AssertRefusedAsync(KubernetesClientConfiguration configuration)
    {
        _authorization = null;

        HttpRequestException error = await Assert.ThrowsAsync<HttpRequestException>(() => AskAsync(configuration));

        Assert.IsType<AuthenticationException>(error.InnerException);
        Assert.Null(_authorization);
    }

    private static X509Certificate2 CreateAuthority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, Action<SubjectAlternativeNameBuilder> names)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        var san = new SubjectAlternativeNameBuilder();
        names(san);
        request.CertificateExtensions.Add(san.Build());
        using X509Certificate2 issued = request.Create(authority, authority.NotBefore, authority.NotAfter, RandomNumberGenerator.GetBytes(8));
        using X509Certificate2 whole = issued.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(whole.Export(X509ContentType.Pkcs12), null);
    }
}
