using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.Features;

namespace OmniScale.Lab.Proxmox;

/// <summary>Everything around the data: faults, authentication, the ticket login, and how errors are put on the wire.</summary>
internal sealed class ProxmoxRequestHandler(ProxmoxSimulatorOptions options, ProxmoxInventoryModel inventory, FaultInjector faults, Action<RecordedCall> record)
{
    private const string Prefix = "/api2/json";
    private static readonly Version MessagesInBodiesSince = new(8, 4);
    private static readonly Version TerseAuthenticationFailuresSince = new(9, 1, 5);
    private readonly SimulatedAccess access = new(options.Time);
    private readonly ListOrder order = new(options.ShuffleSeed);
    private int underWay;

    public int UnderWay => Volatile.Read(ref underWay);

    public async Task HandleAsync(HttpContext context)
    {
        var requested = context.Request.Path.Value ?? "/";
        var path = requested.StartsWith(Prefix + "/", StringComparison.Ordinal) ? requested[Prefix.Length..] : requested;
        var exchange = new Exchange(context, path);
        Interlocked.Increment(ref underWay);
        try
        {
            if (faults.Take(path) is not { } fault || !await ApplyAsync(fault, exchange))
                await (path == requested ? AnswerOutsideApiAsync(exchange) : AnswerAsync(exchange));
        }
        catch (OperationCanceledException)
        {
            // The client went away.
            exchange.Aborted = true;
        }
        finally
        {
            record(new RecordedCall(options.Time.GetUtcNow(), context.Request.Method, path, context.Request.QueryString.Value ?? "", exchange.Who,
                exchange.Aborted ? 0 : context.Response.StatusCode));
            Interlocked.Decrement(ref underWay);
            // Last: whoever sees the connection end finds the call in the list.
            if (exchange.Aborted)
                context.Abort();
        }
    }

    /// <returns>True when the fault has taken the place of the answer.</returns>
    private async Task<bool> ApplyAsync(ProxmoxFault fault, Exchange exchange)
    {
        var context = exchange.Context;
        if (fault.Delay != TimeSpan.Zero)
            await Task.Delay(fault.Delay < TimeSpan.Zero ? Timeout.InfiniteTimeSpan : fault.Delay, options.Time, context.RequestAborted);
        if (fault.Reset)
        {
            exchange.Aborted = true;
            return true;
        }
        if (fault.Status is null && fault.Body is null)
            return false;
        foreach (var (name, value) in fault.Headers)
            context.Response.Headers[name] = value;
        await WriteAsync(context, fault.Status ?? 200, fault.Reason, fault.Body, fault.ContentType);
        return true;
    }

    private static Task AnswerOutsideApiAsync(Exchange exchange) => exchange.Path == "/"
        ? WriteAsync(exchange.Context, 200, null, "<!DOCTYPE html><html><title>Proxmox Virtual Environment</title></html>", "text/html; charset=UTF-8")
        : WriteAsync(exchange.Context, 501, $"no such file '{exchange.Path}'", null);

    private async Task AnswerAsync(Exchange exchange)
    {
        var context = exchange.Context;
        var request = context.Request;
        try
        {
            var data = (request.Method, exchange.Path) switch
            {
                ("POST", "/access/ticket") => LogIn(await ReadFormAsync(request)),
                ("GET", "/access/domains") => new JsonArray(
                    new JsonObject { ["realm"] = "pam", ["type"] = "pam" }, new JsonObject { ["realm"] = "pve", ["type"] = "pve" }),
                _ => inventory.Read(cluster => GetData(cluster, exchange)),
            };
            var body = new JsonObject { ["data"] = options.NumbersAsStrings ? WithoutNumbers(data) : data };
            await WriteAsync(context, 200, null, body.ToJsonString());
        }
        catch (AuthenticationFailure failure)
        {
            if (options.AuthenticationDelay > TimeSpan.Zero)
                await Task.Delay(options.AuthenticationDelay, options.Time, context.RequestAborted);
            var terse = inventory.Read(c => c.ParsedVersion) >= TerseAuthenticationFailuresSince && failure.Message != "No ticket";
            await WriteAsync(context, 401, terse ? "Authentication failed!" : failure.Message, null);
        }
        catch (ApiError error)
        {
            if (error.Status == 401 && options.AuthenticationDelay > TimeSpan.Zero)
                await Task.Delay(options.AuthenticationDelay, options.Time, context.RequestAborted);
            await WriteAsync(context, error.Status, error.Message, error.WithoutBody ? null : ErrorBody(error));
        }
    }

