using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Authentication;
using k8s.Exceptions;

namespace OmniScale.Runtime;

/// <summary>Where the API server is and who we are there.</summary>
public static class KubeConfiguration
{
    private const string ServiceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount";

    /// <summary>
    /// The configuration from, in this order: <paramref name="kubeconfig"/>, the files in KUBECONFIG, ~/.kube/config, and the
    /// service account of the pod. The server's certificate must bear the server's name, unless the kubeconfig waives all
    /// verification.
    /// </summary>
    /// <exception cref="KubeConfigException">There is none of these, or it is not usable.</exception>
    public static KubernetesClientConfiguration Load(string? kubeconfig = null)
    {
        string fromHome = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        if (!string.IsNullOrEmpty(kubeconfig))
        {
            return FromFile(kubeconfig);
        }

        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("KUBECONFIG")))
        {
            // The library merges the files that the variable lists.
            return Secure(KubernetesClientConfiguration.BuildDefaultConfig());
        }

        return File.Exists(fromHome)
            ? FromFile(fromHome)
            : FromServiceAccount(
                ServiceAccountDirectory,
                Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST"),
                Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT"));
    }

    internal static KubernetesClientConfiguration FromFile(string path) =>
        Secure(KubernetesClientConfiguration.BuildConfigFromConfigFile(path));

    internal static KubernetesClientConfiguration FromServiceAccount(string directory, string? host, string? port)
    {
        string token = Path.Combine(directory, "token");
        if (string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port) || !File.Exists(token))
        {
            throw new KubeConfigException("No kubeconfig was found (--kubeconfig, KUBECONFIG, ~/.kube/config), and this is not a pod with a service account");
        }

        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(Path.Combine(directory, "ca.crt"));
        string ns = Path.Combine(directory, "namespace");
        return Secure(new KubernetesClientConfiguration
        {
            Host = new UriBuilder(Uri.UriSchemeHttps, host, int.Parse(port, System.Globalization.CultureInfo.InvariantCulture)).ToString(),
            // The file is read again from time to time: kubelet renews the token.
            TokenProvider = new TokenFileAuth(token),
            SslCaCerts = certificates,
            Namespace = File.Exists(ns) ? File.ReadAllText(ns).Trim() : null,
        });
    }

    /// <summary>
    /// Takes the verification of the server out of the hands of the client library, which accepts a certificate for any name
    /// as long as one of the configured authorities signed it.
    /// </summary>
    private static KubernetesClientConfiguration Secure(KubernetesClientConfiguration configuration)
    {
        X509Certificate2Collection? authorities = configuration.SslCaCerts;
        configuration.SslCaCerts = null;
        bool verify = !configuration.SkipTlsVerify;
        configuration.FirstMessageHandlerSetup = handler =>
        {
            handler.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
            handler.KeepAlivePingTimeout = TimeSpan.FromSeconds(15);
            handler.KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests;
            handler.ConnectTimeout = TimeSpan.FromSeconds(15);
            if (verify && authorities is { Count: > 0 })
            {
                var policy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    RevocationMode = X509RevocationMode.NoCheck,
                };
                policy.CustomTrustStore.AddRange(authorities);
                handler.SslOptions.CertificateChainPolicy = policy;
            }
        };
        return configuration;
    }
}
