using System.Net;
using System.Text.Json;
using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>The API server answered a request with an error.</summary>
public sealed class ApiException : Exception
{
    public ApiException(int code, string reason, string message, V1StatusDetails? details = null, TimeSpan? retryAfter = null)
        : base(message)
    {
        Code = code;
        Reason = reason;
        Details = details;
        RetryAfter = retryAfter;
    }

    /// <summary>The HTTP status, which an error within a watch has too.</summary>
    public int Code { get; }

    /// <summary>The reason by which the API server tells apart errors of the same code, for example AlreadyExists; may be empty.</summary>
    public string Reason { get; }

    public V1StatusDetails? Details { get; }

    /// <summary>How long the server wants to be left alone, if it said so.</summary>
    public TimeSpan? RetryAfter { get; }

    public bool IsNotFound => Code == 404;

    /// <summary>The object was changed meanwhile, or is not the one that was meant.</summary>
    public bool IsConflict => Code == 409 && !IsAlreadyExists;

    public bool IsAlreadyExists => Reason == "AlreadyExists";

    /// <summary>The version or the page asked for is no longer kept.</summary>
    public bool IsGone => Code == 410 || Reason is "Gone" or "Expired";

    public bool IsForbidden => Code == 403;

    public bool IsInvalid => Code == 422;

    public bool IsTooManyRequests => Code == 429;

    public bool IsServerError => Code >= 500;

    /// <summary>The server turned the request away before it did anything, for want of capacity: 429, or 503 with a time to come back.</summary>
    internal bool WasNotTried => IsTooManyRequests || (Code == 503 && RetryAfter is not null);

    internal static ApiException From(HttpStatusCode code, ReadOnlyMemory<byte> body, TimeSpan? retryAfter, string request)
    {
        V1Status? status = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            status = ReadStatus(document.RootElement);
        }
        catch (JsonException)
        {
            // A proxy in front of the API server answers in its own words; the code has to do.
        }

        return From(status, (int)code, retryAfter, request);
    }

    internal static ApiException FromWatch(JsonElement status) => From(ReadStatus(status), 500, null, "The watch");

    private static V1Status? ReadStatus(JsonElement json) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty("kind", out JsonElement kind) && kind.ValueEquals("Status")
            ? KubeJson.Read<V1Status>(json)
            : null;

    private static ApiException From(V1Status? status, int code, TimeSpan? retryAfter, string request)
    {
        if (status?.Details?.RetryAfterSeconds is > 0 and int seconds)
        {
            retryAfter ??= TimeSpan.FromSeconds(seconds);
        }

        string message = string.IsNullOrEmpty(status?.Message) ? $"{request} failed with HTTP status {code}" : status.Message;
        return new ApiException(status?.Code ?? code, status?.Reason ?? "", message, status?.Details, retryAfter);
    }
}
