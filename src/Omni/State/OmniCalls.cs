using Grpc.Core;

namespace OmniScale.Omni;

/// <summary>How every call to Omni is made: in its turn, with a deadline, measured, its failure translated and reported to the connection's health.</summary>
internal sealed class OmniCalls(OmniConnectionSettings settings, OmniHealthTracker health, CallPolicy policy, TimeProvider time, OmniWriteGuard? guard = null)
{
    public Task<TResponse> UnaryAsync<TResponse>(
        OmniOperation operation, string subject, Func<CallOptions, AsyncUnaryCall<TResponse>> start, CancellationToken cancellationToken, Metadata? headers = null) =>
        policy.RunAsync(token => MakeAsync(operation, subject, start, headers, token), cancellationToken);

    public static CallOptions Options(TimeSpan? timeout, Metadata? headers, CancellationToken cancellationToken) =>
        // gRPC measures deadlines on the system's clock, whatever clock this client is given.
        new(headers, timeout is { } limit ? TimeProvider.System.GetUtcNow().UtcDateTime + limit : null, cancellationToken);

    /// <exception cref="OperationCanceledException">The caller gave up: not an error of Omni.</exception>
    public OmniException Translate(RpcException exception, OmniOperation operation, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var failure = OmniErrors.From(exception, operation, settings.Endpoint);
        if (operation != OmniOperation.Watch)
        {
            health.CallFailed(failure);
        }

        return failure;
    }

    private async ValueTask<TResponse> MakeAsync<TResponse>(
        OmniOperation operation, string subject, Func<CallOptions, AsyncUnaryCall<TResponse>> start, Metadata? headers, CancellationToken cancellationToken)
    {
        var timeout = settings.CallTimeout;
        if (guard is not null && operation is not (OmniOperation.Get or OmniOperation.List or OmniOperation.Watch))
        {
            // One that is refused here is not made, and not measured.
            guard.Demand();
            timeout = timeout < guard.Timeout ? timeout : guard.Timeout;
        }

        using var activity = OmniTelemetry.Begin(operation, subject);
        var started = time.GetTimestamp();
        string? outcome = null;
        try
        {
            using var call = start(Options(timeout, headers, cancellationToken));
            var response = await call.ResponseAsync.ConfigureAwait(false);
            health.CallSucceeded();
            outcome = OmniTelemetry.OK;
            return response;
        }
        catch (RpcException e)
        {
            var failure = Translate(e, operation, cancellationToken);
            outcome = failure.Kind.ToString();
            throw failure;
        }
        finally
        {
            outcome ??= cancellationToken.IsCancellationRequested ? OmniTelemetry.Cancelled : nameof(OmniError.Unknown);
            OmniTelemetry.End(activity, operation, subject, time.GetElapsedTime(started), outcome);
        }
    }
}
