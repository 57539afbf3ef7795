using System.Net.Sockets;

namespace OmniScale.Omni;

/// <summary>A TCP connection that asks before it sends. HTTP/2 sends from one place and by this method alone, with TLS or without.</summary>
internal sealed class GuardedStream(Socket socket, Action demand) : NetworkStream(socket, ownsSocket: true)
{
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        demand();
        return base.WriteAsync(buffer, cancellationToken);
    }
}
