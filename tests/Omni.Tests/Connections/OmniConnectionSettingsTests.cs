using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OmniScale.Omni.Tests;

public class OmniConnectionSettingsTests
{
    private static readonly GeneratedServiceAccountKey Generated =
        ServiceAccountKeyGenerator.Generate(new ServiceAccountName("automation"), "test", TimeSpan.FromDays(1), TimeProvider.System.GetUtcNow());

    [Theory]
    [InlineData("https://omni.example.com", "omni.example.com", 443, true, "https://omni.example.com")]
    [InlineData("https://omni.example.com:8443/", "omni.example.com", 8443, true, "https://omni.example.com:8443")]
    [InlineData(" HTTPS://Omni.Example.com \n", "omni.example.com", 443, true, "https://omni.example.com")]
    [InlineData("http://10.0.0.5", "10.0.0.5", 80, false, "http://10.0.0.5")]
    [InlineData("grpc://omni.local", "omni.local", 80, false, "http://omni.local")]
    [InlineData("grpc://omni.local:8080", "omni.local", 8080, false, "http://omni.local:8080")]
    public void Endpoint_WhenItIsGood_HasTheDefaultsOfOmnictl(string text, string host, int port, bool tls, string canonical)
    {
        var endpoint = OmniEndpoint.Parse(text);
        Assert.Equal((host, port, tls, canonical), (endpoint.Host, endpoint.Port, endpoint.Tls, endpoint.ToString()));
    }

    [Theory]
    [InlineData("", "is no URL; expected is something like https://omni.example.com")]
    [InlineData("omni.example.com", "is no URL; expected is something like https://omni.example.com")]
    [InlineData("ftp://omni.example.com", "must begin with https://, http:// or grpc://")]
    [InlineData("https://admin:secret@omni.example.com", "must hold no user or password")]
    [InlineData("https://omni.example.com/api", "must have no path: Omni is served at the root of its host")]
    [InlineData("https://omni.example.com/?a=b", "must have no path: Omni is served at the root of its host")]
    public void Endpoint_WhenItIsUnusable_SaysWhy(string text, string problem) =>
        Assert.Equal($"endpoint: {problem}", Assert.Throws<OmniSettingsException>(() => OmniEndpoint.Parse(text)).Message);

    [Theory]
    [InlineData("nothing of the kind", "holds no certificate in PEM")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "a certificate in it cannot be read")]
    public void Authorities_WhenUnusable_SayWhy(string pem, string problem)
    {
        var error = Assert.Throws<OmniSettingsException>(() => OmniConnectionSettings.Parse("https://omni.example.com", Generated.Encoded, pem));
        Assert.Equal($"ca.crt: {problem}", error.Message);
    }

    [Fact]
    public void Id_TellsApartWhatIsReallyDistinct()
    {
        var other = ServiceAccountKeyGenerator.Generate(new ServiceAccountName("automation"), "test", TimeSpan.FromDays(1), TimeProvider.System.GetUtcNow());
        var (first, second) = (Authority(), Authority());
        OmniConnectionSettings[] distinct =
        [
            OmniConnectionSettings.Parse("https://omni.example.com", Generated.Encoded),
            OmniConnectionSettings.Parse("https://omni.example.com:444", Generated.Encoded),
            OmniConnectionSettings.Parse("http://omni.example.com:443", Generated.Encoded),
            OmniConnectionSettings.Parse("https://omni.example.com", other.Encoded),
            OmniConnectionSettings.Parse("https://omni.example.com", Generated.Encoded, first),
            OmniConnectionSettings.Parse("https://omni.example.com", Generated.Encoded, second),
            OmniConnectionSettings.Parse("https://omni.example.com", Generated.Encoded, insecureSkipTlsVerify: true),
        ];
        Assert.Equal(distinct.Length, distinct.Select(s => s.Id).Distinct().Count());

        Assert.Equal(
            OmniConnectionSettings.Parse("https://omni.example.com:443/", Generated.Encoded + "\n", "# a comment\n" + first).Id,
            OmniConnectionSettings.Parse("https://OMNI.example.com", Generated.Encoded, first).Id);
    }

    private static string Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=authority", key, HashAlgorithmName.SHA256).CreateSelfSigned(now, now.AddDays(1));
        return certificate.ExportCertificatePem();
    }
}
