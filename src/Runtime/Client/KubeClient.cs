using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>
/// Typed access to any kind whose type carries a <see cref="KubernetesEntityAttribute"/>. Throws <see cref="ApiException"/> when
/// the API server refuses, <see cref="TimeoutException"/> when it does not answer in time, <see cref="HttpRequestException"/> or
/// <see cref="IOException"/> when it cannot be reached.
/// </summary>
public sealed class KubeClient : IDisposable
{
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(10);

    /// <param name="configuration">The API server and the identity, as <see cref="KubeConfiguration"/> gives them.</param>
    /// <param name="fieldManager">The name under which changes are recorded in managedFields, and the User-Agent.</param>
    /// <param name="time">The clock of the request timeout.</param>
    /// <param name="leadership">Asked right before each write, whose timeout it gives; null for a client whose writes need no lease.</param>
    /// <param name="limits">How much is asked of the server at most; null for no limit.</param>
    /// <param name="heedsRetryAfter">Whether all requests wait when the server asks for that (429, 503). False for a client whose few requests cannot.</param>
    public KubeClient(
        KubernetesClientConfiguration configuration, string fieldManager, TimeProvider time, Leadership? leadership = null, RequestLimits? limits = null, bool heedsRetryAfter = true)
    {
        FieldManager = fieldManager;
        Transport = new KubeTransport(configuration, $"{fieldManager}/{typeof(KubeClient).Assembly.GetName().Version?.ToString(3)}", time, leadership, limits, heedsRetryAfter);
    }

    public string FieldManager { get; }

    internal KubeTransport Transport { get; }

    public Task<T> GetAsync<T>(NamespacedName key, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => ReadAsync<T>(Transport.SendAsync(HttpMethod.Get, PathOf<T>(key), ct));

    /// <summary>Like <see cref="GetAsync{T}"/>, but null when there is no such object.</summary>
    public async Task<T?> FindAsync<T>(NamespacedName key, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            return await GetAsync<T>(key, ct).ConfigureAwait(false);
        }
        catch (ApiException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>All objects of a namespace, or with null of all namespaces, read page by page.</summary>
    public async Task<IReadOnlyList<T>> ListAsync<T>(string? @namespace, CancellationToken ct, string? labelSelector = null, string? fieldSelector = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var items = new List<T>();
        var query = new ListQuery(labelSelector, fieldSelector);
        await foreach (JsonElement page in ListPagesAsync<T>(@namespace, query, items.Clear, ct).ConfigureAwait(false))
        {
            items.AddRange(page.GetProperty("items").EnumerateArray().Select(KubeJson.Read<T>));
        }

        return items;
    }

    public Task<T> CreateAsync<T>(T value, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        string path = $"{ResourceType.Of<T>().Path(value.Metadata?.NamespaceProperty)}?{FieldManagerQuery}";
        return ReadAsync<T>(Transport.SendAsync(HttpMethod.Post, path, ct, KubeJson.Write(value)));
    }

    /// <summary>Applies an RFC 7386 merge patch to the object, or to a subresource such as "status".</summary>
    /// <returns>The object as it is after the patch.</returns>
    public Task<T> MergePatchAsync<T>(NamespacedName key, JsonObject patch, CancellationToken ct, string? subresource = null)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        PatchAsync<T>($"{PathOf<T>(key, subresource)}?{FieldManagerQuery}", patch, "application/merge-patch+json", ct);

    /// <summary>Applies the fields of <paramref name="value"/> and becomes their manager; creates the object if there is none.</summary>
    /// <exception cref="ApiException">A conflict, if another manager owns one of the fields and <paramref name="force"/> is false.</exception>
    public Task<T> ServerSideApplyAsync<T>(T value, CancellationToken ct, bool force = false, string? subresource = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        JsonObject body = KubeJson.Write(value);
        // What a read object carries may not be applied.
        body["metadata"]?.AsObject().Remove("managedFields");
        string path = $"{PathOf<T>(value.Key(), subresource)}?{FieldManagerQuery}&force={(force ? "true" : "false")}";
        return PatchAsync<T>(path, body, "application/apply-patch+yaml", ct);
    }

    /// <summary>Deletes the object; with preconditions only that very object, or only that version of it.</summary>
    public async Task DeleteAsync<T>(NamespacedName key, CancellationToken ct, string? uid = null, string? resourceVersion = null)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var preconditions = new JsonObject();
        Add("uid", uid);
        Add("resourceVersion", resourceVersion);
        var options = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "DeleteOptions", ["preconditions"] = preconditions };
        await Transport.SendAsync(HttpMethod.Delete, PathOf<T>(key), ct, options).ConfigureAwait(false);

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                preconditions[name] = value;
            }
        }
    }

    /// <summary>Asks the API server whether it is ready, which includes its etcd. Neither held back nor repeated.</summary>
    /// <returns>What is wrong, in a line; null if nothing is, or if it does not let us ask.</returns>
    public Task<string?> FindUnreadinessAsync(TimeSpan limit, CancellationToken ct) => Transport.FindUnreadinessAsync(limit, ct);

    public void Dispose() => Transport.Dispose();

    /// <summary>
    /// The pages of a list. When the token for the next page has expired, <paramref name="restart"/> is called and the list
    /// starts again, in one piece.
    /// </summary>
    internal async IAsyncEnumerable<JsonElement> ListPagesAsync<T>(
        string? @namespace, ListQuery query, Action restart, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        string path = ResourceType.Of<T>().Path(@namespace);
        int limit = ListQuery.PageSize;
        string? continueToken = null;
        do
        {
            ReadOnlyMemory<byte> body;
            try
            {
                body = await PageAsync(query.Page(limit, continueToken)).ConfigureAwait(false);
            }
            catch (ApiException e) when (e.IsGone && continueToken is not null)
            {
                restart();
                limit = 0;
                body = await PageAsync(query.Page(limit, null)).ConfigureAwait(false);
            }

            using JsonDocument page = JsonDocument.Parse(body);
            yield return page.RootElement;
            continueToken = page.RootElement.TryGetProperty("metadata", out JsonElement metadata)
                && metadata.TryGetProperty("continue", out JsonElement token) ? token.GetString() : null;
        }
        while (!string.IsNullOrEmpty(continueToken));

        Task<byte[]> PageAsync(string page) => Transport.ReadOnceAsync(path + page, ct);
    }

    /// <summary>Opens a watch: returns when the server has accepted it, before any event.</summary>
    internal async Task<WatchStream> OpenWatchAsync<T>(string? @namespace, string query, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        string path = ResourceType.Of<T>().Path(@namespace) + query;
        HttpResponseMessage response = await Transport.OpenOnceAsync(path, ct).ConfigureAwait(false);
        return new WatchStream(response, await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false));
    }

    private string FieldManagerQuery => $"fieldManager={Uri.EscapeDataString(FieldManager)}&fieldValidation=Strict";

    private static string PathOf<T>(NamespacedName key, string? subresource = null)
        where T : IKubernetesObject => ResourceType.Of<T>().Path(key.Namespace, key.Name, subresource);

    private Task<T> PatchAsync<T>(string path, JsonObject patch, string mediaType, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> => ReadAsync<T>(Transport.SendAsync(HttpMethod.Patch, path, ct, patch, mediaType));

    private static async Task<T> ReadAsync<T>(Task<byte[]> answer)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            return KubeJson.Read<T>(await answer.ConfigureAwait(false));
        }
        catch (JsonException e)
        {
            throw new IOException($"The answer of the API server cannot be read: {e.Message}", e);
        }
    }
}
