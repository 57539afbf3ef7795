using OmniScale.Lab.Omni;
using OmniScale.Lab.Proxmox;
using OmniScale.Runtime;

namespace OmniScale.Operator.Tests;

/// <summary>One test's world: a namespace, a simulated Omni and Proxmox, and an operator that follows the namespace.</summary>
internal sealed partial class Stage : IAsyncDisposable
{
    public const string ProviderId = "matrix-cluster";

    /// <summary>How many times faster than life machines come and go.</summary>
    public const double Speed = 3000;

    private const string TokenSecret = "5ca1ab1e-c0de-4a11-b0a7-0ddba11c0c0a";

    private readonly Installation installation;
    private readonly KubeClient client;

    private Stage(Installation installation, string @namespace, OmniSimulator omni, ProxmoxSimulator proxmox)
    {
        (this.installation, Namespace, Omni, Proxmox) = (installation, @namespace, omni, proxmox);
        client = new KubeClient(installation.ControlPlane.CreateConfiguration(), "test", TimeProvider.System);
    }

    public string Namespace { get; }

    public OmniSimulator Omni { get; }

    public ProxmoxSimulator Proxmox { get; }

    public RunningOperator? Operator { get; private set; }

    public static async Task<Stage> StartAsync(Installation installation, OmniSimulatorOptions? omni = null, bool startOperator = true)
    {
        var ct = TestContext.Current.CancellationToken;
        var stage = new Stage(
            installation,
            await installation.ControlPlane.CreateNamespaceAsync(),
            await OmniSimulator.StartAsync(omni ?? new OmniSimulatorOptions { Providers = [ProviderId], Speed = Speed, ReadLag = TimeSpan.Zero }, ct),
            await ProxmoxSimulator.StartAsync(new ProxmoxSimulatorOptions { Cluster = ProxmoxCluster() }, ct));
        if (startOperator)
        {
            await stage.StartOperatorAsync();
        }

        return stage;
    }

    public async Task StartOperatorAsync()
    {
        Operator = await RunningOperator.StartAsync(installation, Namespace);
        logs.Add(Operator.Log);
    }

    public async Task StopOperatorAsync()
    {
        if (Operator is { } running)
        {
            Operator = null;
            await running.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await StopOperatorAsync();
            await AssertNothingLeakedAsync();
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAll(followers);
            ended.Dispose();
            await Omni.DisposeAsync();
            await Proxmox.DisposeAsync();
            client.Dispose();
        }
    }

    private static SimulatedCluster ProxmoxCluster()
    {
        var cluster = MatrixCluster.Create();
        cluster.Users[0].Tokens[0].Secret = TokenSecret;
        return cluster;
    }
}
