using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OmniScale.TestKit;

/// <summary>Issues client certificates, by which the API server knows users: the common name is the user, organizations are groups.</summary>
internal sealed class ClientAuthority : IDisposable
{
    private static readonly DateTimeOffset s_from = TimeProvider.System.GetUtcNow().AddHours(-1);
    private static readonly DateTimeOffset s_until = s_from.AddDays(1);
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public ClientAuthority()
    {
        var request = new CertificateRequest("CN=omniscale-tests", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        _certificate = request.CreateSelfSigned(s_from, s_until);
    }

    public string CertificatePem => _certificate.ExportCertificatePem();

    public (string CertificatePem, string KeyPem) Issue(string user, IEnumerable<string> groups)
    {
        var name = new X500DistinguishedNameBuilder();
        name.AddCommonName(user);
        // The builder writes what is added last first.
        foreach (var group in groups.Reverse())
        {
            name.AddOrganizationName(group);
        }
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name.Build(), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.2", "clientAuth")], critical: false));
        using var certificate = request.Create(_certificate, s_from, s_until, RandomNumberGenerator.GetBytes(8));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
