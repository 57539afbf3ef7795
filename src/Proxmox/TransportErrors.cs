using System.Globalization;
using System.Net.Sockets;

namespace OmniScale.Proxmox;

/// <summary>Explains requests that got no answer.</summary>
internal static class TransportErrors
{
    private const int ProxmoxPort = 8006;

    public static bool IsReset(HttpRequestException exception) =>
        exception.HttpRequestError == HttpRequestError.ResponseEnded
        || Find<SocketException>(exception)?.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown;

    public static ProxmoxException TimedOut(Uri url, TimeSpan timeout, Exception exception)
    {
        var limit = string.Create(CultureInfo.InvariantCulture, $"{timeout.TotalSeconds:0.#} s");
        return new ProxmoxException(
            ProxmoxFailure.Timeout,
            $"No answer from {Server(url)} within {limit}. Check the address, the port and the firewalls in between.{PortHint(url)}",
            innerException: exception);
    }

    public static ProxmoxException Explain(Uri url, HttpRequestException exception)
    {
        var server = Server(url);
        var (kind, message) = (exception.HttpRequestError, Find<SocketException>(exception)?.SocketErrorCode) switch
        {
            _ when Find<CertificateRejectedException>(exception) is { } rejected => (ProxmoxFailure.TlsFailed, rejected.Message),
            (HttpRequestError.NameResolutionError, _) => (
                ProxmoxFailure.DnsFailed,
                $"The name '{url.Host}' does not resolve. Check the Proxmox URL and the DNS in use."),
            (_, SocketError.ConnectionRefused) => (
                ProxmoxFailure.ConnectionRefused,
                $"{server} refuses connections. Check the address, and that pveproxy runs there.{PortHint(url)}"),
            (_, SocketError.TimedOut) => (
                ProxmoxFailure.Timeout,
                $"{server} cannot be connected to: timed out. Check the address and the firewalls in between.{PortHint(url)}"),
            (HttpRequestError.SecureConnectionError, _) when !IsReset(exception) => (
                ProxmoxFailure.TlsFailed,
                $"No TLS connection to {server} could be made: {(exception.InnerException ?? exception).Message} "
                    + $"Check that the port speaks HTTPS.{PortHint(url)}"),
            (HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded, _) => (
                ProxmoxFailure.UnexpectedAnswer,
                $"What {server} answers is not HTTP as Proxmox VE speaks it.{PortHint(url)}"),
            _ when IsReset(exception) => (
                ProxmoxFailure.Unreachable,
                $"{server} closed the connection before its answer was complete."),
            var (_, error) => (
                ProxmoxFailure.Unreachable,
                $"{server} cannot be reached: {error?.ToString() ?? exception.Message}. Check the address and the routes to it."),
        };
        return new ProxmoxException(kind, message, innerException: exception);
    }

    private static string PortHint(Uri url) => url.Port == ProxmoxPort
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $" Proxmox VE listens on port {ProxmoxPort}, not {url.Port}, unless a proxy is in front of it.");

    private static string Server(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private static T? Find<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
                return found;
        }
        return null;
    }
}
