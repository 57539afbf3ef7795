using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace OmniScale.Omni;

/// <summary>A server certificate that was not accepted, and why.</summary>
internal sealed class TlsVerificationException(string message) : AuthenticationException(message);

/// <summary>Certificate checks: the system's authorities or, if a CA bundle is given, that bundle alone; the host name in either case.</summary>
internal static class TlsVerification
{
    public static SslClientAuthenticationOptions Options(OmniConnectionSettings settings)
    {
        var options = new SslClientAuthenticationOptions { TargetHost = settings.Endpoint.Host };
        if (settings.InsecureSkipTlsVerify)
        {
#pragma warning disable CA5359 // Asked for by the user, and never the default.
            options.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
            return options;
        }

        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
            errors == SslPolicyErrors.None ? true : throw new TlsVerificationException(Explain(settings, certificate, chain, errors));
        if (settings.CertificateAuthorities.Count > 0)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(settings.CertificateAuthorities);
        }

        return options;
    }

    private static string Explain(OmniConnectionSettings settings, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 presented)
        {
            return $"{settings.Endpoint} presented no certificate";
        }

        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
        {
            var names = presented.Extensions.OfType<X509SubjectAlternativeNameExtension>()
                .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString())))
                .ToArray();
            return $"the certificate of {settings.Endpoint} is not for {settings.Endpoint.Host}, but for {(names.Length == 0 ? presented.Subject : string.Join(", ", names))}";
        }

        var problems = chain?.ChainStatus.Select(s => s.Status).Where(s => s != X509ChainStatusFlags.NoError).ToArray() ?? [];
        if (problems.Contains(X509ChainStatusFlags.NotTimeValid))
        {
            return $"the certificate of {settings.Endpoint} is expired or not valid yet: it is valid from {presented.NotBefore:u} to {presented.NotAfter:u}";
        }

        if (problems.Any(p => p is X509ChainStatusFlags.UntrustedRoot or X509ChainStatusFlags.PartialChain))
        {
            return $"the certificate of {settings.Endpoint} is issued by {presented.Issuer}, which {(settings.CertificateAuthorities.Count > 0 ? "the given CA bundle does not hold" : "is not trusted here; give its certificate as ca.crt")}";
        }

        return $"the certificate of {settings.Endpoint} is not valid: {string.Join(", ", problems)}";
    }
}
