using System.Globalization;

namespace OmniScale.TestKit.Faults;

/// <summary>A request that came to the proxy. No headers and no bodies are kept.</summary>
/// <param name="Time">When it came.</param>
/// <param name="Line">Method, path and query, such as <c>GET /api/v1/namespaces?watch=true</c>.</param>
/// <param name="Fault">What went wrong with it by intention; null when nothing did.</param>
public sealed record ProxiedRequest(DateTimeOffset Time, string Line, Fault? Fault)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Time:HH:mm:ss.fff} {Line}{(Fault is null ? "" : $" ({Fault})")}");
}
