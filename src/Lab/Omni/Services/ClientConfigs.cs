using System.Text.Json;

namespace OmniScale.Lab.Omni.Services;

/// <summary>Kubeconfigs and talosconfigs as Omni hands them out.</summary>
internal static class ClientConfigs
{
    private const string Account = "lab";

    public static string Kubeconfig(
        Uri proxy, string cluster, string clusterUuid, string user, IEnumerable<string> groups, DateTimeOffset expiry)
    {
        var header = Segment(new { alg = "ES256", typ = "JWT" });
        var claims = Segment(new { cluster_uuid = clusterUuid, sub = user, groups, exp = expiry.ToUnixTimeSeconds(), service_account = true });
        var name = $"{Account}-{cluster}-{user}";
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
              - cluster:
                  server: {proxy}
                name: {Account}-{cluster}
            contexts:
              - context:
                  cluster: {Account}-{cluster}
                  namespace: default
                  user: {name}
                name: {name}
            current-context: {name}
            users:
              - name: {name}
                user:
                  token: {header}.{claims}.{Base64Url(Guid.NewGuid().ToByteArray())}

            """;
    }

    public static string Talosconfig(Uri endpoint, string cluster, string identity) => $"""
        context: {Account}-{cluster}
        contexts:
          {Account}-{cluster}:
            endpoints:
              - {endpoint}
            auth:
              siderov1:
                identity: {identity}
            cluster: {cluster}

        """;

    private static string Segment(object claims) => Base64Url(JsonSerializer.SerializeToUtf8Bytes(claims));

    private static string Base64Url(byte[] bytes) =>
        Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
