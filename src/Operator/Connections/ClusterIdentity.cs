using k8s.Models;
using OmniScale.Runtime;

namespace OmniScale.Operator.Connections;

/// <summary>
/// What tells this bootstrap cluster apart in the owner marks: <c>--cluster-id</c>, else the UID of the namespace kube-system,
/// which lives as long as the cluster does.
/// </summary>
internal sealed class ClusterIdentity(OperatorOptions options)
{
    /// <summary>Set before the first pass.</summary>
    public string Id { get; private set; } = options.ClusterId ?? "";

    public bool IsKnown => Id.Length > 0;

    public async Task ResolveAsync(KubeClient client, CancellationToken ct)
    {
        if (!IsKnown)
        {
            Id = (await client.GetAsync<V1Namespace>(new("", "kube-system"), ct)).Metadata.Uid;
        }
    }
}
