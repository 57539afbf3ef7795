using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using k8s;

namespace OmniScale.Runtime.Tests;

/// <summary>
/// An HTTP/1.1 server on loopback whose every byte, and whose way of ending a connection, is the test's choice: it does what a
/// healthy API server never does.
/// </summary>
internal sealed class FakeApiServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<FakeExchange, Task> _handler;
    private readonly Task _accepting;

    public FakeApiServer(Func<FakeExchange, Task> handler)
    {
        _handler = handler;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>All requests so far, as "GET /path?query".</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    public string Url => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";

    public KubeClient Client(TimeProvider? time = null, Leadership? leadership = null, RequestLimits? limits = null, bool heedsRetryAfter = true) =>
        new(new KubernetesClientConfiguration { Host = Url }, "tester", time ?? TimeProvider.System, leadership, limits, heedsRetryAfter);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                connections.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                while (await FakeExchange.ReadAsync(client, _stop.Token) is { } exchange)
                {
                    Requests.Enqueue($"{exchange.Method} {exchange.Target}");
                    await _handler(exchange);
                    if (!exchange.KeepsConnection)
                    {
                        return;
                    }
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // The client or the test is done with the connection.
            }
        }
    }
}
