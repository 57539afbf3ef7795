using System.Globalization;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace OmniScale.TestKit.Faults;

/// <summary>
/// Something that goes wrong with an exchange: instead of its answer, before it, or in the middle of it. Where a fault has an
/// <c>after</c>, so many lines of the answer, or messages of a gRPC stream, come through first.
/// </summary>
public sealed class Fault
{
    private readonly string _name;

    private Fault(string name) => _name = name;

    /// <summary>Done before the request is forwarded. Returns whether it still is to be.</summary>
    internal Func<Exchange, Task<bool>> Before { get; private init; } = _ => Task.FromResult(true);

    /// <summary>How the answer is cut; null leaves it whole.</summary>
    internal Cut? Cut { get; private init; }

    /// <summary>Resets the TCP connection, with everything that is under way on it: other requests too, and what came before in this answer.</summary>
    public static Fault Reset(int? after = null) => after is { } frames ? Cutting(CutKind.Reset, frames) : new("reset")
    {
        Before = exchange =>
        {
            exchange.Reset();
            return Task.FromResult(false);
        },
    };

    /// <summary>Says nothing, on a connection that is alive, until the fault is cleared. Then everything goes on, as after a jam.</summary>
    public static Fault Stall(int? after = null) => after is { } frames ? Cutting(CutKind.Stall, frames) : new("stall")
    {
        Before = async exchange =>
        {
            await exchange.HoldAsync();
            return true;
        },
    };

    /// <summary>The answer comes late.</summary>
    public static Fault Slow(TimeSpan delay) => new("slow")
    {
        Before = async exchange =>
        {
            await Task.Delay(delay, TimeProvider.System, exchange.Context.RequestAborted);
            return true;
        },
    };

    /// <summary>The answer ends in good order, but too early.</summary>
    public static Fault End(int after = 0) => Cutting(CutKind.End, after);

    /// <summary>A line or message begins, and the answer ends within it.</summary>
    public static Fault Truncate(int after = 0) => Cutting(CutKind.Truncate, after);

    /// <summary>Refuses as the API server does.</summary>
    public static Fault Status(int code, string reason, TimeSpan? retryAfter = null) => new($"{code} {reason}")
    {
        Before = async exchange =>
        {
            if (retryAfter is { } pause)
            {
                exchange.Context.Response.Headers.RetryAfter = pause.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
            }

            await AnswerAsync(exchange, code, "application/json", StatusOf(code, reason));
            return false;
        },
    };

    /// <summary>An error event in a watch of the API server, which then ends.</summary>
    public static Fault ErrorEvent(int code, string reason, int after = 0) => new($"{code} {reason} in the stream")
    {
        Cut = new Cut(CutKind.End, after) { Last = Encoding.UTF8.GetBytes($$"""{"type":"ERROR","object":{{StatusOf(code, reason)}}}""" + "\n") },
    };

    /// <summary>What a proxy in front of a server that is away says, in HTML.</summary>
    public static Fault Gateway(int code) => new($"{code} in HTML")
    {
        Before = async exchange =>
        {
            await AnswerAsync(exchange, code, "text/html", $"<html><body><h1>{code}</h1><p>no upstream</p></body></html>\n");
            return false;
        },
    };

    /// <summary>A gRPC status instead of an answer, or at the end of a stream that was cut short.</summary>
    public static Fault Grpc(StatusCode code, string message = "injected", int? after = null) => after is { } frames
        ? new($"{code} after {frames}") { Cut = new Cut(CutKind.End, frames) { Status = (code, message) } }
        : new($"{code}")
        {
            Before = exchange =>
            {
                var response = exchange.Context.Response;
                response.ContentType = "application/grpc";
                response.Headers["grpc-status"] = ((int)code).ToString(CultureInfo.InvariantCulture);
                response.Headers["grpc-message"] = Uri.EscapeDataString(message);
                return Task.FromResult(false);
            },
        };

    public override string ToString() => _name;

    private static Fault Cutting(CutKind kind, int after) => new($"{kind} after {after}") { Cut = new Cut(kind, after) };

    private static string StatusOf(int code, string reason) => JsonSerializer.Serialize(new
    {
        kind = "Status",
        apiVersion = "v1",
        status = "Failure",
        message = $"injected: {reason}",
        reason,
        code,
    });

    private static Task AnswerAsync(Exchange exchange, int code, string mediaType, string body)
    {
        exchange.Context.Response.StatusCode = code;
        exchange.Context.Response.ContentType = mediaType;
        return exchange.Context.Response.WriteAsync(body, exchange.Context.RequestAborted);
    }
}
