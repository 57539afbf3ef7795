using System.Globalization;
using System.Net;
using System.Text.Json;
using Polly;
using Polly.Retry;

namespace OmniScale.Proxmox;

/// <summary>Sends requests and turns everything that can go wrong into <see cref="ProxmoxException"/>.</summary>
internal sealed class ProxmoxHttp : IDisposable
{
    private const int MaxAnswerBytes = 32 << 20;
    private readonly Uri url;
    private readonly TimeProvider time;
    private readonly TimeSpan timeout;
    private readonly HttpClient client;
    private readonly ResiliencePipeline pipeline;

    public ProxmoxHttp(Uri url, ProxmoxTls tls, TimeSpan timeout, TimeProvider time)
    {
        this.url = url;
        this.time = time;
        this.timeout = timeout;
        client = new HttpClient(new SocketsHttpHandler
        {
            // A redirect would take the credentials to another server, and a cookie jar would mix up sessions.
            AllowAutoRedirect = false,
            UseCookies = false,
            // A certificate or an address that changed is noticed within this time.
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            SslOptions = CertificateCheck.CreateOptions(tls, url.Host),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        // Proxmox's workers end their connections now and then; all that is sent here may be repeated.
        pipeline = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = 1,
            Delay = TimeSpan.Zero,
            ShouldHandle = new PredicateBuilder().Handle<HttpRequestException>(TransportErrors.IsReset),
        }).Build();
    }

    /// <summary>The address for messages.</summary>
    public string Server => url.GetLeftPart(UriPartial.Authority);

    /// <param name="request">Method and path as the user should read it, for example <c>GET /version</c>.</param>
    /// <param name="create">Builds the request from the full address; called once more for a second attempt.</param>
    /// <param name="errors">Explains an answer with an error status.</param>
    /// <returns>The answer's <c>data</c>.</returns>
    public async Task<JsonElement> SendAsync(
        string request, string pathAndQuery, Func<Uri, HttpRequestMessage> create, AnswerErrors errors, CancellationToken cancellationToken)
    {
        var address = new Uri(url.AbsoluteUri.TrimEnd('/') + "/api2/json" + pathAndQuery);
        var operation = ProxmoxTelemetry.Operation(request);
        using var activity = ProxmoxTelemetry.Begin(operation);
        var started = time.GetTimestamp();
        var code = ProxmoxTelemetry.Cancelled;
        using var deadline = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            using var response = await pipeline.ExecuteAsync(
                async token =>
                {
                    using var message = create(address);
                    return await client.SendAsync(message, token);
                },
                linked.Token);
            var body = await response.Content.ReadAsStringAsync(linked.Token);
            code = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            return response.StatusCode == HttpStatusCode.OK ? AnswerErrors.Data(request, body) : throw errors.Explain(request, response, body);
        }
        catch (HttpRequestException e)
        {
            var failure = TransportErrors.Explain(url, e);
            code = failure.Kind.ToString();
            throw failure;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            code = nameof(ProxmoxFailure.Timeout);
            throw TransportErrors.TimedOut(url, timeout, e);
        }
        finally
        {
            ProxmoxTelemetry.End(activity, operation, time.GetElapsedTime(started), code);
        }
    }

    public void Dispose() => client.Dispose();
}
