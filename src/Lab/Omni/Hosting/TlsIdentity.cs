using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OmniScale.Lab.Omni.Hosting;

/// <summary>A certificate authority of the lab's own and a server certificate of it.</summary>
internal sealed class TlsIdentity
{
    public TlsIdentity(OmniTransport transport, DateTimeOffset now)
    {
        var from = now.AddDays(-10);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=OmniScale lab CA", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        authorityRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        using var authority = authorityRequest.CreateSelfSigned(from, now.AddYears(1));
        CaPem = authority.ExportCertificatePem();

        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var leafRequest = new CertificateRequest("CN=omni", leafKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (transport == OmniTransport.TlsWithWrongName)
        {
            names.AddDnsName("another.example.com");
        }
        else
        {
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
        }

        leafRequest.CertificateExtensions.Add(names.Build());
        leafRequest.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        var until = transport == OmniTransport.TlsWithExpiredCertificate ? now.AddDays(-1) : now.AddMonths(6);
        using var leaf = leafRequest.Create(authority, from, until, RandomNumberGenerator.GetBytes(16));
        Leaf = leaf.CopyWithPrivateKey(leafKey);
    }

    public string CaPem { get; }

    public X509Certificate2 Leaf { get; }
}
