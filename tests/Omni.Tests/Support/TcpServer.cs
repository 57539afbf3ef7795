using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OmniScale.Omni.Tests;

/// <summary>Something that listens but is no Omni.</summary>
internal sealed class TcpServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly Task loop;

    private TcpServer(Func<NetworkStream, CancellationToken, Task> serve)
    {
        listener.Start();
        loop = RunAsync(serve);
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    /// <summary>Answers the first bytes with this text and ignores the rest.</summary>
    public static TcpServer Answering(string text) => new(async (stream, ct) =>
    {
        _ = await stream.ReadAsync(new byte[4096], ct);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text), ct);
        await stream.CopyToAsync(Stream.Null, ct);
    });

    /// <summary>Takes connections and never says a word.</summary>
    public static TcpServer Silent() => new((_, ct) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ct));

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await loop;
        listener.Dispose();
        stop.Dispose();
    }

    private async Task RunAsync(Func<NetworkStream, CancellationToken, Task> serve)
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await listener.AcceptTcpClientAsync(stop.Token), serve));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client, Func<NetworkStream, CancellationToken, Task> serve)
    {
        using (client)
        {
            try
            {
                await serve(client.GetStream(), stop.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // The test is over, or the client is gone.
            }
        }
    }
}
