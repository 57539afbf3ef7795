using OmniScale.Runtime;

namespace OmniScale.Operator;

/// <summary>What the command line says.</summary>
internal sealed record OperatorOptions
{
    /// <summary>A kubeconfig file; null for KUBECONFIG, ~/.kube/config, or the pod's service account.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The namespaces to follow; empty for all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>What the owner marks in Omni name; null for the UID of the namespace kube-system.</summary>
    public string? ClusterId { get; init; }

    /// <summary>Works only while it holds the lease, so that several replicas can run.</summary>
    public bool LeaderElect { get; init; }

    /// <summary>The namespace of the lease; null for the pod's, else that of the kubeconfig.</summary>
    public string? LeaseNamespace { get; init; }

    public string LeaseName { get; init; } = "omniscale-operator";

    /// <summary>How long a replica that is gone without a word keeps the others waiting. The other times of the election follow from it.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where /livez, /readyz and /metrics are served.</summary>
    public string HealthAddress { get; init; } = "http://0.0.0.0:8081";

    /// <summary>How many objects of a kind are worked on at once, of which one namespace gets three quarters at most.</summary>
    public int Workers { get; init; } = 8;

    /// <summary>How much is asked of the API server at most; its own flow control may slow us further.</summary>
    public RequestLimits KubeApi { get; init; } = new(PerSecond: 300, Burst: 600);

    /// <summary>How patiently the API server is watched.</summary>
    public ReflectorOptions Watches { get; init; } = new();

    /// <summary>Writes the log as JSON, one object a line.</summary>
    public bool JsonLog { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;
}
