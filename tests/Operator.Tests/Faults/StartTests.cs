using OmniScale.Operator.Hosting;
using OmniScale.Runtime;
using OmniScale.TestKit;
using OmniScale.TestKit.Faults;

namespace OmniScale.Operator.Tests.Faults;

public sealed class StartTests(Installation installation)
{
    [Fact]
    public async Task An_operator_that_is_started_while_the_API_server_is_away_lives_and_becomes_ready_when_it_is_back()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var proxy = await FaultProxies.StartAsync(installation.ControlPlane, installation.OperatorKubeconfig);
        proxy.On(".", Fault.Reset(), times: null);
        using var client = new KubeClient(KubeConfiguration.Load(proxy.WriteKubeconfig(installation.ControlPlane)), "omniscale-operator", TimeProvider.System);
        var options = new OperatorOptions { Namespaces = [await installation.ControlPlane.CreateNamespaceAsync()], HealthAddress = "http://127.0.0.1:0" };
        await using var app = OperatorHost.Build(options, client, TimeProvider.System);
        await app.StartAsync(ct);
        using var http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };

        Assert.Equal("ok\n", await http.GetStringAsync("livez", ct));
        using var unready = await http.GetAsync("readyz", ct);
        Assert.Equal(503, (int)unready.StatusCode);
        Assert.Contains("TalosCluster: not synced", await unready.Content.ReadAsStringAsync(ct), StringComparison.Ordinal);

        proxy.Clear();
        await Eventually.TrueAsync(async () => await http.GetStringAsync("readyz", ct) == "ok\n", "it is ready", TimeSpan.FromSeconds(30));
        await app.StopAsync(ct);
    }
}
