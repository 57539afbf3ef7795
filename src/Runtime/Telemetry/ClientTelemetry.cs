using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace OmniScale.Runtime;

/// <summary>What requests to the API server are measured by. Name and labels are those of client-go.</summary>
internal static class ClientTelemetry
{
    private static readonly Counter<long> Requests =
        RuntimeTelemetry.Meter.CreateCounter<long>("rest_client_requests_total", description: "Requests to the API server by status code, method and host");

    /// <summary>Sends a request and returns when the headers of the answer are there.</summary>
    public static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpRequestMessage request, CancellationToken ct)
    {
        Uri address = request.RequestUri!;
        // Watches and lease renewals, which are no part of a pass, would only fill the traces.
        using Activity? activity = Activity.Current is null ? null : RuntimeTelemetry.Activities.StartActivity("Kubernetes request", ActivityKind.Client);
        if (activity is not null)
        {
            activity.DisplayName = "Kubernetes " + request.Method.Method;
            // The query may hold selectors and tokens of pages: the path says what was asked for.
            activity.SetTag("http.request.method", request.Method.Method).SetTag("server.address", address.Host).SetTag("url.path", address.AbsolutePath);
        }

        string code = "<error>";
        try
        {
            HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
            code = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
            return response;
        }
        catch (OperationCanceledException)
        {
            code = "<cancelled>";
            throw;
        }
        finally
        {
            Requests.Add(1, new("code", code), new("method", request.Method.Method), new("host", address.Authority));
            activity?.SetTag("http.response.status_code", code).SetStatus(code[0] is '1' or '2' or '3' ? ActivityStatusCode.Unset : ActivityStatusCode.Error);
        }
    }
}
