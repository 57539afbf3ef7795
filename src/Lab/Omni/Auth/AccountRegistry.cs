using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Core;
using OmniScale.Lab.Omni.Storage;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace OmniScale.Lab.Omni.Auth;

/// <summary>A key with which an account signs.</summary>
internal sealed record AccountKey(string Fingerprint, string Armored, PgpPublicKey Key, Role Role, DateTimeOffset Created)
{
    public DateTimeOffset Expiration { get; set; }

    public DateTimeOffset? LastUsed { get; set; }
}

/// <summary>A service account and its keys.</summary>
internal sealed record Account(string Name, string Identity, Role Role)
{
    public List<AccountKey> Keys { get; } = [];
}

/// <summary>The service accounts and the keys that were registered for them.</summary>
internal sealed partial class AccountRegistry(TimeProvider time)
{
    private const string ProviderPrefix = "infra-provider:";

    /// <summary>Omni's limit for keys of service accounts.</summary>
    private static readonly TimeSpan MaxLifetime = TimeSpan.FromDays(365) + TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Account> accounts = new(StringComparer.Ordinal);

    /// <summary>The identity of the account with a name: infra providers have names with a prefix and a domain of their own.</summary>
    public static string IdentityOf(string name) => name.StartsWith(ProviderPrefix, StringComparison.Ordinal)
        ? $"{name[ProviderPrefix.Length..]}@infra-provider.serviceaccount.omni.sidero.dev"
        : $"{name}@serviceaccount.omni.sidero.dev";

    /// <summary>Makes an account with a new key, as a user would with omnictl, and returns what the user is given.</summary>
    public string CreateWithKey(string name, Role role, TimeSpan lifetime)
    {
        var created = time.GetUtcNow();
        var (armored, key) = OpenPgp.Generate($"{name} <{IdentityOf(name)}>", created, lifetime);
        lock (gate)
        {
            var account = accounts.GetValueOrDefault(name) ?? (accounts[name] = new Account(name, IdentityOf(name), role));
            account.Keys.Add(new AccountKey(OpenPgp.Fingerprint(key), "", key, role, created) { Expiration = created + lifetime });
        }

        return Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(new { name, pgp_key = armored }));
    }

    /// <exception cref="StateException">The name is taken or not allowed, or the key is not acceptable.</exception>
    public AccountKey Create(string name, Role role, string armoredPublicKey)
    {
        if (!NamePattern().IsMatch(name))
            throw Invalid($"invalid service account name \"{name}\"");
        if (name.StartsWith(ProviderPrefix, StringComparison.Ordinal) != (role == Role.InfraProvider))
            throw Invalid($"service account \"{name}\" cannot have the role \"{role}\"");
        var key = Accept(armoredPublicKey, role);
        lock (gate)
        {
            if (accounts.ContainsKey(name))
                throw new StateException(StatusCode.AlreadyExists, $"service account \"{IdentityOf(name)}\" already exists");
            accounts[name] = new Account(name, IdentityOf(name), role) { Keys = { key } };
        }

        return key;
    }

    /// <summary>Adds a key. The old ones stay valid until they expire.</summary>
    /// <exception cref="StateException">There is no such account, or the key is not acceptable.</exception>
    public AccountKey Renew(string name, string armoredPublicKey)
    {
        lock (gate)
        {
            var account = accounts.GetValueOrDefault(name) ?? throw Unknown(name);
            var key = Accept(armoredPublicKey, account.Role);
            account.Keys.Add(key);
            return key;
        }
    }

    /// <exception cref="StateException">There is no such account.</exception>
    public void Destroy(string name)
    {
        lock (gate)
        {
            if (!accounts.Remove(name))
                throw Unknown(name);
        }
    }

    public IReadOnlyList<Account> List()
    {
        lock (gate)
            return [.. accounts.Values.OrderBy(account => account.Name, StringComparer.Ordinal)];
    }

    public (Account Account, AccountKey Key)? FindKey(string fingerprint)
    {
        lock (gate)
        {
            foreach (var account in accounts.Values)
            {
                if (account.Keys.Find(key => key.Fingerprint == fingerprint) is { } key)
                    return (account, key);
            }

            return null;
        }
    }

    /// <summary>Lets all keys of an account expire at a moment. False when there is no such account.</summary>
    public bool ExpireKeys(string name, DateTimeOffset at)
    {
        lock (gate)
        {
            if (accounts.GetValueOrDefault(name) is not { } account)
                return false;
            account.Keys.ForEach(key => key.Expiration = at);
            return true;
        }
    }

    private AccountKey Accept(string armored, Role role)
    {
        PgpPublicKey key;
        try
        {
            key = OpenPgp.ReadPublicKey(armored);
        }
        catch (FormatException exception)
        {
            throw Invalid($"invalid PGP public key: {exception.Message}");
        }

        var lifetime = TimeSpan.FromSeconds(key.GetValidSeconds());
        var created = new DateTimeOffset(key.CreationTime, TimeSpan.Zero);
        if (lifetime == TimeSpan.Zero)
            throw Invalid("invalid PGP public key: key does not contain a valid key lifetime");
        if (key.HasRevocation())
            throw Invalid("invalid PGP public key: key is revoked");
        if (created + lifetime <= time.GetUtcNow())
            throw Invalid("invalid PGP public key: key expired");
        if (created + lifetime - time.GetUtcNow() > MaxLifetime)
            throw Invalid($"invalid PGP public key: key lifetime is too long: {lifetime}");
        if (!UserIdPattern().IsMatch(key.GetUserIds().FirstOrDefault() ?? ""))
            throw Invalid("invalid PGP public key: the key has no identity with an e-mail address");
        return new AccountKey(OpenPgp.Fingerprint(key), armored, key, role, created) { Expiration = created + lifetime };
    }

    private static StateException Invalid(string message) => new(StatusCode.InvalidArgument, message);

    private static StateException Unknown(string name) => new(StatusCode.NotFound, $"service account \"{name}\" does not exist");

    [GeneratedRegex("^(infra-provider:)?[a-z0-9][a-z0-9._-]*$")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"(^|<)[^\s<>@]+@[^\s<>@]+(>|$)")]
    private static partial Regex UserIdPattern();
}
