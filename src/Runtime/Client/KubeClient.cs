using System.Net;
using System.Net.Http.Headers;
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

    private readonly Kubernetes _kubernetes;
    private readonly Uri _server;
    private readonly Version _httpVersion;
    private readonly string? _tlsServerName;
    private readonly TimeProvider _time;
    private readonly string _userAgent;
    private readonly Leadership? _leadership;
    private readonly RequestThrottle _throttle;
    private readonly LostRequests _lost = new();

    /// <param name="configuration">The API server and the identity, as <see cref="KubeConfiguration"/> gives them.</param>
    /// <param name="fieldManager">The name under which changes are recorded in managedFields, and the User-Agent.</param>
    /// <param name="time">The clock of the request timeout.</param>
    /// <param name="leadership">Asked right before each write, whose timeout it gives; null for a client whose writes need no lease.</param>
    /// <param name="limits">How much is asked of the server at most; null for no limit.</param>
    public KubeClient(KubernetesClientConfiguration configuration, string fieldManager, TimeProvider time, Leadership? leadership = null, RequestLimits? limits = null)
    {
        _kubernetes = new Kubernetes(configuration);
        // An API server behind a proxy may have a path, which a relative address would otherwise take the place of.
        _server = new Uri(configuration.Host.TrimEnd('/') + "/");
        // Over TLS the version is negotiated; without it there is no agreeing on HTTP/2.
        _httpVersion = _server.Scheme == Uri.UriSchemeHttps && !configuration.DisableHttp2 ? HttpVersion.Version20 : HttpVersion.Version11;
        _tlsServerName = configuration.TlsServerName;
        _time = time;
        _leadership = leadership;
        _throttle = new RequestThrottle(limits, time);
        FieldManager = fieldManager;
        _userAgent = $"{fieldManager}/{typeof(KubeClient).Assembly.GetName().Version?.ToString(3)}";
    }

    public string FieldManager { get; }

    /// <summary>Raised when a request got no answer, or none but that the server failed: it may be away.</summary>
    internal event Action? Unanswered;

    /// <summary>Raised when the API server is back, with its etcd, after it was away; an <see cref="ApiServerMonitor"/> finds out.</summary>
    internal event Action? Returned;

    public async Task<T> GetAsync<T>(NamespacedName key, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        KubeJson.Read<T>(await SendAsync(HttpMethod.Get, PathOf<T>(key), ct).ConfigureAwait(false));

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

    public async Task<T> CreateAsync<T>(T value, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        string path = $"{ResourceType.Of<T>().Path(value.Metadata?.NamespaceProperty)}?{FieldManagerQuery}";
        return KubeJson.Read<T>(await SendAsync(HttpMethod.Post, path, ct, KubeJson.Write(value)).ConfigureAwait(false));
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
        await SendAsync(HttpMethod.Delete, PathOf<T>(key), ct, options).ConfigureAwait(false);

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
    public async Task<string?> FindUnreadinessAsync(TimeSpan limit, CancellationToken ct)
    {
        const string Path = "readyz";
        try
        {
            return await WithTimeoutAsync(Path, limit, async token =>
            {
                using HttpResponseMessage response = await SendRequestAsync(HttpMethod.Get, Path, null, token).ConfigureAwait(false);
                string text = await response.Content.ReadAsStringAsync(token).ConfigureAwait(false);
                // A failed check is a line such as "[-]etcd failed: reason withheld".
                return response.StatusCode < HttpStatusCode.InternalServerError ? null
                    : string.Join("; ", text.Split('\n').Where(line => line.StartsWith("[-]", StringComparison.Ordinal)).DefaultIfEmpty($"HTTP status {(int)response.StatusCode}"));
            }, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException)
        {
            return e.GetBaseException().Message;
        }
    }

    /// <summary>The API server is away: what was asked of it until now may never be answered.</summary>
    internal void NoteAbsence() => _lost.Add();

    internal void RaiseReturned()
    {
        _lost.GiveUp();
        Returned?.Invoke();
    }

    public void Dispose()
    {
        _throttle.Dispose();
        _lost.Dispose();
        _kubernetes.Dispose();
    }

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

        Task<byte[]> PageAsync(string page) => _throttle.RunOnceAsync(token => AttemptAsync(HttpMethod.Get, path + page, null, token), ct);
    }

    /// <summary>Opens a watch: returns when the server has accepted it, before any event.</summary>
    internal async Task<WatchStream> OpenWatchAsync<T>(string? @namespace, string query, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        string path = ResourceType.Of<T>().Path(@namespace) + query;
        HttpResponseMessage response = await _throttle.RunOnceAsync(once => ObserveAsync(path, RequestTimeout, async token =>
        {
            HttpResponseMessage opened = await SendRequestAsync(HttpMethod.Get, path, null, token).ConfigureAwait(false);
            if (!opened.IsSuccessStatusCode)
            {
                using (opened)
                {
                    await ThrowAsync(opened, path, token).ConfigureAwait(false);
                }
            }

            return opened;
        }, once), ct).ConfigureAwait(false);
        return new WatchStream(response, await response.Content.ReadAsStreamAsync(ct).ConfigureAwait(false));
    }

    private string FieldManagerQuery => $"fieldManager={Uri.EscapeDataString(FieldManager)}&fieldValidation=Strict";

    private static string PathOf<T>(NamespacedName key, string? subresource = null)
        where T : IKubernetesObject => ResourceType.Of<T>().Path(key.Namespace, key.Name, subresource);

    private async Task<T> PatchAsync<T>(string path, JsonObject patch, string mediaType, CancellationToken ct)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        KubeJson.Read<T>(await SendAsync(HttpMethod.Patch, path, ct, patch, mediaType).ConfigureAwait(false));

    private Task<byte[]> SendAsync(HttpMethod method, string path, CancellationToken ct, JsonObject? body = null, string mediaType = "application/json")
    {
        // A content is used up by the attempt that sends it.
        byte[]? bytes = body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body);
        return _throttle.RunAsync(
            token => AttemptAsync(method, path, bytes is null ? null : new ByteArrayContent(bytes) { Headers = { ContentType = new(mediaType, "utf-8") } }, token), ct);
    }

    private Task<byte[]> AttemptAsync(HttpMethod method, string path, HttpContent? body, CancellationToken ct)
    {
        TimeSpan limit = method == HttpMethod.Get ? RequestTimeout : _leadership?.Options.WriteTimeout ?? WriteTimeout;
        return ObserveAsync(path, limit, async token =>
        {
            using HttpResponseMessage response = await SendRequestAsync(method, path, body, token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
            {
                await ThrowAsync(response, path, token).ConfigureAwait(false);
            }

            return await response.Content.ReadAsByteArrayAsync(token).ConfigureAwait(false);
        }, ct);
    }

    /// <summary>As <see cref="WithTimeoutAsync"/>, and tells if the server seems to be away. What it left unanswered is given up on its return.</summary>
    private async Task<TResult> ObserveAsync<TResult>(string path, TimeSpan limit, Func<CancellationToken, Task<TResult>> request, CancellationToken ct)
    {
        CancellationToken lost = _lost.Token;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, lost);
        try
        {
            return await WithTimeoutAsync(path, limit, request, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (e is not LeadershipLostException && lost.IsCancellationRequested && !ct.IsCancellationRequested)
        {
            throw new TimeoutException($"The API server was away and did not answer {WithoutQuery(path)}", e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or TimeoutException or ApiException { IsServerError: true })
        {
            Unanswered?.Invoke();
            throw;
        }
    }

    private async Task<TResult> WithTimeoutAsync<TResult>(string path, TimeSpan limit, Func<CancellationToken, Task<TResult>> request, CancellationToken ct)
    {
        using var timeout = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, timeout.Token);
        try
        {
            return await request(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (e is not LeadershipLostException && !ct.IsCancellationRequested)
        {
            // Ours, or that of the handler, which reports a connection that is not made in time as a cancellation too.
            throw new TimeoutException($"The API server did not answer {WithoutQuery(path)} in time", e);
        }
    }

    private async Task<HttpResponseMessage> SendRequestAsync(HttpMethod method, string path, HttpContent? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(_server, path)) { Content = body, Version = _httpVersion };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.UserAgent.ParseAdd(_userAgent);
        if (!string.IsNullOrEmpty(_tlsServerName))
        {
            // The handler takes the name that the certificate must have from here.
            request.Headers.Host = _tlsServerName;
        }

        if (_kubernetes.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, ct).ConfigureAwait(false);
        }

        if (method != HttpMethod.Get)
        {
            _leadership?.Demand();
        }

        return await ClientTelemetry.SendAsync(_kubernetes.HttpClient, request, ct).ConfigureAwait(false);
    }

    private async Task ThrowAsync(HttpResponseMessage response, string path, CancellationToken ct)
    {
        byte[] body = await response.Content.ReadAsByteArrayAsync(ct).ConfigureAwait(false);
        RetryConditionHeaderValue? retry = response.Headers.RetryAfter;
        TimeSpan? retryAfter = retry?.Delta ?? (retry?.Date - _time.GetUtcNow());
        throw ApiException.From(response.StatusCode, body, retryAfter, $"{response.RequestMessage?.Method} {WithoutQuery(path)}");
    }

    private static string WithoutQuery(string path) => path.Split('?')[0];
}
