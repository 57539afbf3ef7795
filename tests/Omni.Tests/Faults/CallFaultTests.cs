using Grpc.Core;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using OmniScale.TestKit;
using OmniScale.TestKit.Faults;

namespace OmniScale.Omni.Tests;

/// <summary>Calls to Omni through a proxy, in good and in bad order.</summary>
public sealed class CallFaultTests : IAsyncLifetime
{
    private OmniSimulator omni = null!;
    private FaultProxy proxy = null!;
    private OmniConnection connection = null!;

    private static readonly Dictionary<string, (Fault Fault, OmniError Kind, bool Stored)> All = new()
    {
        ["reset"] = (Fault.Reset(), OmniError.Unavailable, false),
        ["reset after it was stored"] = (Fault.Reset(after: 0), OmniError.Unavailable, true),
        ["an answer that breaks off"] = (Fault.Truncate(), OmniError.Internal, true),
        ["an empty answer"] = (Fault.End(), OmniError.Unavailable, true),
        ["UNAVAILABLE"] = (Fault.Grpc(StatusCode.Unavailable), OmniError.Unavailable, false),
        ["UNAVAILABLE after it was stored"] = (Fault.Grpc(StatusCode.Unavailable, after: 0), OmniError.Unavailable, true),
        ["RESOURCE_EXHAUSTED"] = (Fault.Grpc(StatusCode.ResourceExhausted), OmniError.ResourceExhausted, false),
        ["INTERNAL"] = (Fault.Grpc(StatusCode.Internal), OmniError.Internal, false),
        ["DEADLINE_EXCEEDED after it was stored"] = (Fault.Grpc(StatusCode.DeadlineExceeded, after: 0), OmniError.DeadlineExceeded, true),
        ["502 of a proxy in front"] = (Fault.Gateway(502), OmniError.Unavailable, false),
        ["503 of a proxy in front"] = (Fault.Gateway(503), OmniError.Unavailable, false),
        ["a stall"] = (Fault.Stall(), OmniError.DeadlineExceeded, false),
    };

    public static TheoryData<string> Faults => [.. All.Keys];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        omni = await Clients.StartSimulatorAsync();
        proxy = await FaultProxies.StartAsync(omni.Endpoint);
        connection = Connect(proxy, TimeSpan.FromSeconds(2));
    }

    public async ValueTask DisposeAsync()
    {
        await connection.DisposeAsync();
        await proxy.DisposeAsync();
        await omni.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Create_ThatFails_IsSentOnce_AndShownByTheCacheIfItWasStored(string name)
    {
        var (fault, kind, stored) = All[name];
        await connection.Cache.WhenSyncedAsync([ResourceTypes.MachineClasses], Cancellation);
        proxy.On("cosi.resource.State/Create", fault);

        var failure = await Assert.ThrowsAsync<OmniException>(() => CreateAsync("a"));

        Assert.Equal(kind, failure.Kind);
        Assert.Single(proxy.Asked("State/Create"));
        // What comes after it proves that the cache has heard of all before.
        await CreateAsync("last");
        await Eventually.TrueAsync(() => connection.Cache.Find(ResourceTypes.MachineClasses, "last") is not null, "the watch has caught up");
        await Eventually.TrueAsync(() => connection.Cache.Find(ResourceTypes.MachineClasses, "a") is not null == stored, "the cache is right about it");
        Assert.Equal(stored, omni.State.Get(ResourceTypes.MachineClasses, "a") is not null);
        Assert.Equal(stored ? 2 : 1, omni.Writes.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Signature_IsStillValidBehindAProxy(bool tls)
    {
        await using var front = await FaultProxies.StartAsync(omni.Endpoint, tls);
        await using var through = Connect(front);

        await through.Cache.WhenSyncedAsync([ResourceTypes.MachineClasses], Cancellation);
        await through.State.CreateAsync(ResourceTypes.MachineClasses.New("a", new MachineClassSpec { MatchLabels = { "a=b" } }), Cancellation);
        var denied = await Assert.ThrowsAsync<OmniException>(() => through.State.DestroyAsync(ResourceTypes.MachineClasses, "none", Cancellation));

        Assert.Equal(OmniError.NotFound, denied.Kind);
        Assert.All(omni.Calls, call => Assert.Equal("test@serviceaccount.omni.sidero.dev", call.Identity));
        Assert.Equal(3, front.Requests.Count);
    }

    private OmniConnection Connect(FaultProxy front, TimeSpan? timeout = null)
    {
        var settings = OmniConnectionSettings.Parse(front.Address.ToString(), omni.CreateServiceAccountKey("test", Role.Operator), front.CaPem);
        return Clients.Connect(new OmniConnectionSettings(settings.Endpoint, settings.Key)
        {
            CertificateAuthorities = settings.CertificateAuthorities,
            CallTimeout = timeout ?? settings.CallTimeout,
        });
    }

    private Task<OmniResource> CreateAsync(string id) =>
        connection.State.CreateAsync(ResourceTypes.MachineClasses.New(id, new MachineClassSpec { MatchLabels = { "a=b" } }), Cancellation);
}
