using System.Globalization;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace OmniScale.TestKit.Faults;

/// <summary>Forwards everything as it is, up to where the answer is cut.</summary>
internal sealed class CutTransformer(Cut cut, Exchange exchange) : HttpTransformer
{
    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var forward = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is not null)
        {
            // What is left out is not counted.
            httpContext.Response.ContentLength = null;
            var answer = await proxyResponse.Content.ReadAsStreamAsync(cancellationToken);
            var framing = Framing.Of(proxyResponse.Content.Headers.ContentType?.MediaType);
            proxyResponse.Content = new StreamContent(new CutStream(answer, framing, cut, exchange));
        }

        return forward;
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
