using OmniScale.Crds;

namespace OmniScale.Operator.Tests;

public sealed class ClusterStories(Installation installation)
{
    [Fact]
    public async Task A_cluster_that_is_applied_becomes_ready()
    {
        await using var stage = await Stage.StartAsync(installation);

        var cluster = await stage.RunClusterAsync("first");

        Assert.Equal("Running", cluster.Status!.Phase);
        Assert.Equal("1/1", cluster.Status.ControlPlaneReady);
        Assert.Equal("1/1", cluster.Status.WorkersReady);
        Assert.Equal("v1.36.2", cluster.Status.KubernetesVersion);
        Assert.Equal("v1.13.6", cluster.Status.TalosVersion);
        var provider = await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        Assert.Equal("3/3", provider.Status!.NodesOnline);
    }
}
