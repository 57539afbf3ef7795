using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OmniScale.Proxmox;

/// <summary>What makes the server's certificate acceptable.</summary>
public abstract record ProxmoxTls
{
    private ProxmoxTls()
    {
    }

    /// <summary>A chain to a CA of the system, and the right name.</summary>
    public sealed record SystemTrust : ProxmoxTls;

    /// <summary>A chain to one of the given CAs and no other, and the right name. Stock installations have theirs at <c>/etc/pve/pve-root-ca.pem</c>.</summary>
    public sealed record CertificateAuthority : ProxmoxTls
    {
        /// <exception cref="FormatException">There is no certificate in the text.</exception>
        public CertificateAuthority(string pem)
        {
            ArgumentNullException.ThrowIfNull(pem);
            Pem = pem;
            try
            {
                if (Certificates().Count == 0)
                    throw new FormatException("The CA bundle contains no certificate: it must be PEM, beginning with -----BEGIN CERTIFICATE-----.");
            }
            catch (CryptographicException)
            {
                throw new FormatException("The CA bundle cannot be read: one of its certificates is damaged.");
            }
        }

        public string Pem { get; }

        internal X509Certificate2Collection Certificates()
        {
            var certificates = new X509Certificate2Collection();
            certificates.ImportFromPem(Pem);
            return certificates;
        }
    }

    /// <summary>
    /// One of these SHA-256 fingerprints of the server's own certificate; name, chain and validity then do not matter. Each node of a cluster has its own
    /// certificate, so an address that leads to several nodes needs all of theirs.
    /// </summary>
    public sealed record Pinned : ProxmoxTls
    {
        /// <param name="fingerprints">Hexadecimal, in either case, with or without colons.</param>
        /// <exception cref="FormatException">One of them is not a SHA-256 fingerprint.</exception>
        public Pinned(IEnumerable<string> fingerprints)
        {
            Fingerprints = [.. fingerprints.Select(Normalize)];
            if (Fingerprints.Count == 0)
                throw new FormatException("At least one fingerprint is needed.");
        }

        /// <summary>Upper-case hexadecimal with colons, as Proxmox shows them.</summary>
        public ValueList<string> Fingerprints { get; }

        private static string Normalize(string text)
        {
            var digits = text.Trim().Replace(":", "", StringComparison.Ordinal);
            return digits.Length == 2 * SHA256.HashSizeInBytes && digits.All(char.IsAsciiHexDigit)
                ? CertificateCheck.Format(Convert.FromHexString(digits))
                : throw new FormatException($"'{text}' is not a SHA-256 fingerprint: it must be 32 bytes in hexadecimal, as in AB:CD:….");
        }
    }

    /// <summary>Any certificate. Whoever is on the way can then read the credentials.</summary>
    public sealed record Insecure : ProxmoxTls;
}
