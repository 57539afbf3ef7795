using Polly;
using Polly.CircuitBreaker;

namespace OmniScale.Omni;

/// <summary>
/// Keeps a connection from asking too much: few calls at once, and while Omni does not answer, none but one now and then. Watches are
/// no calls.
/// </summary>
internal sealed class CallPolicy
{
    /// <summary>How many calls of a connection are under way at once; more wait their turn.</summary>
    public const int Concurrency = 8;

    /// <summary>How long nothing is asked once most of the last calls failed.</summary>
    public static readonly TimeSpan Break = TimeSpan.FromSeconds(5);

    private readonly CircuitBreakerStateProvider state = new();
    private readonly CircuitBreakerManualControl control = new();
    private readonly ResiliencePipeline pipeline;

    /// <param name="opened">Called with the last failure when calls are suspended.</param>
    /// <param name="time">The clock of the break.</param>
    public CallPolicy(Action<Exception?> opened, TimeProvider time) => pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddConcurrencyLimiter(Concurrency, queueLimit: int.MaxValue)
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            // One object whose calls hang is not enough: those of the others succeed.
            FailureRatio = 0.8,
            MinimumThroughput = 5,
            SamplingDuration = TimeSpan.FromSeconds(30),
            BreakDuration = Break,
            StateProvider = state,
            ManualControl = control,
            ShouldHandle = new PredicateBuilder().Handle<OmniException>(e => e.Kind is OmniError.Unavailable or OmniError.DeadlineExceeded or OmniError.TlsFailed),
            OnOpened = args =>
            {
                opened(args.Outcome.Exception);
                return default;
            },
        })
        .Build();

    /// <summary>Makes a call when it is its turn.</summary>
    /// <exception cref="OmniException">Omni has failed to answer most of the last calls, so that this one was not made.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await pipeline.ExecuteAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (BrokenCircuitException e)
        {
            // In the words of the last failure: whoever asks is to see the cause, and no other one than a moment before.
            var last = e.InnerException as OmniException;
            throw new OmniException(last?.Kind ?? OmniError.Unavailable, last?.Message ?? e.Message, last?.StatusCode ?? Grpc.Core.StatusCode.Unavailable, inner: e);
        }
    }

    /// <summary>There is a sign of life: calls need not wait for the end of a break.</summary>
    public void Resume()
    {
        if (state.CircuitState is CircuitState.Open or CircuitState.HalfOpen)
        {
            _ = control.CloseAsync(CancellationToken.None);
        }
    }
}
