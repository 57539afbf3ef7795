using Google.Protobuf;
using Grpc.Core;
using Grpc.Core.Interceptors;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Lab.Omni.Storage;

namespace OmniScale.Lab.Omni.Hosting;

/// <summary>What every call goes through: the log, the faults, the signature, the licence gate, and the mapping of refusals to status codes.</summary>
internal sealed class CallInterceptor(OmniSimulatorOptions options, OmniStore store, OmniFaults faults, CallLog log) : Interceptor
{
    private const string CallerKey = "caller";

    private readonly SignatureVerifier signatures = new(store.Accounts, store.Time);

    public static Caller CallerOf(ServerCallContext context) => (Caller)context.UserState[CallerKey];

    public override async Task<TResponse> UnaryServerHandler<TRequest, TResponse>(
        TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
    {
        TResponse? response = null;
        await RunAsync((IMessage)request, context, async () => response = await continuation(request, context));
        return response!;
    }

    public override Task ServerStreamingServerHandler<TRequest, TResponse>(
        TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context,
        ServerStreamingServerMethod<TRequest, TResponse> continuation) =>
        RunAsync((IMessage)request, context, () => continuation(request, responseStream, context));

    private async Task RunAsync(IMessage request, ServerCallContext context, Func<Task> handle)
    {
        var connection = context.GetHttpContext().Connection;
        var call = log.Begin(
            context.Method, request, context.RequestHeaders.GetValue("cluster") ?? context.RequestHeaders.GetValue("context"), connection.RemotePort);
        try
        {
            if (call.IsWrite && faults.WriteBegun is { } begun)
                await begun(call);
            await faults.ApplyAsync(call, afterStoring: false, connection.Id, context.CancellationToken);
            Admit(call, context);
            await handle();
            if (call.IsWrite && faults.WriteStored is { } stored)
                await stored(call);
            await faults.ApplyAsync(call, afterStoring: true, connection.Id, context.CancellationToken);
            End(call, StatusCode.OK, null);
            if (call.IsWrite && faults.WriteAnswered is { } answered)
                context.GetHttpContext().Response.OnCompleted(() => answered(call));
        }
        catch (StateException exception)
        {
            throw End(call, exception.Code, exception.Message);
        }
        catch (RpcException exception)
        {
            throw End(call, exception.StatusCode, exception.Status.Detail);
        }
        catch (OperationCanceledException)
        {
            // The client went away, or the server is stopping.
            throw End(call, context.CancellationToken.IsCancellationRequested ? StatusCode.Cancelled : StatusCode.Unavailable, "the stream ended");
        }
        catch (Exception exception)
        {
            // The server recovers from panics in handlers and validators.
            throw End(call, StatusCode.Internal, $"panic: {exception.Message}");
        }
    }

    private void Admit(RecordedCall call, ServerCallContext context)
    {
        var headers = context.GetHttpContext().Request.Headers;
        var (caller, refusal) = signatures.Verify(context.Method, name => headers[name]);
        if (caller is null)
        {
            call.Detail = refusal;
            throw new StateException(StatusCode.Unauthenticated, "invalid signature");
        }

        call.Identity = caller.Identity;
        if (!options.EulaAccepted && options.Version.IsAtLeast(1, 7))
            throw new StateException(StatusCode.FailedPrecondition, "EULA has not been accepted");
        context.UserState[CallerKey] = caller;
    }

    private static RpcException End(RecordedCall call, StatusCode code, string? detail)
    {
        call.Code = code;
        call.Detail ??= detail;
        return new RpcException(new Status(code, detail ?? ""));
    }
}
