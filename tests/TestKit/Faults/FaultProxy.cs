using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace OmniScale.TestKit.Faults;

/// <summary>
/// Stands in front of a server, forwards HTTP/1.1, HTTP/2 and gRPC with streams and trailers, lets go wrong what it is told to, and
/// remembers what was asked.
/// </summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private static readonly ForwarderRequestConfig s_http2 = new()
    {
        Version = HttpVersion.Version20,
        VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        // Silence is nothing that a proxy ends here: the clients' own watchdogs are what is tested.
        ActivityTimeout = Timeout.InfiniteTimeSpan,
    };

    private static readonly StreamingTransformer s_asItIs = new();
    private readonly ConcurrentDictionary<string, ConnectionContext> _connections = new();
    private readonly ConcurrentQueue<ProxiedRequest> _requests = new();
    private readonly ConcurrentQueue<ActiveFault> _faults = new();
    private readonly Uri _upstream;
    private readonly HttpMessageInvoker _client;
    private readonly X509Certificate2? _certificate;
    private readonly WebApplication _app;
    private readonly IHttpForwarder _forwarder;

    private FaultProxy(Uri upstream, SocketsHttpHandler handler, bool tls)
    {
        _upstream = upstream;
        handler.EnableMultipleHttp2Connections = true;
        handler.UseCookies = false;
        handler.AllowAutoRedirect = false;
        _client = new HttpMessageInvoker(handler);
        _certificate = tls ? ProxyCertificate.Create() : null;
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddHttpForwarder();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.Http2.MaxStreamsPerConnection = 250;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, 0, Listen);
        });
        _app = builder.Build();
        _forwarder = _app.Services.GetRequiredService<IHttpForwarder>();
        _app.Run(HandleAsync);
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>The certificate to trust; empty without TLS.</summary>
    public string CaPem => _certificate?.ExportCertificatePem() ?? "";

    /// <summary>Everything that was asked, oldest first.</summary>
    public IReadOnlyList<ProxiedRequest> Requests => [.. _requests];

    /// <param name="upstream">The server. It is spoken to in HTTP/2.</param>
    /// <param name="handler">How the server is reached, with the identity that all clients of the proxy then have.</param>
    /// <param name="tls">Whether clients speak TLS, and choose between HTTP/1.1 and HTTP/2; without it they must speak HTTP/2.</param>
    public static async Task<FaultProxy> StartAsync(Uri upstream, SocketsHttpHandler handler, bool tls)
    {
        var proxy = new FaultProxy(upstream, handler, tls);
        await proxy._app.StartAsync(TestContext.Current.CancellationToken);
        proxy.Address = new Uri(proxy._app.Urls.Single());
        return proxy;
    }

    /// <summary>Lets a fault hit requests.</summary>
    /// <param name="requests">A regular expression over <see cref="ProxiedRequest.Line"/>.</param>
    /// <param name="fault">What goes wrong. Of several that hit a request the first to be added counts.</param>
    /// <param name="times">How many requests it hits; null for all until it is cleared.</param>
    /// <param name="skip">How many requests it lets pass before.</param>
    /// <param name="when">A further condition.</param>
    public ActiveFault On(string requests, Fault fault, int? times = 1, int skip = 0, Func<HttpRequest, bool>? when = null)
    {
        var active = new ActiveFault(fault, requests, times, skip, when);
        _faults.Enqueue(active);
        return active;
    }

    /// <summary>Takes all faults away.</summary>
    public void Clear()
    {
        while (_faults.TryDequeue(out var fault))
        {
            fault.Clear();
        }
    }

    public void ClearRequests() => _requests.Clear();

    /// <summary>The requests whose line contains a text, oldest first.</summary>
    public IReadOnlyList<ProxiedRequest> Asked(string text) => [.. _requests.Where(request => request.Line.Contains(text, StringComparison.Ordinal))];

    /// <summary>Resets all connections that are open now.</summary>
    public void DropConnections()
    {
        foreach (var connection in _connections.Values)
        {
            Reset(connection);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Clear();
        using (var atOnce = new CancellationTokenSource())
        {
            await atOnce.CancelAsync();
            await _app.StopAsync(atOnce.Token);
        }

        await _app.DisposeAsync();
        _client.Dispose();
        _certificate?.Dispose();
    }

    private void Listen(ListenOptions listen)
    {
        listen.Protocols = _certificate is null ? HttpProtocols.Http2 : HttpProtocols.Http1AndHttp2;
        listen.Use(next => async connection =>
        {
            _connections[connection.ConnectionId] = connection;
            try
            {
                await next(connection);
            }
            finally
            {
                _connections.TryRemove(connection.ConnectionId, out _);
            }
        });
        if (_certificate is not null)
        {
            listen.UseHttps(_certificate);
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        var line = $"{context.Request.Method} {context.Request.GetEncodedPathAndQuery()}";
        var hit = _faults.FirstOrDefault(fault => fault.Take(line, context.Request));
        _requests.Enqueue(new ProxiedRequest(TimeProvider.System.GetUtcNow(), line, hit?.Fault));
        try
        {
            if (hit is null)
            {
                await ForwardAsync(context, s_asItIs);
                return;
            }

            var exchange = new Exchange(context, hit, () => Reset(context));
            if (await hit.Fault.Before(exchange))
            {
                await ForwardAsync(context, hit.Fault.Cut is { } cut ? new CutTransformer(cut, exchange) : s_asItIs);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client gave up.
        }
    }

    private async Task ForwardAsync(HttpContext context, HttpTransformer transformer)
    {
        var error = await _forwarder.SendAsync(context, _upstream.GetLeftPart(UriPartial.Authority), _client, s_http2, transformer);
        if (error != ForwarderError.None && !context.Response.HasStarted)
        {
            // A server that is away is away for the clients too; they are not told so by somebody else.
            Reset(context);
        }
    }

    private void Reset(HttpContext context)
    {
        if (_connections.TryGetValue(context.Connection.Id, out var connection))
        {
            Reset(connection);
        }
    }

    /// <summary>Closing a socket that is not to linger sends RST instead of FIN.</summary>
    private static void Reset(ConnectionContext connection)
    {
        if (connection.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
        {
            try
            {
                socket.LingerState = new LingerOption(true, 0);
                socket.Dispose();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // It was reset already, or the client has gone.
            }
        }

        connection.Abort(new ConnectionAbortedException("cut by a fault"));
    }
}
