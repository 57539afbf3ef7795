using System.Net.Sockets;
using Grpc.Net.Client;

namespace OmniScale.Omni;

/// <summary>The gRPC channel of one connection.</summary>
internal static class OmniChannel
{
    /// <summary>Omni's own limit on messages, both ways.</summary>
    private const int MaxMessageBytes = 32 * 1024 * 1024;

    public static GrpcChannel Open(OmniConnectionSettings settings, TimeProvider time, OmniWriteGuard? guard = null)
    {
        var sockets = new SocketsHttpHandler
        {
            ConnectTimeout = settings.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),

            // A changed DNS record is noticed by new calls; a watch stays where it is until its stream ends.
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            SslOptions = TlsVerification.Options(settings),

            // With a callback of its own the channel leaves connecting to the handler: each call then tries afresh, instead of
            // failing for as long as the channel's own reconnect backoff lasts. Callers and watches bring their own backoff.
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    await socket.ConnectAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false);
                    return guard is null ? new NetworkStream(socket, ownsSocket: true) : new GuardedStream(socket, guard.DemandToSend);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };

        return GrpcChannel.ForAddress(settings.Endpoint.Address, new GrpcChannelOptions
        {
            HttpHandler = new SigningHandler(settings.Key, time, sockets),
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxMessageBytes,
            MaxSendMessageSize = MaxMessageBytes,
        });
    }
}
