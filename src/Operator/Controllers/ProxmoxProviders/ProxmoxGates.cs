using System.Collections.Concurrent;
using OmniScale.Proxmox;
using Polly;
using Polly.CircuitBreaker;

namespace OmniScale.Operator.Controllers.ProxmoxProviders;

/// <summary>
/// Spares each Proxmox, whoever looks at it: two looks at a time, and while it does not answer only one now and then, whose failure
/// serves all. A worker is then not held by each provider whose Proxmox is away.
/// </summary>
internal sealed class ProxmoxGates(TimeProvider time)
{
    private const int Concurrency = 2;
    private static readonly TimeSpan Break = TimeSpan.FromSeconds(2.5);

    private readonly ConcurrentDictionary<Uri, ResiliencePipeline> gates = new();

    /// <summary>Whether the Proxmox itself is away, whatever was asked and by whom.</summary>
    public static bool IsAway(ProxmoxException? failure) =>
        failure?.Kind is ProxmoxFailure.DnsFailed or ProxmoxFailure.ConnectionRefused or ProxmoxFailure.Timeout or ProxmoxFailure.Unreachable;

    /// <exception cref="ProxmoxException">The look failed, or the last ones did and this one was not made.</exception>
    public async Task<T> LookAsync<T>(Uri address, Func<CancellationToken, ValueTask<T>> look, CancellationToken ct)
    {
        try
        {
            return await gates.GetOrAdd(address, _ => Create()).ExecuteAsync(look, ct);
        }
        catch (BrokenCircuitException e) when (e.InnerException is ProxmoxException last)
        {
            throw new ProxmoxException(last.Kind, last.Message, last.StatusCode, e);
        }
    }

    private ResiliencePipeline Create() => new ResiliencePipelineBuilder { TimeProvider = time }
        .AddConcurrencyLimiter(Concurrency, queueLimit: int.MaxValue)
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = 1,
            MinimumThroughput = 2,
            SamplingDuration = TimeSpan.FromMinutes(1),
            BreakDuration = Break,
            ShouldHandle = new PredicateBuilder().Handle<ProxmoxException>(IsAway),
        })
        .Build();
}
