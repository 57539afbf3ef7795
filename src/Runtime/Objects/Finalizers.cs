using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>Adding and removing one finalizer without touching those of others.</summary>
public static class Finalizers
{
    private const int Attempts = 10;

    public static bool Has<T>(T value, string finalizer)
        where T : IKubernetesObject<V1ObjectMeta> => value.Metadata.Finalizers?.Contains(finalizer) ?? false;

    /// <summary>
    /// Adds the finalizer to the object as it was read. The caller ends its pass then: the change brings the next one.
    /// An object that is gone is left alone.
    /// </summary>
    /// <param name="client">The API server.</param>
    /// <param name="value">The object as last seen.</param>
    /// <param name="finalizer">A qualified name.</param>
    /// <param name="ct">Cancels the request.</param>
    /// <param name="store">The store that <paramref name="value"/> is from, to be told of the write.</param>
    /// <exception cref="ApiException">A conflict, when the object has changed since it was read.</exception>
    public static async Task AddAsync<T>(KubeClient client, T value, string finalizer, CancellationToken ct, Store<T>? store = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        if (Has(value, finalizer))
        {
            return;
        }

        try
        {
            T written = await PatchAsync(client, value, [.. value.Metadata.Finalizers ?? [], finalizer], ct).ConfigureAwait(false);
            store?.Expect(written);
        }
        catch (ApiException e) when (e.IsNotFound)
        {
            // Deleted meanwhile.
        }
    }

    /// <summary>
    /// Removes the finalizer, wherever it stands in the list. Cannot be cancelled: it commits to a clean-up that has been done,
    /// and a process that stops here would do it all again.
    /// </summary>
    public static async Task RemoveAsync<T>(KubeClient client, T value, string finalizer, Store<T>? store = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        T? current = value;
        for (int attempt = 1; current is not null && current.Metadata.Uid == value.Metadata.Uid && Has(current, finalizer); attempt++)
        {
            try
            {
                List<string> others = [.. current.Metadata.Finalizers.Where(name => name != finalizer)];
                T written = await PatchAsync(client, current, others, CancellationToken.None).ConfigureAwait(false);
                store?.Expect(written);
                return;
            }
            catch (ApiException e) when (e.IsNotFound)
            {
                return;
            }
            catch (ApiException e) when ((e.IsConflict || e.IsInvalid) && attempt < Attempts)
            {
                // 422 is the answer to a list with names that someone else has removed from an object in deletion.
                current = await client.FindAsync<T>(value.Key(), CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private static Task<T> PatchAsync<T>(KubeClient client, T value, IReadOnlyList<string> finalizers, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        // The list is replaced as a whole: the version makes sure that it is the list that was read.
        var metadata = new JsonObject
        {
            ["resourceVersion"] = value.Metadata.ResourceVersion,
            ["finalizers"] = new JsonArray([.. finalizers.Select(name => (JsonNode)name)]),
        };
        return client.MergePatchAsync<T>(value.Key(), new JsonObject { ["metadata"] = metadata }, ct);
    }
}
