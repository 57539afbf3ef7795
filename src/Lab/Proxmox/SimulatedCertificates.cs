using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OmniScale.Lab.Proxmox;

/// <summary>A cluster CA and the server certificate it signs, like a stock installation's: trusted by nobody who was not given the CA.</summary>
internal sealed class SimulatedCertificates : IDisposable
{
    private readonly X509Certificate2 authority;
    private readonly IReadOnlyList<string> names;
    private readonly DateTimeOffset? notAfter;

    // Certificates are judged by the machine's clock, whatever clock the simulator runs on.
    private readonly DateTimeOffset now = TimeProvider.System.GetUtcNow();
    private X509Certificate2 leaf;

    public SimulatedCertificates(IReadOnlyList<string> names, DateTimeOffset? notAfter)
    {
        this.names = names;
        this.notAfter = notAfter;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        // Each cluster's CA has a name of its own, by a random unit.
        var request = new CertificateRequest($"CN=Proxmox Virtual Environment, OU={Guid.NewGuid()}, O=PVE Cluster Manager CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        authority = request.CreateSelfSigned(now.AddDays(-30), now.AddYears(10));
        leaf = Issue();
    }

    public X509Certificate2 Leaf => Volatile.Read(ref leaf);

    public string AuthorityPem => authority.ExportCertificatePem();

    /// <summary>Replaces the server certificate by a new one of the same CA, as a renewal does.</summary>
    public void Renew() => Volatile.Write(ref leaf, Issue());

    public static string Fingerprint(X509Certificate2 certificate) => Format(certificate.GetCertHash(HashAlgorithmName.SHA256));

    public static string Format(byte[] hash) => string.Join(':', hash.Select(b => b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture)));

    public void Dispose()
    {
        authority.Dispose();
        leaf.Dispose();
    }

    private X509Certificate2 Issue()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={names[0]}, OU=PVE Cluster Node", key, HashAlgorithmName.SHA256);
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address))
                alternatives.AddIpAddress(address);
            else
                alternatives.AddDnsName(name);
        }
        request.CertificateExtensions.Add(alternatives.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: false, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var certificate = request.Create(authority, now.AddDays(-20), notAfter ?? now.AddYears(2), RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }
}
