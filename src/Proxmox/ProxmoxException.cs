namespace OmniScale.Proxmox;

public enum ProxmoxFailure
{
    /// <summary>The host name does not resolve.</summary>
    DnsFailed,

    ConnectionRefused,

    Timeout,

    /// <summary>No route, or the connection broke before the answer was complete.</summary>
    Unreachable,

    /// <summary>The certificate was not accepted, or the other side does not speak TLS.</summary>
    TlsFailed,

    /// <summary>The credentials are not accepted.</summary>
    Unauthorized,

    /// <summary>The credentials are accepted and lack a privilege.</summary>
    Forbidden,

    /// <summary>Proxmox failed (5xx); 595 to 599 mean that it could not reach another of its nodes.</summary>
    ServerError,

    /// <summary>What answered does not seem to be the API of Proxmox VE, or not one that knows the request.</summary>
    UnexpectedAnswer,
}

/// <summary>A privilege check that failed.</summary>
/// <param name="Privileges">Any one of them would have been enough.</param>
public sealed record MissingPermission(string Path, ValueList<string> Privileges);

/// <summary>Proxmox could not be read. The message is in the user's terms, names a next step where there is one, and contains no secret.</summary>
public sealed class ProxmoxException(ProxmoxFailure kind, string message, int? statusCode = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    public ProxmoxFailure Kind => kind;

    /// <summary>The HTTP status, where there was an answer.</summary>
    public int? StatusCode => statusCode;

    /// <summary>With <see cref="ProxmoxFailure.Forbidden"/>, where the server said what was missing.</summary>
    public MissingPermission? Missing { get; init; }
}
