using k8s;
using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>Brings the world in line with one object of kind <typeparamref name="T"/>.</summary>
public interface IEntityController<T>
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    /// <summary>
    /// Looks at the object as it is now, which may be gone, and does what is missing. Never runs twice at once for the same key.
    /// A thrown exception is logged and the key tried again with backoff.
    /// </summary>
    Task<ReconcileResult> ReconcileAsync(NamespacedName key, CancellationToken ct);
}
