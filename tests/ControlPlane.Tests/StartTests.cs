using k8s;
using OmniScale.TestKit;

namespace OmniScale.ControlPlaneTests;

public class StartTests(ControlPlane controlPlane)
{
    [Fact]
    public async Task Server_WhenStarted_HasTheDefaultNamespaces()
    {
        var namespaces = await controlPlane.Client.CoreV1.ListNamespaceAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.Superset(
            new HashSet<string> { "default", "kube-node-lease", "kube-public", "kube-system" },
            namespaces.Items.Select(n => n.Metadata.Name).ToHashSet());
    }
}
