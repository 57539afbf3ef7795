using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OmniScale.Omni;

/// <summary>What makes two connections the same: nothing of it is a secret.</summary>
public readonly record struct OmniConnectionId(OmniEndpoint Endpoint, string KeyFingerprint, string CertificateAuthoritiesHash, bool InsecureSkipTlsVerify);

/// <summary>How to reach one Omni as one service account.</summary>
public sealed class OmniConnectionSettings
{
    public OmniConnectionSettings(OmniEndpoint endpoint, ServiceAccountKey key)
    {
        Endpoint = endpoint;
        Key = key;
    }

    public OmniEndpoint Endpoint { get; }

    public ServiceAccountKey Key { get; }

    /// <summary>The authorities to trust instead of the system's; empty means the system's.</summary>
    public X509Certificate2Collection CertificateAuthorities { get; init; } = [];

    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>The deadline of a single call; a list may take four times as long. Watches have none.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public OmniConnectionId Id => new(Endpoint, Key.Fingerprint, CertificateAuthoritiesHash, InsecureSkipTlsVerify);

    private string CertificateAuthoritiesHash => CertificateAuthorities.Count == 0
        ? ""
        : Convert.ToHexStringLower(SHA256.HashData(CertificateAuthorities.SelectMany(c => c.RawData).ToArray()));

    /// <summary>Reads the settings as they stand in a Secret or in the environment.</summary>
    /// <param name="endpoint">See <see cref="OmniEndpoint.Parse"/>.</param>
    /// <param name="serviceAccountKey">See <see cref="ServiceAccountKey.Parse"/>.</param>
    /// <param name="caPem">Certificates in PEM, or null for the system's authorities.</param>
    /// <param name="insecureSkipTlsVerify">Accepts every certificate.</param>
    /// <exception cref="OmniSettingsException">One of them is unusable.</exception>
    public static OmniConnectionSettings Parse(string endpoint, string serviceAccountKey, string? caPem = null, bool insecureSkipTlsVerify = false) =>
        new(OmniEndpoint.Parse(endpoint), ServiceAccountKey.Parse(serviceAccountKey))
        {
            CertificateAuthorities = ReadCertificates(caPem),
            InsecureSkipTlsVerify = insecureSkipTlsVerify,
        };

    public override string ToString() => $"{Endpoint} as {Key.Identity}";

    private static X509Certificate2Collection ReadCertificates(string? pem)
    {
        var certificates = new X509Certificate2Collection();
        if (string.IsNullOrWhiteSpace(pem))
        {
            return certificates;
        }

        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            throw new OmniSettingsException("ca.crt", "a certificate in it cannot be read");
        }

        return certificates.Count > 0 ? certificates : throw new OmniSettingsException("ca.crt", "holds no certificate in PEM");
    }
}
