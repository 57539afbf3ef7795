using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace OmniScale.TestKit.Faults;

/// <summary>Forwards everything as it is.</summary>
internal class StreamingTransformer : HttpTransformer
{
    public override async ValueTask<bool> TransformResponseAsync(HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var forward = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        if (proxyResponse is { Content.Headers.ContentLength: null })
        {
            // The headers of a stream are an answer by themselves: they do not wait for the first event.
            await httpContext.Response.Body.FlushAsync(cancellationToken);
        }

        return forward;
    }
}
