using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace OmniScale.TestKit.Faults;

/// <summary>Forwards everything as it is, up to where the answer is cut.</summary>
internal sealed class CutTransformer(Cut cut, Exchange exchange) : StreamingTransformer
{
    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        if (proxyResponse is not null)
        {
            var answer = await proxyResponse.Content.ReadAsStreamAsync(cancellationToken);
            var content = new StreamContent(new CutStream(answer, Framing.Of(proxyResponse.Content.Headers.ContentType?.MediaType), cut, exchange));
            foreach (var (name, values) in proxyResponse.Content.Headers.NonValidated)
            {
                content.Headers.TryAddWithoutValidation(name, values);
            }

            // What is cut off is not there.
            content.Headers.ContentLength = null;
            proxyResponse.Content = content;
        }

        return await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
    }

    public override ValueTask TransformResponseTrailersAsync(HttpContext httpContext, HttpResponseMessage proxyResponse, CancellationToken cancellationToken)
    {
        if (!exchange.WasCut)
        {
            return base.TransformResponseTrailersAsync(httpContext, proxyResponse, cancellationToken);
        }

        if (cut.Status is { } status)
        {
            httpContext.Response.AppendTrailer("grpc-status", ((int)status.Code).ToString(CultureInfo.InvariantCulture));
            httpContext.Response.AppendTrailer("grpc-message", Uri.EscapeDataString(status.Message));
        }

        return ValueTask.CompletedTask;
    }
}
