using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace OmniScale.TestKit.Faults;

/// <summary>Proxies in front of the servers that OmniScale talks to.</summary>
public static class FaultProxies
{
    /// <summary>In front of the API server. Whoever comes through it acts as the user of the kubeconfig, the administrator by default.</summary>
    public static Task<FaultProxy> StartAsync(ControlPlane controlPlane, string? kubeconfig = null)
    {
        var configuration = controlPlane.CreateConfiguration(kubeconfig);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(configuration.SslCaCerts);
        var certificate = X509Certificate2.CreateFromPem(FromBase64(configuration.ClientCertificateData), FromBase64(configuration.ClientCertificateKeyData));
        return FaultProxy.StartAsync(controlPlane.Server, new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy, ClientCertificates = [certificate] },
        }, tls: true);
    }

    /// <summary>In front of an Omni that speaks cleartext HTTP/2.</summary>
    public static Task<FaultProxy> StartAsync(Uri omni, bool tls = false) => FaultProxy.StartAsync(omni, new SocketsHttpHandler(), tls);

    /// <summary>Writes a kubeconfig that leads to a proxy, beside that of the control plane, and returns its path.</summary>
    public static string WriteKubeconfig(this FaultProxy proxy, ControlPlane controlPlane)
    {
        var path = Path.Combine(Path.GetDirectoryName(controlPlane.Kubeconfig)!, $"proxy-{proxy.Address.Port}.kubeconfig");
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: proxy
              cluster:
                server: {{proxy.Address.GetLeftPart(UriPartial.Authority)}}
                certificate-authority-data: {{Convert.ToBase64String(Encoding.ASCII.GetBytes(proxy.CaPem))}}
            users:
            - name: anyone
              user: { token: the proxy's certificate counts }
            contexts:
            - name: proxy
              context: { cluster: proxy, user: anyone, namespace: default }
            current-context: proxy

            """);
        return path;
    }

    private static string FromBase64(string data) => Encoding.ASCII.GetString(Convert.FromBase64String(data));
}
