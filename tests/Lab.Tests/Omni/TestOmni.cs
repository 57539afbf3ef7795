using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Management;

namespace OmniScale.Lab.Tests.Omni;

/// <summary>A simulator and raw clients of it.</summary>
internal sealed class TestOmni : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly List<GrpcChannel> channels = [];

    private TestOmni(OmniSimulator simulator)
    {
        Simulator = simulator;
        Client = As(Role.Operator);
    }

    public OmniSimulator Simulator { get; }

    /// <summary>Calls as an account of the role Operator.</summary>
    public State.StateClient Client { get; }

    /// <summary>Starts a simulator without read lag and without controllers unless asked for.</summary>
    public static async Task<TestOmni> StartAsync(OmniSimulatorOptions? options = null) =>
        new(await OmniSimulator.StartAsync(
            options ?? new OmniSimulatorOptions { ReadLag = TimeSpan.Zero, RunLifecycle = false }, TestContext.Current.CancellationToken));

    public State.StateClient As(Role role) => As(NewSigner(role));

    public State.StateClient As(Signer signer) => new(Channel().Intercept(signer));

    public ManagementService.ManagementServiceClient ManagementAs(Role role) => new(Channel().Intercept(NewSigner(role)));

    public Signer NewSigner(Role role) => new(Simulator.CreateServiceAccountKey($"test-{role}".ToLowerInvariant(), role));

    public GrpcChannel Channel()
    {
        var handler = new SocketsHttpHandler();
        if (Simulator.CaPem.Length > 0)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { X509Certificate2.CreateFromPem(Simulator.CaPem) },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            };
        }

        var channel = GrpcChannel.ForAddress(Simulator.Endpoint, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        channels.Add(channel);
        return channel;
    }

    /// <summary>Waits for a condition that no event tells of.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Limit, "The condition did not hold in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        channels.ForEach(channel => channel.Dispose());
        await Simulator.DisposeAsync();
    }
}

/// <summary>Short forms of the calls.</summary>
internal static class StateClientExtensions
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<Resource> CreateAsync<TSpec>(this State.StateClient client, OmniResource<TSpec> resource)
        where TSpec : class, IMessage<TSpec>, new() =>
        (await client.CreateAsync(new CreateRequest { Resource = resource.ToWire() }, cancellationToken: Token)).Resource;

    public static async Task<Resource> UpdateAsync<TSpec>(this State.StateClient client, OmniResource<TSpec> resource, string? expectedPhase = "running")
        where TSpec : class, IMessage<TSpec>, new()
    {
        var request = new UpdateRequest { NewResource = resource.ToWire(), Options = new UpdateOptions() };
        if (expectedPhase is not null)
            request.Options.ExpectedPhase = expectedPhase;
        return (await client.UpdateAsync(request, cancellationToken: Token)).Resource;
    }

    public static async Task<OmniResource<TSpec>> GetAsync<TSpec>(this State.StateClient client, ResourceType<TSpec> type, string id)
        where TSpec : class, IMessage<TSpec>, new() =>
        type.Decode((await client.GetAsync(new GetRequest { Namespace = type.Namespace, Type = type.Name, Id = id }, cancellationToken: Token)).Resource);

    public static async Task<List<Resource>> ListAsync(this State.StateClient client, ResourceType type, ListOptions? options = null)
    {
        using var call = client.List(new ListRequest { Namespace = type.Namespace, Type = type.Name, Options = options }, cancellationToken: Token);
        var all = new List<Resource>();
        await foreach (var response in call.ResponseStream.ReadAllAsync(Token))
            all.Add(response.Resource);
        return all;
    }

    public static async Task<bool> TeardownAsync(this State.StateClient client, ResourceType type, string id) =>
        (await client.TeardownAsync(new TeardownRequest { Namespace = type.Namespace, Type = type.Name, Id = id }, cancellationToken: Token)).DestroyReady;

    public static async Task DestroyAsync(this State.StateClient client, ResourceType type, string id) =>
        await client.DestroyAsync(new DestroyRequest { Namespace = type.Namespace, Type = type.Name, Id = id }, cancellationToken: Token);

    public static OmniResource<TSpec> Decode<TSpec>(this ResourceType<TSpec> type, Resource wire)
        where TSpec : class, IMessage<TSpec>, new() => new(type, wire.Metadata, (TSpec)type.ParseSpec(wire.Spec.ProtoSpec));

    public static Resource ToWire<TSpec>(this OmniResource<TSpec> resource)
        where TSpec : class, IMessage<TSpec>, new() =>
        new() { Metadata = resource.Metadata, Spec = new Spec { ProtoSpec = resource.Spec.ToByteString() } };

    /// <summary>The status of a call that must fail.</summary>
    public static async Task<Status> FailureAsync(this Task call) => (await Assert.ThrowsAsync<RpcException>(() => call)).Status;
}
