using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Lab.Omni.Services;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Lab.Omni.Validation;

namespace OmniScale.Lab.Omni.Hosting;

/// <summary>The listening half of the simulator: can be stopped and started again on the same port, with the same certificate.</summary>
internal sealed class OmniServer(OmniSimulatorOptions options, OmniStore store, ReadCache cache, CallLog log, TlsIdentity? tls)
{
    private const int MaxMessageSize = 32 * 1024 * 1024;

    private readonly Lock gate = new();
    private readonly HashSet<ConnectionContext> connections = [];
    private WebApplication? app;

    public Uri Endpoint { get; private set; } = new("http://127.0.0.1");

    /// <summary>Where Omni's Kubernetes proxy would be.</summary>
    public Uri KubernetesProxy => new UriBuilder(Endpoint) { Scheme = Uri.UriSchemeHttps, Port = 8100 }.Uri;

    public async Task StartAsync(OmniFaults faults, CancellationToken cancellationToken)
    {
        // No configuration files, and so no watches on them: a test process runs many servers, and the system allows few watches.
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Go's HTTP/2 server allows this many, Kestrel fewer.
            kestrel.Limits.Http2.MaxStreamsPerConnection = 250;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, app is null ? options.Port : Endpoint.Port, Listen);
        });
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(store);
        builder.Services.AddSingleton(cache);
        builder.Services.AddSingleton(log);
        builder.Services.AddSingleton(faults);
        builder.Services.AddSingleton(this);
        builder.Services.AddSingleton<Validator>();
        builder.Services.AddSingleton<CallInterceptor>();
        builder.Services.AddSingleton<StateService>();
        builder.Services.AddSingleton<ManagementService>();
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = MaxMessageSize;
            grpc.MaxSendMessageSize = MaxMessageSize;
            grpc.Interceptors.Add<CallInterceptor>();
        });

        var next = builder.Build();
        next.MapGrpcService<StateService>();
        next.MapGrpcService<ManagementService>();
        await next.StartAsync(cancellationToken);
        app = next;
        Endpoint = new Uri(next.Urls.Single());
    }

    public async Task StopAsync()
    {
        if (app is null)
            return;
        await app.StopAsync();
        await app.DisposeAsync();
    }

    /// <summary>Cuts one connection, or all of them when none is named.</summary>
    public void Drop(string? connectionId)
    {
        lock (gate)
        {
            foreach (var connection in connections.Where(connection => connectionId is null || connection.ConnectionId == connectionId))
                connection.Abort(new ConnectionAbortedException("cut by the lab"));
        }
    }

    private void Listen(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http2;
        listen.Use(next => async connection =>
        {
            lock (gate)
                connections.Add(connection);
            try
            {
                await next(connection);
            }
            finally
            {
                lock (gate)
                    connections.Remove(connection);
            }
        });
        if (tls is not null)
            listen.UseHttps(tls.Leaf);
    }
}
