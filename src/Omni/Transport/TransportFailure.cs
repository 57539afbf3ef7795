using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace OmniScale.Omni;

/// <summary>Finds what really failed under a gRPC status that Omni did not send, and says it in the user's terms.</summary>
internal static class TransportFailure
{
    private const string BadResponse = "Bad gRPC response.";

    /// <summary>Error codes of RFC 9113, section 7.</summary>
    private enum Http2Error
    {
        Protocol = 0x1,
        FrameSize = 0x6,
        Http11Required = 0xd,
    }

    /// <returns>Null if the status came from Omni itself.</returns>
    public static (OmniError Kind, string Message)? Find(Status status, OmniEndpoint endpoint)
    {
        if (status.Detail.StartsWith(BadResponse, StringComparison.Ordinal))
        {
            return (OmniError.Unavailable, $"{endpoint} does not answer as Omni:{status.Detail[BadResponse.Length..]} (is it Omni's address, and does a proxy in front of it pass HTTP/2 through?)");
        }

        if (status.DebugException is not { } cause)
        {
            return null;
        }

        var causes = Flatten(cause).ToArray();
        if (causes.OfType<TlsVerificationException>().FirstOrDefault() is { } rejected)
        {
            return (OmniError.TlsFailed, rejected.Message);
        }

        if (causes.Any(SaysNotHttp2))
        {
            return (OmniError.Unavailable, $"{endpoint} does not speak HTTP/2 as gRPC needs it ({(endpoint.Tls ? "does a proxy in front of Omni speak HTTP/1.1 only?" : "is it served over TLS, that is https://, or by a proxy for HTTP/1.1?")})");
        }

        if (causes.OfType<AuthenticationException>().FirstOrDefault() is { } handshake)
        {
            return (OmniError.TlsFailed, $"the TLS handshake with {endpoint} failed: {handshake.GetBaseException().Message}");
        }

        if (causes.OfType<SocketException>().FirstOrDefault() is { } socket)
        {
            return (OmniError.Unavailable, Explain(socket, endpoint));
        }

        if (causes.OfType<HttpRequestException>().FirstOrDefault(e => e.HttpRequestError == HttpRequestError.ProxyTunnelError) is { } tunnel)
        {
            return (OmniError.Unavailable, $"the HTTP proxy does not let through to {endpoint}: {tunnel.Message}");
        }

        if (causes.Any(e => e is TimeoutException))
        {
            return (OmniError.Unavailable, $"{endpoint} did not accept the connection in time");
        }

        if (causes.Any(e => e is HttpRequestException or IOException or ObjectDisposedException))
        {
            // A cancellation below is our own guard's, and tells nothing of what is served there.
            var lost = causes[^1];
            return (OmniError.Unavailable, $"the connection to {endpoint} was lost: {lost.Message}{(lost is OperationCanceledException ? "" : HttpsHint(endpoint))}");
        }

        return null;
    }

    private static IEnumerable<Exception> Flatten(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            yield return e;
        }
    }

    private static bool SaysNotHttp2(Exception exception) => exception switch
    {
        // What is no HTTP/2 frame at all shows as one of the wrong kind or size; other codes come from a server that does speak HTTP/2.
        HttpProtocolException protocol => (Http2Error)protocol.ErrorCode is Http2Error.Protocol or Http2Error.FrameSize or Http2Error.Http11Required,
        HttpRequestException request => request.HttpRequestError is HttpRequestError.VersionNegotiationError or HttpRequestError.InvalidResponse,

        // OpenSSL's name of the alert with which a TLS server turns down HTTP/2.
        AuthenticationException handshake => handshake.GetBaseException().Message.Contains("no application protocol", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>A TLS port answers cleartext with an alert or by hanging up, and the latter looks like any lost connection.</summary>
    private static string HttpsHint(OmniEndpoint endpoint) => endpoint.Tls ? "" : " (if Omni is served over TLS there, the endpoint begins with https://)";

    private static string Explain(SocketException exception, OmniEndpoint endpoint) => exception.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.NoData => $"the name {endpoint.Host} does not resolve to an address",
        SocketError.TryAgain => $"the name {endpoint.Host} cannot be resolved at the moment: the name server does not answer",
        SocketError.ConnectionRefused => $"{endpoint} refused the connection: nothing listens on port {endpoint.Port}",
        SocketError.TimedOut => $"{endpoint} did not accept the connection in time",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown => $"there is no route to {endpoint}",
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => $"the connection to {endpoint} was reset{HttpsHint(endpoint)}",
        _ => $"the connection to {endpoint} failed: {exception.Message}",
    };
}
