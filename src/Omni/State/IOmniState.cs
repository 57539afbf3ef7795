using Google.Protobuf;
using OmniScale.Omni.Api;

namespace OmniScale.Omni;

/// <summary>
/// Omni's resources, typed. Every call may throw <see cref="OmniException"/>; none retries by itself.
/// Omni serves reads from a cache that lags behind its own writes: right after a write <see cref="GetAsync"/> may not find
/// what was created or may show the version before. Its validation reads the same cache, so that even a write may fail with
/// <see cref="OmniError.NotFound"/> for a resource that was created a moment ago. <see cref="OmniCache"/> does not lag behind own writes.
/// What is returned may be in the cache as well: change a clone.
/// </summary>
public interface IOmniState
{
    /// <returns>Null if there is no such resource.</returns>
    Task<OmniResource<TSpec>?> GetAsync<TSpec>(ResourceType<TSpec> type, string id, CancellationToken cancellationToken)
        where TSpec : class, IMessage<TSpec>, new();

    /// <param name="type">What to list.</param>
    /// <param name="labels">Only resources that carry all of these labels with these values.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    IAsyncEnumerable<OmniResource<TSpec>> ListAsync<TSpec>(
        ResourceType<TSpec> type, IReadOnlyDictionary<string, string>? labels = null, CancellationToken cancellationToken = default)
        where TSpec : class, IMessage<TSpec>, new();

    /// <returns>The resource with the metadata that Omni gave it.</returns>
    Task<OmniResource> CreateAsync(OmniResource resource, CancellationToken cancellationToken);

    /// <summary>
    /// Replaces the whole resource, its labels, annotations and finalizers included, if it still has the version given and is not being
    /// deleted: change a copy of what was read.
    /// </summary>
    /// <returns>The resource with the metadata that Omni gave it.</returns>
    Task<OmniResource> UpdateAsync(OmniResource resource, CancellationToken cancellationToken);

    /// <summary>Marks a resource as being deleted; doing so again changes nothing.</summary>
    /// <returns>Whether no finalizers are left, so that it can be destroyed.</returns>
    Task<bool> TeardownAsync(ResourceType type, string id, CancellationToken cancellationToken);

    /// <summary>Removes a resource without finalizers.</summary>
    Task DestroyAsync(ResourceType type, string id, CancellationToken cancellationToken);
}
