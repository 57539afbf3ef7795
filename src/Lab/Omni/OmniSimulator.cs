using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Lab.Omni.Hosting;
using OmniScale.Lab.Omni.Lifecycle;
using OmniScale.Lab.Omni.Storage;

namespace OmniScale.Lab.Omni;

/// <summary>
/// An Omni on the loopback address, over the real protocol: signed gRPC calls to a COSI state with Omni's validation,
/// and the controllers that turn machine sets into running machines.
/// </summary>
public sealed class OmniSimulator : IAsyncDisposable
{
    private readonly OmniSimulatorOptions options;
    private readonly ReadCache cache;
    private readonly OmniServer server;
    private readonly CallLog log;
    private readonly TlsIdentity? tls;

    private OmniSimulator(OmniSimulatorOptions options)
    {
        this.options = options;
        State = options.Store ?? new OmniStore(options.Time);
        log = new CallLog(State.Time);
        Catalogue.Publish(State, options.Version);
        cache = new ReadCache(State.Table, State.Time, options.ReadLag);
        tls = options.Transport == OmniTransport.Cleartext ? null : new TlsIdentity(options.Transport, State.Time.GetUtcNow());
        server = new OmniServer(options, State, cache, log, tls);
        Faults = new OmniFaults(State, server.Drop);
        Lifecycle = new OmniLifecycle(options, State);
    }

    public Uri Endpoint => server.Endpoint;

    /// <summary>The authority that signed the server's certificate; empty without TLS.</summary>
    public string CaPem => tls?.CaPem ?? "";

    public OmniStore State { get; }

    public OmniFaults Faults { get; }

    /// <summary>The server's controllers, the infra providers and the machines.</summary>
    public OmniLifecycle Lifecycle { get; }

    /// <summary>How far reads and validators are behind the writes.</summary>
    public TimeSpan ReadLag
    {
        get => cache.Lag;
        set => cache.Lag = value;
    }

    /// <summary>The calls that came since the start or the last <see cref="ClearCalls"/>, failed ones too.</summary>
    public IReadOnlyList<RecordedCall> Calls => log.Calls;

    /// <summary>Those of the calls that would change something.</summary>
    public IReadOnlyList<RecordedCall> Writes => [.. log.Calls.Where(call => call.IsWrite)];

    public static async Task<OmniSimulator> StartAsync(OmniSimulatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        var simulator = new OmniSimulator(options ?? new OmniSimulatorOptions());
        await simulator.ResumeAsync(cancellationToken);
        return simulator;
    }

    public void ClearCalls() => log.Clear();

    /// <summary>
    /// Makes a service account, or another key for one that exists, and returns the key as users get it: base64 of
    /// JSON with the name and the armored private key.
    /// </summary>
    public string CreateServiceAccountKey(string name, Role role, TimeSpan? lifetime = null) =>
        State.Accounts.CreateWithKey(name, role, lifetime ?? TimeSpan.FromDays(365));

    /// <summary>Lets the keys of a service account expire now. False when there is no such account.</summary>
    public bool ExpireKeys(string name) => State.Accounts.ExpireKeys(name, State.Time.GetUtcNow());

    /// <summary>Takes the server down: connections are refused, nothing happens inside, nothing is lost.</summary>
    public async Task SuspendAsync()
    {
        await server.StopAsync();
        await Lifecycle.StopAsync();
    }

    /// <summary>Brings a server that was taken down back, at the same endpoint.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken = default)
    {
        await server.StartAsync(Faults, cancellationToken);
        if (options.RunLifecycle)
            Lifecycle.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await server.StopAsync();
        await Lifecycle.DisposeAsync();
        cache.Dispose();
        tls?.Leaf.Dispose();
    }
}
