using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace OmniScale.Lab.Proxmox;

/// <summary>
/// A request as it was answered: the path is what follows <c>/api2/json</c>, <paramref name="Who"/> is the authenticated id, and <paramref name="Status"/>
/// is 0 when the connection was reset or the client went away. Neither headers nor bodies are kept.
/// </summary>
public sealed record RecordedCall(DateTimeOffset At, string Method, string Path, string Query, string? Who, int Status);

/// <summary>Proxmox VE's HTTPS API on a local port, as far as OmniScale reads it. State, faults and certificate can be changed while it runs.</summary>
public sealed class ProxmoxSimulator : IAsyncDisposable
{
    private const int CallsKept = 10_000;
    private readonly SimulatedCertificates certificates;
    private readonly ProxmoxSimulatorOptions options;
    private readonly Lock gate = new();
    private readonly Queue<RecordedCall> calls = [];
    private readonly ProxmoxRequestHandler handler;
    private WebApplication? application;

    private ProxmoxSimulator(ProxmoxSimulatorOptions options)
    {
        this.options = options;
        certificates = new SimulatedCertificates(options.CertificateNames, options.CertificateNotAfter);
        Inventory = new ProxmoxInventoryModel(options.Cluster);
        handler = new ProxmoxRequestHandler(options, Inventory, Faults, Record);
    }

    /// <summary>Without <c>/api2/json</c>, as users write it.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>The CA that signed the server certificate.</summary>
    public string CaPem => certificates.AuthorityPem;

    /// <summary>SHA-256 of the server certificate, upper-case hexadecimal with colons.</summary>
    public string Fingerprint => SimulatedCertificates.Fingerprint(certificates.Leaf);

    public ProxmoxInventoryModel Inventory { get; }

    public FaultInjector Faults { get; } = new();

    /// <summary>The last calls since the start or the last <see cref="ClearCalls"/>, oldest first.</summary>
    public IReadOnlyList<RecordedCall> Calls
    {
        get
        {
            lock (gate)
                return [.. calls];
        }
    }

    public void ClearCalls()
    {
        lock (gate)
            calls.Clear();
    }

    /// <summary>How many requests wait for their answer; they become calls when it is sent.</summary>
    public int CallsUnderWay => handler.UnderWay;

    public static async Task<ProxmoxSimulator> StartAsync(ProxmoxSimulatorOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var simulator = new ProxmoxSimulator(options);
        try
        {
            await simulator.ResumeAsync(cancellationToken);
        }
        catch
        {
            await simulator.DisposeAsync();
            throw;
        }
        return simulator;
    }

    /// <summary>Takes the server down: connections are cut and refused, nothing is lost.</summary>
    public async Task SuspendAsync()
    {
        if (Interlocked.Exchange(ref application, null) is not { } running)
            return;
        using (var immediately = new CancellationTokenSource())
        {
            await immediately.CancelAsync();
            await running.StopAsync(immediately.Token);
        }
        await running.DisposeAsync();
    }

    /// <summary>Brings a server that was taken down back, at the same address and with the same certificate.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 512 * 1024;
            kestrel.Listen(options.Address, Url?.Port ?? options.Port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(https => https.ServerCertificateSelector = (_, _) => certificates.Leaf);
            });
        });
        application = builder.Build();
        application.Run(handler.HandleAsync);
        await application.StartAsync(cancellationToken);
        Url = new Uri(application.Urls.Single());
    }

    /// <summary>Renews the server certificate: another fingerprint, the same CA. Open connections keep the old one.</summary>
    public void RenewCertificate() => certificates.Renew();

    public async ValueTask DisposeAsync()
    {
        await SuspendAsync();
        certificates.Dispose();
    }

    private void Record(RecordedCall call)
    {
        lock (gate)
        {
            calls.Enqueue(call);
            if (calls.Count > CallsKept)
                calls.Dequeue();
        }
    }
}
