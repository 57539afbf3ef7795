using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OmniScale.Lab.Proxmox;

/// <summary>Who sent a request: <c>user@realm</c>, or <c>user@realm!token</c>.</summary>
internal sealed record Principal(string UserId, SimulatedToken? Token)
{
    public string Id => Token is null ? UserId : $"{UserId}!{Token.Name}";
}

internal sealed class AuthenticationFailure(string reason) : Exception(reason);

/// <summary>Tickets and tokens. A ticket lives two hours; clocks may be five minutes apart.</summary>
internal sealed class SimulatedAccess(TimeProvider time)
{
    private static readonly TimeSpan TicketLifetime = TimeSpan.FromHours(2);
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);
    private readonly byte[] key = RandomNumberGenerator.GetBytes(32);

    /// <exception cref="AuthenticationFailure">With the text of the reason phrase.</exception>
    public Principal Authenticate(SimulatedCluster cluster, string? authorization, string? cookie)
    {
        // A cookie in the same request wins over the token.
        if (cookie is not null)
        {
            var user = VerifyTicket(Uri.UnescapeDataString(cookie)) ?? throw new AuthenticationFailure("permission denied - invalid PVE ticket");
            return new Principal(EnabledUser(cluster, user).Id, Token: null);
        }
        const string Scheme = "PVEAPIToken";
        if (authorization is null || !authorization.StartsWith(Scheme, StringComparison.Ordinal) || authorization[Scheme.Length..] is not ['=' or ' ', ..])
            throw new AuthenticationFailure("No ticket");
        var credential = Uri.UnescapeDataString(authorization[(Scheme.Length + 1)..].Split(';')[0]);
        var secretAt = credential.LastIndexOf('=');
        var nameAt = credential.LastIndexOf('!', Math.Max(secretAt - 1, 0));
        if (secretAt < 0 || nameAt < 0)
            throw new AuthenticationFailure("invalid API token value");
        var owner = EnabledUser(cluster, credential[..nameAt]);
        var name = credential[(nameAt + 1)..secretAt];
        var token = owner.Tokens.Find(t => t.Name == name) ?? throw new AuthenticationFailure($"no such token '{name}' for user '{owner.Id}'");
        if (token.Expire != 0 && token.Expire <= time.GetUtcNow().ToUnixTimeSeconds())
            throw new AuthenticationFailure($"token '{name}' access expired");
        if (token.Secret != credential[(secretAt + 1)..])
            throw new AuthenticationFailure("invalid token value!");
        return new Principal(owner.Id, token);
    }

    /// <summary>Checks a login, in which a valid ticket may stand for the password.</summary>
    /// <returns>The user, or null when the login is refused.</returns>
    public SimulatedUser? LogIn(SimulatedCluster cluster, string username, string password)
    {
        var user = cluster.Users.Find(u => u.Id == username && u.Enabled);
        return user is not null && (VerifyTicket(password) == username || (user.Password is not null && user.Password == password)) ? user : null;
    }

    public string IssueTicket(string data)
    {
        var body = $"PVE:{data}:{time.GetUtcNow().ToUnixTimeSeconds():X8}";
        return $"{body}::{Sign(body)}";
    }

    public string IssueCsrfToken(string userId)
    {
        var at = $"{time.GetUtcNow().ToUnixTimeSeconds():X8}";
        return $"{at}:{Sign(at + userId)}";
    }

    private string? VerifyTicket(string ticket)
    {
        var parts = ticket.Split("::");
        if (parts.Length != 2 || Sign(parts[0]) != parts[1])
            return null;
        var fields = parts[0].Split(':');
        var age = time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(long.Parse(fields[^1], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        return fields.Length == 3 && age > -ClockSkew && age < TicketLifetime ? fields[1] : null;
    }

    private string Sign(string text) => Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));

    private static SimulatedUser EnabledUser(SimulatedCluster cluster, string id)
    {
        var user = cluster.Users.Find(u => u.Id == id) ?? throw new AuthenticationFailure($"no such user ('{id}')");
        return user.Enabled ? user : throw new AuthenticationFailure($"user '{id}' is disabled");
    }
}
