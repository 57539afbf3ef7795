using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;

namespace OmniScale.Runtime;

/// <summary>How every request to the API server is made: in its turn, within a time, under the lease, its failure translated.</summary>
internal sealed class KubeTransport : IDisposable
{
    private readonly Kubernetes _kubernetes;
    private readonly Uri _server;
    private readonly Version _httpVersion;
    private readonly string? _tlsServerName;
    private readonly TimeProvider _time;
    private readonly string _userAgent;
    private readonly Leadership? _leadership;
    private readonly RequestThrottle _throttle;
    private readonly LostRequests _lost = new();

    public KubeTransport(KubernetesClientConfiguration configuration, string userAgent, TimeProvider time, Leadership? leadership, RequestLimits? limits, bool heedsRetryAfter)
    {
        _kubernetes = new Kubernetes(configuration);
        // An API server behind a proxy may have a path, which a relative address would otherwise take the place of.
        _server = new Uri(configuration.Host.TrimEnd('/') + "/");
        // Over TLS the version is negotiated; without it there is no agreeing on HTTP/2.
        _httpVersion = _server.Scheme == Uri.UriSchemeHttps && !configuration.DisableHttp2 ? HttpVersion.Version20 : HttpVersion.Version11;
        _tlsServerName = configuration.TlsServerName;
        _time = time;
        _leadership = leadership;
        _throttle = new RequestThrottle(limits, heedsRetryAfter, time);
        _userAgent = userAgent;
    }

    /// <summary>Raised when a request got no answer, or none but that the server failed: it may be away.</summary>
    public event Action? Unanswered;

    /// <summary>Raised when the API server is back, with its etcd, after it was away; an <see cref="ApiServerMonitor"/> finds out.</summary>
    public event Action? Returned;

    /// <inheritdoc cref="RequestThrottle.HeldBack"/>
    public event Action<TimeSpan> HeldBack
    {
        add => _throttle.HeldBack += value;
        remove => _throttle.HeldBack -= value;
    }

    /// <summary>Makes a request and returns the body of the answer. One that the server turned away untried is made again a few times.</summary>
    public Task<byte[]> SendAsync(HttpMethod method, string path, CancellationToken ct, JsonObject? body = null, string mediaType = "application/json")
    {
        // A content is used up by the attempt that sends it.
        byte[]? bytes = body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body);
        return _throttle.RunAsync(
            token => AttemptAsync(method, path, bytes is null ? null : new ByteArrayContent(bytes) { Headers = { ContentType = new(mediaType, "utf-8") } }, token), ct);
    }

    /// <summary>As <see cref="SendAsync"/>, once: for callers with a backoff of their own.</summary>
    public Task<byte[]> ReadOnceAsync(string path, CancellationToken ct) =>
        _throttle.RunOnceAsync(token => AttemptAsync(HttpMethod.Get, path, null, token), ct);

    /// <summary>Opens a stream, once: returns when the server has accepted it, before anything of its content.</summary>
    public Task<HttpResponseMessage> OpenOnceAsync(string path, CancellationToken ct) => _throttle.RunOnceAsync(once => ObserveAsync(path, KubeClient.RequestTimeout, async token =>
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
    }, once), ct);

    /// <inheritdoc cref="KubeClient.FindUnreadinessAsync"/>
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
        catch (TimeoutException)
        {
            return $"no answer within {limit.TotalSeconds:0} s";
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return e.GetBaseException().Message;
        }
    }

    /// <summary>The API server is away: what was asked of it until now may never be answered.</summary>
    public void NoteAbsence() => _lost.Add();

    public void RaiseReturned()
    {
        _lost.GiveUp();
        _throttle.Resume();
        Returned?.Invoke();
    }

    public void Dispose()
    {
        _throttle.Dispose();
        _lost.Dispose();
        _kubernetes.Dispose();
    }

    private Task<byte[]> AttemptAsync(HttpMethod method, string path, HttpContent? body, CancellationToken ct)
    {
        TimeSpan limit = method == HttpMethod.Get ? KubeClient.RequestTimeout : _leadership?.Options.WriteTimeout ?? KubeClient.WriteTimeout;
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
            throw new TimeoutException($"The API server was away and did not answer {WithoutQuery(path)}");
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
            // Without it below: users are told the innermost message, and "The operation was canceled" tells nothing.
            throw new TimeoutException($"The API server did not answer {WithoutQuery(path)} in time");
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
