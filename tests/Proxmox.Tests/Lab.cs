using System.Runtime.CompilerServices;
using OmniScale.Lab.Proxmox;

namespace OmniScale.Proxmox.Tests;

/// <summary>A simulated cluster and what is needed to connect to it.</summary>
internal sealed class Lab : IAsyncDisposable
{
    public static readonly ProxmoxCredentials Token = new ProxmoxCredentials.Token(MatrixCluster.TokenId, MatrixCluster.TokenSecret);
    public static readonly ProxmoxCredentials Password = new ProxmoxCredentials.Password("omni", "pve", MatrixCluster.Password);
    private readonly List<ProxmoxClient> clients = [];

    public required ProxmoxSimulator Simulator { get; init; }

    public required TimeProvider Time { get; init; }

    public static async Task<Lab> StartAsync(ProxmoxSimulatorOptions? options = null)
    {
        options ??= new();
        return new Lab { Simulator = await ProxmoxSimulator.StartAsync(options, TestContext.Current.CancellationToken), Time = options.Time };
    }

    public ProxmoxClient Client(ProxmoxCredentials? credentials = null, ProxmoxTls? tls = null, ProxmoxClientOptions? options = null, Uri? url = null)
    {
        tls ??= new ProxmoxTls.CertificateAuthority(Simulator.CaPem);
        var client = new ProxmoxClient(new ProxmoxEndpoint(url ?? Simulator.Url, credentials ?? Token, tls), options, Time);
        clients.Add(client);
        return client;
    }

    public IEnumerable<string> Calls() => Simulator.Calls.Select(c => $"{c.Method} {c.Path}{c.Query} {c.Status}");

    public async ValueTask DisposeAsync()
    {
        clients.ForEach(c => c.Dispose());
        await Simulator.DisposeAsync();
    }

    /// <summary>The tests talk to this machine only, whatever proxy its environment names.</summary>
    [ModuleInitializer]
    internal static void BypassProxies() => Environment.SetEnvironmentVariable("NO_PROXY", "localhost,127.0.0.1");
}
