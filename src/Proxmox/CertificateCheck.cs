using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OmniScale.Proxmox;

/// <summary>The certificate was not accepted; the message says why and what to do.</summary>
internal sealed class CertificateRejectedException(string message) : Exception(message);

/// <summary>Decides on the server's certificate. It throws instead of answering false, so that the reason travels with the very request that met it.</summary>
internal static class CertificateCheck
{
    private const string WaysOut =
        "Give the cluster's CA (/etc/pve/pve-root-ca.pem on a stock installation), or, after comparing it on the node, this fingerprint.";

    public static SslClientAuthenticationOptions CreateOptions(ProxmoxTls tls, string host)
    {
        var options = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, certificate, chain, errors) => Accept(tls, host, certificate as X509Certificate2, chain, errors),
        };
        if (tls is ProxmoxTls.CertificateAuthority authority)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            foreach (var certificate in authority.Certificates())
            {
                // Only a self-signed certificate can be the root of a chain; the others help to build it.
                var isRoot = certificate.SubjectName.RawData.AsSpan().SequenceEqual(certificate.IssuerName.RawData);
                (isRoot ? policy.CustomTrustStore : policy.ExtraStore).Add(certificate);
            }
            options.CertificateChainPolicy = policy;
        }
        return options;
    }

    public static string Format(byte[] hash) => string.Join(':', hash.Select(b => b.ToString("X2", CultureInfo.InvariantCulture)));

    private static bool Accept(ProxmoxTls tls, string host, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (tls is ProxmoxTls.Insecure)
            return true;
        if (certificate is null)
            throw new CertificateRejectedException("The server presented no certificate.");
        var fingerprint = Format(certificate.GetCertHash(HashAlgorithmName.SHA256));
        if (tls is ProxmoxTls.Pinned pinned)
        {
            if (!pinned.Fingerprints.Contains(fingerprint))
            {
                throw new CertificateRejectedException(
                    $"The server's certificate has the fingerprint {fingerprint}, which is none of the {pinned.Fingerprints.Count} accepted. "
                    + "If the certificate was renewed, compare this with the one the node shows under System, Certificates, and accept it.");
            }
            return true;
        }
        if (errors == SslPolicyErrors.None)
            return true;
        var reasons = string.Join("; ", Reasons(host, certificate, chain, errors));
        throw new CertificateRejectedException($"The server's certificate was not accepted: {reasons}. {WaysOut} Its fingerprint is {fingerprint}.");
    }

    private static IEnumerable<string> Reasons(string host, X509Certificate2 certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        var status = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, each) => all | each.Status) ?? X509ChainStatusFlags.NoError;
        // A signature is not valid when a trusted CA has the issuer's name and another key, as one that was created anew.
        const X509ChainStatusFlags Untrusted = X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;
        if ((status & Untrusted) != 0)
            yield return $"it is signed by '{certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: true)}', which is not a trusted CA";
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            yield return $"it is not for '{host}' but for {Names(certificate)}";
        if ((status & X509ChainStatusFlags.NotTimeValid) != 0)
        {
            var (from, to) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
            yield return string.Create(CultureInfo.InvariantCulture, $"it, or a CA above it, has expired or is not valid yet (valid from {from:u} to {to:u})");
        }
        var rest = status & ~(Untrusted | X509ChainStatusFlags.NotTimeValid);
        if (rest != X509ChainStatusFlags.NoError)
            yield return $"its chain is not valid ({rest})";
    }

    private static string Names(X509Certificate2 certificate)
    {
        var alternatives = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        string[] names = alternatives is null ? [] : [.. alternatives.EnumerateDnsNames(), .. alternatives.EnumerateIPAddresses().Select(a => a.ToString())];
        return names.Length == 0 ? $"'{certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false)}'" : string.Join(", ", names);
    }
}