    private JsonNode GetData(SimulatedCluster cluster, Exchange exchange)
    {
        var request = exchange.Context.Request;
        var authorization = request.Headers.Authorization.ToString();
        var principal = access.Authenticate(cluster, authorization.Length > 0 ? authorization : null, TicketCookie(request));
        exchange.Who = principal.Id;
        if (request.Method != "GET")
            throw new ApiError(501, $"Method '{request.Method} {exchange.Path}' not implemented");
        var query = request.Query.ToDictionary(q => q.Key, q => q.Value.ToString());
        return new ProxmoxApi(cluster, principal, query, order).Get(exchange.Path);
    }

    private JsonObject LogIn(IFormCollection form) => inventory.Read(cluster =>
    {
        var username = form["username"].ToString();
        if (!username.Contains('@', StringComparison.Ordinal))
            username = $"{username}@{form["realm"]}";
        // Always the same text, whatever was wrong.
        var user = access.LogIn(cluster, username, form["password"].ToString()) ?? throw new ApiError(401, "authentication failure");
        var data = new JsonObject
        {
            ["username"] = user.Id,
            ["ticket"] = access.IssueTicket(user.SecondFactor ? $"!tfa!{user.Id}" : user.Id),
            ["CSRFPreventionToken"] = access.IssueCsrfToken(user.Id),
        };
        if (user.SecondFactor)
            data["NeedTFA"] = 1;
        else
            data["cap"] = new JsonObject { ["nodes"] = new JsonObject(), ["storage"] = new JsonObject(), ["vms"] = new JsonObject() };
        return data;
    });

    private static async Task<IFormCollection> ReadFormAsync(HttpRequest request) =>
        request.HasFormContentType ? await request.ReadFormAsync(request.HttpContext.RequestAborted) : FormCollection.Empty;

    /// <summary>Not through the framework's cookie parser, which decodes.</summary>
    private static string? TicketCookie(HttpRequest request) => request.Headers.Cookie.ToString().Split(';')
        .Select(c => c.Trim().Split('=', 2)).FirstOrDefault(c => c is ["PVEAuthCookie", _])?[1];

    private string ErrorBody(ApiError error)
    {
        var body = new JsonObject { ["data"] = null };
        if (error.Errors is not null)
            body["errors"] = error.Errors;
        if (inventory.Read(c => c.ParsedVersion) >= MessagesInBodiesSince)
            body["message"] = error.Message + "\n";
        return body.ToJsonString();
    }

    /// <summary>Errors close the connection.</summary>
    private static async Task WriteAsync(HttpContext context, int status, string? reason, string? body, string contentType = "application/json;charset=UTF-8")
    {
        var response = context.Response;
        response.StatusCode = status;
        if (reason is not null)
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = reason.Split('\n')[0];
        if (status >= 400)
            response.Headers.Connection = "close";
        if (body is null)
        {
            response.ContentLength = 0;
            return;
        }
        response.ContentType = contentType;
        await response.WriteAsync(body, context.RequestAborted);
    }

    private static JsonNode? WithoutNumbers(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.Select(p => KeyValuePair.Create(p.Key, WithoutNumbers(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(WithoutNumbers)]),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number => value.ToJsonString(),
        _ => node?.DeepClone(),
    };

    private sealed class Exchange(HttpContext context, string path)
    {
        public HttpContext Context => context;

        public string Path => path;

        public string? Who { get; set; }

        public bool Aborted { get; set; }
    }
}
