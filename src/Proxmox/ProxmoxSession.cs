using System.Text;
using System.Text.Json;

namespace OmniScale.Proxmox;

/// <summary>Sends GET requests as one account: with its token, or with a ticket that is fetched, renewed and, when it is refused, fetched anew once.</summary>
internal sealed class ProxmoxSession(ProxmoxCredentials credentials, ProxmoxHttp http, TimeProvider time) : IDisposable
{
    // A ticket lives two hours, and only a living one can be renewed.
    private static readonly TimeSpan RenewTicketAfter = TimeSpan.FromMinutes(90);
    private static readonly TimeSpan TicketLifetime = TimeSpan.FromHours(2);
    private readonly SemaphoreSlim loginGate = new(1);
    private readonly AnswerErrors tokenErrors = new(credentials, credentials.Secret);
    private volatile Ticket? ticket;

    public async Task<JsonElement> GetAsync(string pathAndQuery, CancellationToken cancellationToken)
    {
        if (credentials is ProxmoxCredentials.Token token)
            return await GetAsync(pathAndQuery, "Authorization", $"PVEAPIToken={Escape(token.Id)}={Escape(token.Secret)}", tokenErrors, cancellationToken);
        var (used, isNew) = await TicketAsync(refused: null, cancellationToken);
        try
        {
            return await GetAsync(pathAndQuery, used, cancellationToken);
        }
        catch (ProxmoxException e) when (e.Kind == ProxmoxFailure.Unauthorized && !isNew)
        {
            // Tickets also end early, for example when the cluster's signing keys are replaced.
            (used, _) = await TicketAsync(refused: used, cancellationToken);
            return await GetAsync(pathAndQuery, used, cancellationToken);
        }
    }

    public void Dispose() => loginGate.Dispose();

    private Task<JsonElement> GetAsync(string pathAndQuery, Ticket used, CancellationToken cancellationToken) =>
        GetAsync(pathAndQuery, "Cookie", "PVEAuthCookie=" + Uri.EscapeDataString(used.Text), used.Errors, cancellationToken);

    private Task<JsonElement> GetAsync(string pathAndQuery, string header, string value, AnswerErrors errors, CancellationToken cancellationToken)
    {
        return http.SendAsync($"GET {pathAndQuery}", pathAndQuery, Create, errors, cancellationToken);

        HttpRequestMessage Create(Uri address)
        {
            var message = new HttpRequestMessage(HttpMethod.Get, address);
            message.Headers.TryAddWithoutValidation(header, value);
            return message;
        }
    }

    private async Task<(Ticket Ticket, bool IsNew)> TicketAsync(Ticket? refused, CancellationToken cancellationToken)
    {
        await loginGate.WaitAsync(cancellationToken);
        try
        {
            var current = ReferenceEquals(ticket, refused) ? null : ticket;
            var age = current is null ? TimeSpan.MaxValue : time.GetUtcNow() - current.Since;
            if (age < RenewTicketAfter)
                return (current!, false);
            ticket = age < TicketLifetime && await RenewAsync(current!, cancellationToken) is { } renewed
                ? renewed
                : await LogInAsync(credentials.Secret, tokenErrors, cancellationToken);
            return (ticket, true);
        }
        finally
        {
            loginGate.Release();
        }
    }

    private async Task<Ticket?> RenewAsync(Ticket current, CancellationToken cancellationToken)
    {
        try
        {
            return await LogInAsync(current.Text, current.Errors, cancellationToken);
        }
        catch (ProxmoxException e) when (e.Kind == ProxmoxFailure.Unauthorized)
        {
            return null;
        }
    }

    private async Task<Ticket> LogInAsync(string password, AnswerErrors errors, CancellationToken cancellationToken)
    {
        var since = time.GetUtcNow();
        var data = await http.SendAsync(
            "POST /access/ticket",
            "/access/ticket",
            address => new HttpRequestMessage(HttpMethod.Post, address)
            {
                Content = new FormUrlEncodedContent([new("username", credentials.Id), new("password", password)]),
            },
            errors,
            cancellationToken);
        if (data.Flag("NeedTFA"))
        {
            throw new ProxmoxException(
                ProxmoxFailure.Unauthorized,
                $"{credentials.Id} has a second factor, which nobody is there to enter. Use an API token instead, or an account without one.");
        }
        var text = data.Text("ticket")
            ?? throw new ProxmoxException(
                ProxmoxFailure.UnexpectedAnswer, "POST /access/ticket answered without a ticket. Check that the URL leads to Proxmox VE itself.");
        return new Ticket(text, since, new AnswerErrors(credentials, credentials.Secret, text));
    }

    /// <summary>The server decodes percent signs in the header and ends it at a semicolon; a header is ASCII.</summary>
    private static string Escape(string text)
    {
        var result = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
            result.Append(rune.IsAscii && rune.Value is not ('%' or ';') ? rune.ToString() : Uri.EscapeDataString(rune.ToString()));
        return result.ToString();
    }

    private sealed record Ticket(string Text, DateTimeOffset Since, AnswerErrors Errors)
    {
        public override string ToString() => nameof(Ticket);
    }
}
