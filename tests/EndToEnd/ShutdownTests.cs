using k8s.Models;
using OmniScale.Operator.Tests;
using OmniScale.Runtime;
using OmniScale.TestKit;
using OmniScale.TestKit.Faults;

namespace OmniScale.EndToEnd;

public sealed class ShutdownTests(Installation installation)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Leader_ThatIsAskedToEnd_GivesTheLeaseBack_AlsoWhenThatTakesSeconds()
    {
        var ct = TestContext.Current.CancellationToken;
        using var client = new KubeClient(installation.ControlPlane.CreateConfiguration(), "test", TimeProvider.System);
        var @namespace = await installation.ControlPlane.CreateNamespaceAsync("shutdown");
        await using var proxy = await FaultProxies.StartAsync(installation.ControlPlane);
        using var process = await ServerProcess.StartAsync(
            Path.Combine(AppContext.BaseDirectory, "omniscale-operator"), "--kubeconfig", proxy.WriteKubeconfig(installation.ControlPlane), "--namespaces", @namespace,
            "--cluster-id", "test", "--log-level", "Warning", "--health-address", "http://127.0.0.1:0", "--leader-elect", "--lease-namespace", @namespace);
        await Eventually.TrueAsync(async () => await HolderAsync() is { Length: > 0 }, "the lease is held", Limit);

        proxy.On("GET .*/leases/", Fault.Slow(TimeSpan.FromSeconds(3)));
        await process.SignalAsync("TERM");

        Assert.Equal(0, await process.ExitAsync(Limit));
        Assert.Equal("", await HolderAsync());

        async Task<string?> HolderAsync() => (await client.FindAsync<V1Lease>(new(@namespace, "omniscale-operator"), ct))?.Spec.HolderIdentity ?? "";
    }
}
