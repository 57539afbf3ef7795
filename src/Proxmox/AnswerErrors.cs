using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace OmniScale.Proxmox;

/// <summary>Explains answers that are no data. Texts from the server are cleaned of whatever secrets were sent to it.</summary>
internal sealed partial class AnswerErrors(ProxmoxCredentials credentials, params ReadOnlySpan<string> secrets)
{
    private const int LongestServerText = 300;
    private const string CheckUrl = "Check that the URL is the address of Proxmox VE itself, such as https://host:8006.";
    private static readonly char[] LineBreaksAndOtherControls = [.. Enumerable.Range(0, 160).Select(c => (char)c).Where(char.IsControl)];
    private readonly string[] hidden = [.. secrets.ToArray().SelectMany(Spellings).Distinct().OrderByDescending(s => s.Length)];

    /// <returns>The <c>data</c> of an answer with status 200.</returns>
    public static JsonElement Data(string request, string body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("data", out var data))
                return data.Clone();
        }
        catch (JsonException)
        {
            // Said below: the parser's position in a page of HTML helps nobody.
        }
        throw new ProxmoxException(ProxmoxFailure.UnexpectedAnswer, $"{request} was answered with something that is not Proxmox VE's JSON. {CheckUrl}", 200);
    }

    public ProxmoxException Explain(string request, HttpResponseMessage response, string body)
    {
        var status = (int)response.StatusCode;
        var text = ServerText(response, body);
        return status switch
        {
            401 => new(ProxmoxFailure.Unauthorized, Unauthorized(text), status),
            403 => Forbidden(request, text),
            >= 300 and < 400 => new(ProxmoxFailure.UnexpectedAnswer, Redirected(request, response), status),
            404 or 501 => new(ProxmoxFailure.UnexpectedAnswer, $"{request} is not known to the server ({status} {text}). {CheckUrl}", status),
            >= 595 and <= 599 => new(
                ProxmoxFailure.ServerError, $"{request} could not be passed on to the node that has to answer it ({status} {text}).", status),
            >= 500 => new(ProxmoxFailure.ServerError, $"{request} failed in Proxmox ({status} {text}).", status),
            _ => new(ProxmoxFailure.UnexpectedAnswer, $"{request} was answered with {status} {text}.", status),
        };
    }

    private string Unauthorized(string text) => credentials is ProxmoxCredentials.Token
        ? $"Proxmox does not accept the token {credentials.Id} ({text}). "
            + "Check its id and secret, that it and its user are enabled, and that neither has expired."
        : $"Proxmox does not accept the password of {credentials.Id} ({text}). "
            + "Check user, realm and password, and that the user is enabled and has not expired.";

    private ProxmoxException Forbidden(string request, string text)
    {
        var separation = credentials is ProxmoxCredentials.Token ? " A token with privilege separation needs ACLs of its own." : "";
        if (PermissionCheckPattern().Match(text) is not { Success: true } match)
            return new(ProxmoxFailure.Forbidden, $"{credentials.Id} may not {request} ({text}).{separation}", 403);
        var missing = new MissingPermission(match.Groups["path"].Value, [.. match.Groups["privileges"].Value.Split('|', StringSplitOptions.TrimEntries)]);
        return new(
            ProxmoxFailure.Forbidden,
            $"{credentials.Id} may not {request}: it lacks {string.Join(" or ", missing.Privileges)} on {missing.Path}.{separation}", 403)
        {
            Missing = missing,
        };
    }

    private static string Redirected(string request, HttpResponseMessage response)
    {
        var target = response.Headers.Location is { IsAbsoluteUri: true } location ? $" to {location.GetLeftPart(UriPartial.Authority)}" : "";
        return $"{request} was redirected{target}, which is not followed because the credentials would go along. {CheckUrl}";
    }

    /// <summary>
    /// The reason phrase carries the message's first line in every version of Proxmox, and is all there is with status 401. Bodies have the message only since
    /// 8.4, but whole and past every proxy, and the parameters that were wrong.
    /// </summary>
    private string ServerText(HttpResponseMessage response, string body)
    {
        using var document = TryParse(body);
        if (document?.RootElement is not { ValueKind: JsonValueKind.Object } root)
            return Clean(response.ReasonPhrase ?? "");
        var text = new StringBuilder(root.Text("message") is { Length: > 0 } message ? message : response.ReasonPhrase);
        if (root.TryGetProperty("errors", out var errors) && errors.ValueKind == JsonValueKind.Object)
        {
            foreach (var error in errors.EnumerateObject())
                text.Append(' ').Append(error.Name).Append(": ").Append(error.Value.ToString());
        }
        return Clean(text.ToString());
    }

    private string Clean(string text)
    {
        foreach (var secret in hidden)
            text = text.Replace(secret, "***", StringComparison.OrdinalIgnoreCase);
        text = string.Join(' ', text.Split(LineBreaksAndOtherControls, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        return text.Length > LongestServerText ? text[..LongestServerText] + "…" : text;
    }

    private static JsonDocument? TryParse(string body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string[] Spellings(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        return [secret, Uri.EscapeDataString(secret), Convert.ToBase64String(bytes), Convert.ToHexString(bytes)];
    }

    [GeneratedRegex(@"^Permission check failed \((?<path>/[^,)]*), (?<privileges>[^)]+)\)")]
    private static partial Regex PermissionCheckPattern();
}
