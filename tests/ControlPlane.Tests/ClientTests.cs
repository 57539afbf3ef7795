using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using OmniScale.TestKit;

namespace OmniScale.ControlPlaneTests;

/// <summary>What the operator's runtime relies on when it speaks to the API server through KubernetesClient.</summary>
public class ClientTests(ControlPlane controlPlane)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_WhenStarted_HasTheDefaultNamespaces()
    {
        var namespaces = await controlPlane.Client.CoreV1.ListNamespaceAsync(cancellationToken: Cancelled);

        Assert.Superset(
            new HashSet<string> { "default", "kube-node-lease", "kube-public", "kube-system" },
            namespaces.Items.Select(n => n.Metadata.Name).ToHashSet());
    }

    [Fact]
    public async Task Watch_WhenItAsksForInitialEvents_EndsThemWithABookmark()
    {
        var name = await controlPlane.CreateNamespaceAsync();
        await controlPlane.Client.CoreV1.CreateNamespacedConfigMapAsync(ConfigMap("before"), name, cancellationToken: Cancelled);
        using var client = new Kubernetes(controlPlane.CreateConfiguration());
        var path = $"api/v1/namespaces/{name}/configmaps?watch=true&allowWatchBookmarks=true&sendInitialEvents=true"
            + "&resourceVersionMatch=NotOlderThan&timeoutSeconds=20";

        await using var stream = await client.HttpClient.GetStreamAsync(new Uri(controlPlane.Server, path), Cancelled);
        using var reader = new StreamReader(stream);
        var added = await reader.ReadLineAsync(Cancelled);
        var bookmark = await reader.ReadLineAsync(Cancelled);
        await controlPlane.Client.CoreV1.CreateNamespacedConfigMapAsync(ConfigMap("after"), name, cancellationToken: Cancelled);
        var next = await reader.ReadLineAsync(Cancelled);

        Assert.StartsWith("""{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"before",""", added, StringComparison.Ordinal);
        Assert.StartsWith("""{"type":"BOOKMARK",""", bookmark, StringComparison.Ordinal);
        Assert.Contains("\"k8s.io/initial-events-end\":\"true\"", bookmark, StringComparison.Ordinal);
        Assert.Contains("\"name\":\"after\"", next, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Update_WhenTheResourceVersionIsOld_IsAConflict()
    {
        var name = await controlPlane.CreateNamespaceAsync();
        var read = await controlPlane.Client.CoreV1.CreateNamespacedConfigMapAsync(ConfigMap("c"), name, cancellationToken: Cancelled);
        read.Data = new Dictionary<string, string> { ["a"] = "1" };
        await controlPlane.Client.CoreV1.ReplaceNamespacedConfigMapAsync(read, "c", name, cancellationToken: Cancelled);

        var error = await Assert.ThrowsAsync<HttpOperationException>(
            () => controlPlane.Client.CoreV1.ReplaceNamespacedConfigMapAsync(read, "c", name, cancellationToken: Cancelled));

        Assert.Equal(HttpStatusCode.Conflict, error.Response.StatusCode);
    }

    [Fact]
    public async Task Secret_WhenItsTypeChanges_IsRejected()
    {
        var name = await controlPlane.CreateNamespaceAsync();
        var secret = new V1Secret { Metadata = new V1ObjectMeta { Name = "s" }, Type = "example.com/a" };
        secret = await controlPlane.Client.CoreV1.CreateNamespacedSecretAsync(secret, name, cancellationToken: Cancelled);
        secret.Type = "example.com/b";

        var error = await Assert.ThrowsAsync<HttpOperationException>(
            () => controlPlane.Client.CoreV1.ReplaceNamespacedSecretAsync(secret, "s", name, cancellationToken: Cancelled));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, error.Response.StatusCode);
        Assert.Contains("field is immutable", error.Response.Content, StringComparison.Ordinal);
    }

    private static V1ConfigMap ConfigMap(string name) => new() { Metadata = new V1ObjectMeta { Name = name } };
}
