namespace OmniScale.Omni;

/// <summary>Where Omni is: <c>https://</c> is TLS on port 443, <c>http://</c> and <c>grpc://</c> are cleartext HTTP/2 on port 80, as for omnictl.</summary>
public sealed record OmniEndpoint
{
    internal const string Setting = "endpoint";

    private OmniEndpoint(string host, int port, bool tls)
    {
        Host = host;
        Port = port;
        Tls = tls;
    }

    public string Host { get; }

    public int Port { get; }

    public bool Tls { get; }

    internal Uri Address => new UriBuilder(Tls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, Host, Port).Uri;

    /// <exception cref="OmniSettingsException">The text is no address that Omni can have.</exception>
    public static OmniEndpoint Parse(string text)
    {
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) || uri.Host.Length == 0)
        {
            throw Invalid("is no URL; expected is something like https://omni.example.com");
        }

        if (uri.UserInfo.Length > 0)
        {
            throw Invalid("must hold no user or password");
        }

        if (uri.PathAndQuery is not ("/" or "") || uri.Fragment.Length > 0)
        {
            throw Invalid("must have no path: Omni is served at the root of its host");
        }

        return uri.Scheme switch
        {
            "https" => new OmniEndpoint(uri.IdnHost, uri.Port, tls: true),
            "http" => new OmniEndpoint(uri.IdnHost, uri.Port, tls: false),
            "grpc" => new OmniEndpoint(uri.IdnHost, uri.IsDefaultPort ? 80 : uri.Port, tls: false),
            _ => throw Invalid("must begin with https://, http:// or grpc://"),
        };
    }

    /// <summary>The canonical form: scheme, host and, unless it is the default, the port.</summary>
    public override string ToString() => Address.GetLeftPart(UriPartial.Authority);

    private static OmniSettingsException Invalid(string problem) => new(Setting, problem);
}
