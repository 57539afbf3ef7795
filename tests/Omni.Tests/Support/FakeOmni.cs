using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni.Tests;

/// <summary>A server that answers as the test says, for what the simulator would never do. Methods without an answer are unimplemented.</summary>
internal sealed class FakeOmni : Api.Cosi.State.StateBase, IAsyncDisposable
{
    private WebApplication? app;

    public Func<GetRequest, Task<GetResponse>>? OnGet { get; set; }

    public Func<UpdateRequest, Task<UpdateResponse>>? OnUpdate { get; set; }

    public Func<TeardownRequest, Task<TeardownResponse>>? OnTeardown { get; set; }

    public Func<WatchRequest, IServerStreamWriter<WatchResponse>, CancellationToken, Task>? OnWatch { get; set; }

    public string Endpoint { get; private set; } = "";

    public static async Task<FakeOmni> StartAsync()
    {
        var fake = new FakeOmni();
        var builder = WebApplication.CreateSlimBuilder(["--hostBuilder:reloadConfigOnChange=false"]);
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(System.Net.IPAddress.Loopback, 0, l => l.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(fake);
        fake.app = builder.Build();
        fake.app.MapGrpcService<FakeOmni>();
        await fake.app.StartAsync(TestContext.Current.CancellationToken);
        fake.Endpoint = fake.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return fake;
    }

    public override Task<GetResponse> Get(GetRequest request, ServerCallContext context) => OnGet is null ? base.Get(request, context) : OnGet(request);

    public override Task<UpdateResponse> Update(UpdateRequest request, ServerCallContext context) =>
        OnUpdate is null ? base.Update(request, context) : OnUpdate(request);

    public override Task<TeardownResponse> Teardown(TeardownRequest request, ServerCallContext context) =>
        OnTeardown is null ? base.Teardown(request, context) : OnTeardown(request);

    public override Task Watch(WatchRequest request, IServerStreamWriter<WatchResponse> responseStream, ServerCallContext context) =>
        OnWatch is null ? base.Watch(request, responseStream, context) : OnWatch(request, responseStream, context.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.Zero);
        await app!.StopAsync(atOnce.Token);
        await app.DisposeAsync();
    }
}
