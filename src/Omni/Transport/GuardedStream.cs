using System.Net.Sockets;

namespace OmniScale.Omni;

/// <summary>A TCP connection that asks before it sends. HTTP/2 sends from one place and by this method alone, with TLS or without.</summary>
internal sealed class GuardedStream(Socket socket, Action demand) : NetworkStream(socket, ownsSocket: true)
{
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            demand();
        }
        catch (OperationCanceledException e)
        {
            // Bare it would look like a call that its caller gave up.
            throw new IOException(e.Message, e);
        }

        return base.WriteAsync(buffer, cancellationToken);
    }
}
