using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using k8s;
using OmniScale.Runtime;

namespace OmniScale.Bench.Load;

/// <summary>Plain requests to the API server: what the driver and the bare client need, and nothing that could slow them down.</summary>
internal sealed class Kube(string kubeconfig) : IDisposable
{
    public const string MergePatch = "application/merge-patch+json";

    private readonly Kubernetes library = new(KubeConfiguration.Load(kubeconfig));

    public static string TalosClusters(string @namespace, string? name = null, string? subresource = null) =>
        $"apis/omniscale.dev/v1alpha1/namespaces/{@namespace}/talosclusters{(name is null ? "" : "/" + name)}{(subresource is null ? "" : "/" + subresource)}";

    public async Task<JsonObject> CreateAsync(string path, JsonObject value, CancellationToken ct) =>
        JsonNode.Parse(await SendAsync(HttpMethod.Post, $"{path}?fieldManager=bench", value.ToJsonString(), "application/json", ct))!.AsObject();

    public async Task<JsonObject> ReadAsync(string path, CancellationToken ct) =>
        JsonNode.Parse(await SendAsync(HttpMethod.Get, path, null, "", ct))!.AsObject();

    public async Task<byte[]> SendAsync(HttpMethod method, string path, string? body, string mediaType, CancellationToken ct)
    {
        using var response = await OpenAsync(method, path, body, mediaType, HttpCompletionOption.ResponseContentRead, ct);
        return await response.Content.ReadAsByteArrayAsync(ct);
    }

    public async Task<Stream> WatchAsync(string path, CancellationToken ct)
    {
        var response = await OpenAsync(HttpMethod.Get, path, null, "", HttpCompletionOption.ResponseHeadersRead, ct);
        return await response.Content.ReadAsStreamAsync(ct);
    }

    public void Dispose() => library.Dispose();

    private async Task<HttpResponseMessage> OpenAsync(HttpMethod method, string path, string? body, string mediaType, HttpCompletionOption completion, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, new Uri(library.BaseUri, path)) { Version = HttpVersion.Version20 };
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue(mediaType));
        }

        if (library.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, ct);
        }

        var response = await library.HttpClient.SendAsync(request, completion, ct);
        if (!response.IsSuccessStatusCode)
        {
            using (response)
            {
                throw new InvalidOperationException($"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(ct)}");
            }
        }

        return response;
    }
}
