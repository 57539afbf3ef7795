using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Primitives;

namespace OmniScale.Lab.Omni.Auth;

/// <summary>Who a request comes from, as its key says.</summary>
internal sealed record Caller(string Name, string Identity, Role Role)
{
    /// <summary>For the account of an infra provider: the provider's id.</summary>
    public string? ProviderId => Role == Role.InfraProvider ? Identity[..Identity.IndexOf('@', StringComparison.Ordinal)] : null;
}

/// <summary>
/// Checks the signature of a request: over the payload header's bytes as they came, by a registered key, and with a
/// payload that says the same as the request's headers.
/// </summary>
internal sealed class SignatureVerifier(AccountRegistry accounts, TimeProvider time)
{
    private const string TimestampHeader = "x-sidero-timestamp";
    private const string PayloadHeader = "x-sidero-payload";
    private const string SignatureHeader = "x-sidero-signature";

    private static readonly TimeSpan MaxSkew = TimeSpan.FromMinutes(5);

    private static readonly string[] CoveredHeaders =
    [
        TimestampHeader, "nodes", "selectors", "fieldSelectors", "runtime", "context", "cluster", "namespace", "uid", "authorization",
    ];

    /// <summary>The caller, or why the request is not accepted (for the lab's own log: clients learn only that it is not).</summary>
    public (Caller? Caller, string? Refusal) Verify(string method, Func<string, StringValues> header)
    {
        if (Single(header, PayloadHeader) is not { } payload)
            return (null, "no payload header");
        if (Single(header, SignatureHeader)?.Split(' ') is not ["siderov1", _, var fingerprint, var encoded])
            return (null, "no signature header of the form 'siderov1 identity fingerprint signature'");
        if (accounts.FindKey(fingerprint) is not var (account, key))
            return (null, $"no key with fingerprint {fingerprint}");
        if (key.Expiration <= time.GetUtcNow())
            return (null, $"the key expired at {key.Expiration:O}");

        var signature = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, signature, out var length))
            return (null, "the signature is not base64");
        if (!OpenPgp.Verify(key.Key, Encoding.UTF8.GetBytes(payload), signature[..length]))
            return (null, "the signature does not match the payload");
        if (Mismatch(method, payload, header) is { } mismatch)
            return (null, mismatch);
        if (!long.TryParse(Single(header, TimestampHeader), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return (null, "the timestamp is not a number of seconds");
        if ((time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(seconds)).Duration() > MaxSkew)
            return (null, "the timestamp is more than five minutes off");

        key.LastUsed = time.GetUtcNow();
        return (new Caller(account.Name, account.Identity, account.Role < key.Role ? account.Role : key.Role), null);
    }

    private static string? Mismatch(string method, string payload, Func<string, StringValues> header)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(payload);
        }
        catch (JsonException)
        {
            return "the payload is not JSON";
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object ||
                !document.RootElement.TryGetProperty("method", out var signedMethod) || !signedMethod.ValueEquals(method))
            {
                return $"the payload is not for {method}";
            }

            var hasHeaders = document.RootElement.TryGetProperty("headers", out var headers) && headers.ValueKind == JsonValueKind.Object;
            foreach (var name in CoveredHeaders)
            {
                string?[]? signed = null;
                if (hasHeaders && headers.TryGetProperty(name, out var list) && list.ValueKind != JsonValueKind.Null)
                {
                    if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(value => value.ValueKind != JsonValueKind.String))
                        return $"the payload's header {name} is not a list of strings";
                    signed = [.. list.EnumerateArray().Select(value => value.GetString())];
                }

                // The server looks this name up in mixed case among lower-case names, and so never finds it.
                string?[]? sent = name == "fieldSelectors" || header(name).Count == 0 ? null : [.. header(name)];
                if ((signed is null) != (sent is null) || (signed is not null && !signed.SequenceEqual(sent!)))
                    return $"the payload's header {name} differs from the request's";
            }

            return null;
        }
    }

    private static string? Single(Func<string, StringValues> header, string name) => header(name) is [{ } only] ? only : null;
}
