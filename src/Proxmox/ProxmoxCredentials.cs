using System.Text.RegularExpressions;

namespace OmniScale.Proxmox;

/// <summary>An account of Proxmox VE. Secrets are readable only inside this assembly, so that no log, serializer or <c>ToString</c> can show them.</summary>
public abstract partial record ProxmoxCredentials
{
    private ProxmoxCredentials()
    {
    }

    /// <summary>The id that Proxmox knows the account by: <c>user@realm</c>, or <c>user@realm!token</c>.</summary>
    public abstract string Id { get; }

    internal abstract string Secret { get; }

    public sealed override string ToString() => Id;

    /// <summary>An API token.</summary>
    public sealed record Token : ProxmoxCredentials
    {
        /// <param name="tokenId"><c>user@realm!name</c>.</param>
        /// <param name="secret">The token's value, a UUID. White space around it, as a trailing newline in a Secret, is dropped.</param>
        /// <exception cref="FormatException">The message is for the user and repeats neither value: the two are easily swapped.</exception>
        public Token(string tokenId, string secret)
        {
            ArgumentNullException.ThrowIfNull(tokenId);
            ArgumentNullException.ThrowIfNull(secret);
            Id = tokenId.Trim();
            Secret = secret.Trim();
            if (!TokenIdPattern().IsMatch(Id))
                throw new FormatException("The Proxmox token id must have the form user@realm!name, for example omni@pve!operator.");
            if (Secret.Length == 0 || Secret.Any(c => char.IsControl(c) || char.IsWhiteSpace(c)))
                throw new FormatException("The Proxmox token secret must be the UUID that Proxmox showed when the token was created.");
        }

        public override string Id { get; }

        internal override string Secret { get; }
    }

    /// <summary>A user with a password. Tickets are fetched and renewed by the client; an account with a second factor cannot be used this way.</summary>
    public sealed record Password : ProxmoxCredentials
    {
        /// <param name="username">With or without <c>@realm</c>.</param>
        /// <param name="realm">For example <c>pve</c> or <c>pam</c>; null when it is part of the name.</param>
        /// <param name="password">Taken as it is.</param>
        /// <exception cref="FormatException">The message is for the user.</exception>
        public Password(string username, string? realm, string password)
        {
            ArgumentNullException.ThrowIfNull(username);
            ArgumentNullException.ThrowIfNull(password);
            var name = username.Trim();
            Id = string.IsNullOrWhiteSpace(realm) || name.EndsWith('@' + realm.Trim(), StringComparison.Ordinal) ? name : $"{name}@{realm.Trim()}";
            Secret = password;
            if (!UserIdPattern().IsMatch(Id))
                throw new FormatException("The Proxmox user must have a name and a realm, for example username omni and realm pve.");
            if (password.Length == 0)
                throw new FormatException("The Proxmox password is empty.");
        }

        public override string Id { get; }

        internal override string Secret { get; }
    }

    [GeneratedRegex(@"^[^\s:/=]+@[A-Za-z][A-Za-z0-9._-]+![A-Za-z][A-Za-z0-9._-]+\z")]
    private static partial Regex TokenIdPattern();

    [GeneratedRegex(@"^[^\s:/]+@[A-Za-z][A-Za-z0-9._-]+\z")]
    private static partial Regex UserIdPattern();
}
