using OmniScale.TestKit;

namespace OmniScale.Runtime.Tests;

/// <summary>A real API server that knows widgets.</summary>
public sealed class WidgetCluster : IAsyncLifetime
{
    public const string Definition = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: { name: widgets.test.example.com }
        spec:
          group: test.example.com
          scope: Namespaced
          names: { plural: widgets, singular: widget, kind: Widget, listKind: WidgetList }
          versions:
          - name: v1
            served: true
            storage: true
            subresources: { status: {} }
            schema:
              openAPIV3Schema:
                type: object
                properties:
                  spec:
                    type: object
                    properties:
                      size: { type: integer, maximum: 100 }
                      color: { type: string }
                  status:
                    type: object
                    properties:
                      phase: { type: string }
                      count: { type: integer }
                      observedGeneration: { type: integer }
                      conditions:
                        type: array
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [type]
                        items:
                          type: object
                          required: [type, status, reason, message, lastTransitionTime]
                          properties:
                            type: { type: string }
                            status: { type: string }
                            reason: { type: string }
                            message: { type: string }
                            observedGeneration: { type: integer }
                            lastTransitionTime: { type: string, format: date-time }
        """;

    private KubeClient? _client;

    public ControlPlane ControlPlane { get; } = new();

    public KubeClient Client => _client ?? throw new InvalidOperationException("Not started");

    public async ValueTask InitializeAsync()
    {
        await ControlPlane.InitializeAsync();
        _client = Connect(ControlPlane.Kubeconfig);
        await DefineWidgetsAsync(ControlPlane, _client);
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await ControlPlane.DisposeAsync();
    }

    public static KubeClient Connect(string kubeconfig) => new(KubeConfiguration.Load(kubeconfig), "tester", TimeProvider.System);

    public static async Task DefineWidgetsAsync(ControlPlane controlPlane, KubeClient client)
    {
        await controlPlane.ApplyAsync(Definition);
        // Right after its definition a kind is not served yet, or not for lists.
        await Eventually.TrueAsync(async () => (await client.ListAsync<Widget>(null, CancellationToken.None)).Count == 0, "widgets are served");
    }
}

[CollectionDefinition(nameof(WidgetCluster))]
public sealed class WidgetClusterTests : ICollectionFixture<WidgetCluster>;
