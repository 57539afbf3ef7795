using System.Globalization;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>Writes what changed in a status, and nothing when nothing did.</summary>
/// <param name="client">The API server.</param>
/// <param name="time">The clock of transition times.</param>
/// <param name="store">The store that the objects are from, to be told of the writes.</param>
public sealed class StatusWriter<T>(KubeClient client, TimeProvider time, Store<T>? store = null)
    where T : class, IKubernetesObject<V1ObjectMeta>
{
    private const int Attempts = 5;

    /// <summary>
    /// Brings the object's status from that of <paramref name="current"/> to that of <paramref name="desired"/> by a merge patch.
    /// Conditions get their transition time here: it stays while the status stays, and is now, in whole seconds, otherwise.
    /// Those without an observedGeneration get the generation of <paramref name="current"/>. When the object has changed since it
    /// was read, it is read again, and what is then still missing is written.
    /// </summary>
    /// <returns>The object after the write; <paramref name="current"/> itself if there was nothing to write; null if it is gone.</returns>
    public async Task<T?> WriteAsync(T current, T desired, CancellationToken ct)
    {
        T? known = current;
        for (int attempt = 1; known is not null && known.Metadata.Uid == current.Metadata.Uid; attempt++)
        {
            JsonObject old = StatusOf(known);
            JsonObject status = StatusOf(desired);
            Stamp(old, status, current.Metadata.Generation);
            JsonObject patch = MergePatch.Between(old, status);
            if (patch.Count == 0)
            {
                return known;
            }

            try
            {
                // The version makes sure that the patch starts from what is there, and that no other object of the same name
                // gets the status: on /status of a custom resource, the API server ignores a uid in the patch.
                var body = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = known.Metadata.ResourceVersion }, ["status"] = patch };
                T written = await client.MergePatchAsync<T>(known.Key(), body, ct, "status").ConfigureAwait(false);
                store?.Expect(written);
                return written;
            }
            catch (ApiException e) when (e.IsNotFound)
            {
                return null;
            }
            catch (ApiException e) when (e.IsConflict && attempt < Attempts)
            {
                known = await client.FindAsync<T>(current.Key(), ct).ConfigureAwait(false);
            }
        }

        return null;
    }

    private static JsonObject StatusOf(T value)
    {
        JsonObject json = KubeJson.Write(value);
        JsonNode? status = json["status"];
        json.Remove("status");
        return status as JsonObject ?? [];
    }

    private void Stamp(JsonObject old, JsonObject status, long? generation)
    {
        ILookup<string?, JsonObject> before = ConditionsOf(old).ToLookup(condition => (string?)condition["type"]);
        string now = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        foreach (JsonObject condition in ConditionsOf(status))
        {
            JsonObject? unchanged = before[(string?)condition["type"]].FirstOrDefault(known => (string?)known["status"] == (string?)condition["status"]);
            condition["lastTransitionTime"] = unchanged?["lastTransitionTime"]?.DeepClone() ?? now;
            condition["observedGeneration"] ??= generation;
        }
    }

    private static IEnumerable<JsonObject> ConditionsOf(JsonObject status) =>
        (status["conditions"] as JsonArray ?? []).OfType<JsonObject>();
}
