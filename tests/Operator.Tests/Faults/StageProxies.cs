using OmniScale.TestKit.Faults;

namespace OmniScale.Operator.Tests;

/// <summary>What stands between the operator, and it alone, and the servers.</summary>
internal sealed partial class Stage
{
    /// <summary>In front of Omni; null when the operator goes there directly.</summary>
    public FaultProxy? OmniProxy { get; private set; }

    /// <summary>In front of the API server, where it gives the operator's identity; null when the operator goes there directly.</summary>
    public FaultProxy? KubeProxy { get; private set; }

    /// <summary>Where the Secrets of users lead to.</summary>
    private Uri OmniAddress => OmniProxy?.Address ?? Omni.Endpoint;

    private string OperatorKubeconfig => KubeProxy?.WriteKubeconfig(installation.ControlPlane) ?? installation.OperatorKubeconfig;

    /// <summary>A stage whose operator reaches both servers through proxies that can be told to let things go wrong.</summary>
    public static async Task<(Stage Stage, FaultProxy Omni, FaultProxy Kube)> StartBehindProxiesAsync(Installation installation)
    {
        var stage = await StartAsync(installation, startOperator: false);
        stage.OmniProxy = await FaultProxies.StartAsync(stage.Omni.Endpoint);
        stage.KubeProxy = await FaultProxies.StartAsync(installation.ControlPlane, installation.OperatorKubeconfig);
        await stage.StartOperatorAsync();
        return (stage, stage.OmniProxy, stage.KubeProxy);
    }

    private async Task DisposeProxiesAsync()
    {
        foreach (var proxy in new[] { OmniProxy, KubeProxy }.OfType<FaultProxy>())
        {
            await proxy.DisposeAsync();
        }
    }
}
