namespace OmniScale.Proxmox;

/// <summary>Where a Proxmox cluster is, and how to speak to it. Equal endpoints can share a client; <c>ToString</c> shows no secret.</summary>
/// <exception cref="FormatException">The address is refused by <see cref="Normalize"/>; the message is for the user.</exception>
public sealed record ProxmoxEndpoint(Uri Url, ProxmoxCredentials Credentials, ProxmoxTls Tls)
{
    public Uri Url { get; } = Normalize(Url);

    /// <summary>
    /// Accepts <c>https://host:8006</c>, with or without a trailing slash or a path in front of the API (a reverse proxy). A trailing <c>/api2/json</c> is
    /// dropped rather than refused: the provider process wants it in its own configuration, from where users copy the address.
    /// </summary>
    /// <exception cref="FormatException">The message says what is wrong and never repeats credentials.</exception>
    public static Uri ParseUrl(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // "host:8006" parses as a scheme, and no scheme may have credentials echoed back.
        return text.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(text.Trim(), UriKind.Absolute, out var url)
            ? Normalize(url)
            : throw new FormatException("The Proxmox URL is not valid: write it as https://host:8006.");
    }

    private static Uri Normalize(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        if (!url.IsAbsoluteUri || url.Host.Length == 0)
            throw new FormatException("The Proxmox URL is not valid: write it as https://host:8006.");
        if (url.Scheme != Uri.UriSchemeHttps)
            throw new FormatException("The Proxmox URL must begin with https://: without TLS the credentials would be sent in the clear.");
        if (url.UserInfo.Length > 0)
            throw new FormatException("The Proxmox URL must not contain credentials: they belong into the credentials Secret.");
        if (url.Query.Length > 0 || url.Fragment.Length > 0)
            throw new FormatException($"The Proxmox URL must end after the port: write {url.GetLeftPart(UriPartial.Authority)}.");
        var path = url.AbsolutePath.TrimEnd('/');
        foreach (var suffix in (ReadOnlySpan<string>)["/api2/json", "/api2/extjs", "/api2"])
        {
            if (path.EndsWith(suffix, StringComparison.Ordinal))
            {
                path = path[..^suffix.Length].TrimEnd('/');
                break;
            }
        }
        return new Uri(url.GetLeftPart(UriPartial.Authority) + path);
    }
}
