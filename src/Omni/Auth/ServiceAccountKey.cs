using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace OmniScale.Omni;

/// <summary>
/// The private key of an Omni service account: an OpenPGP v4 key (EdDSA over Ed25519) that signs every request.
/// No part of the key material leaves this type.
/// </summary>
public sealed class ServiceAccountKey
{
    internal const string Setting = "serviceAccountKey";

    private readonly PgpPrivateKey privateKey;
    private readonly PgpPublicKey publicKey;

    private ServiceAccountKey(ServiceAccountName name, PgpPrivateKey privateKey, PgpPublicKey publicKey)
    {
        this.privateKey = privateKey;
        this.publicKey = publicKey;
        Name = name;
        Fingerprint = Convert.ToHexStringLower(publicKey.GetFingerprint());
        ExpiresAt = Expiry(publicKey);
    }

    public ServiceAccountName Name { get; }

    /// <summary>The identity that stands in the signature of a request.</summary>
    public string Identity => Name.Identity;

    /// <summary>The OpenPGP v4 fingerprint in lower-case hex. Not a secret.</summary>
    public string Fingerprint { get; }

    /// <summary>Creation of the key plus the lifetime in its primary self-signature, as Omni computes it; null if the key has no lifetime.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>Reads the string that <c>omnictl serviceaccount create</c> prints: base64 of <c>{"name", "pgp_key"}</c>.</summary>
    /// <exception cref="OmniSettingsException">The string is no usable key; the message says why.</exception>
    public static ServiceAccountKey Parse(string text)
    {
        var (name, armored) = ReadEnvelope(Decode(text.Trim()));
        if (name.Any(c => c is <= ' ' or > '~'))
        {
            throw Invalid("the account name in it holds a space or a character outside ASCII");
        }

        try
        {
            var secret = ReadSecretKey(armored);
            return new ServiceAccountKey(new ServiceAccountName(name), Unlock(secret), secret.PublicKey);
        }
        catch (Exception e) when (e is not OmniSettingsException)
        {
            // What a library that reads packets throws at bytes which are none is anybody's guess, and its words may quote them.
            throw Invalid("the private key in it is damaged");
        }
    }

    /// <summary>A binary detached OpenPGP signature (type 0x00, SHA-256) over the bytes.</summary>
    internal byte[] Sign(ReadOnlySpan<byte> payload, DateTimeOffset now)
    {
        var subpackets = new PgpSignatureSubpacketGenerator();
        subpackets.SetSignatureCreationTime(false, now.UtcDateTime);
        subpackets.SetIssuerFingerprint(false, publicKey);

        // Generators hold the state of one signature, so each has its own; the key is read-only and shared.
        var generator = new PgpSignatureGenerator(PublicKeyAlgorithmTag.EdDsa_Legacy, HashAlgorithmTag.Sha256);
        generator.InitSign(PgpSignature.BinaryDocument, privateKey);
        generator.SetHashedSubpackets(subpackets.Generate());
        generator.Update(payload);
        return generator.Generate().GetEncoded();
    }

    public override string ToString() => $"service account {Identity}, key {Fingerprint}";

    private static byte[] Decode(string text)
    {
        if (text.Length == 0)
        {
            throw Invalid("is empty");
        }

        if (text.StartsWith("-----BEGIN", StringComparison.Ordinal))
        {
            throw Invalid("is an armored key by itself; expected is the base64 string that `omnictl serviceaccount create` prints");
        }

        try
        {
            return Convert.FromBase64String(text);
        }
        catch (FormatException)
        {
            var characters = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
            var whole = characters.Length / 4 * 4;
            var isCutOff = whole > 0 && whole < characters.Length && Base64.IsValid(characters.AsSpan(0, whole));
            throw Invalid(isCutOff ? "is truncated: the base64 text is not complete" : "is not base64");
        }
    }

    private static (string Name, string Armored) ReadEnvelope(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return (Field(document.RootElement, "name"), Field(document.RootElement, "pgp_key"));
        }
        catch (JsonException)
        {
            // The reader's own message can quote what it read.
            throw Invalid(json is [(byte)'{', ..] ? "is truncated: the JSON in it is not complete" : "holds no JSON; expected is the string that `omnictl serviceaccount create` prints");
        }
    }

    private static string Field(JsonElement root, string field) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw Invalid($"the JSON in it has no \"{field}\"");

    private static PgpSecretKey ReadSecretKey(string armored)
    {
        var block = armored.Trim();
        if (block.StartsWith("-----BEGIN PGP PUBLIC KEY BLOCK-----", StringComparison.Ordinal))
        {
            throw Invalid("holds no private key, only a public one");
        }

        if (!block.StartsWith("-----BEGIN PGP PRIVATE KEY BLOCK-----", StringComparison.Ordinal))
        {
            throw Invalid("holds no private key: \"pgp_key\" is not an armored OpenPGP private key");
        }

        if (!block.EndsWith("-----END PGP PRIVATE KEY BLOCK-----", StringComparison.Ordinal))
        {
            throw Invalid("is truncated: the end of the private key is missing");
        }

        using var input = new MemoryStream(Encoding.UTF8.GetBytes(block));
        using var binary = PgpUtilities.GetDecoderStream(input);
        var secret = new PgpSecretKeyRing(binary).GetSecretKey();
        if (secret.PublicKey is not { Version: 4, Algorithm: PublicKeyAlgorithmTag.EdDsa_Legacy })
        {
            throw Invalid($"the key has the wrong algorithm ({secret.PublicKey.Algorithm}, version {secret.PublicKey.Version}); Omni signs with EdDSA over Ed25519, version 4");
        }

        return secret;
    }

    private static PgpPrivateKey Unlock(PgpSecretKey secret)
    {
        if (secret.IsPrivateKeyEmpty)
        {
            throw Invalid("holds no private key: the secret part was removed from it");
        }

        if (secret.KeyEncryptionAlgorithm != SymmetricKeyAlgorithmTag.Null)
        {
            throw Invalid("the private key is protected by a passphrase; Omni's service account keys have none");
        }

        var key = secret.ExtractPrivateKey(null);
        return key.Key is Org.BouncyCastle.Crypto.Parameters.Ed25519PrivateKeyParameters ? key : throw Invalid("the key is not over the curve Ed25519");
    }

    /// <summary>Omni takes the key's lifetime from the newest self-signature of the primary user id.</summary>
    private static DateTimeOffset? Expiry(PgpPublicKey key)
    {
        var lifetime = key.GetUserIds()
            .SelectMany(key.GetSignaturesForId)
            .Where(s => s.KeyId == key.KeyId && s.IsCertification())
            .Select(s => (s.CreationTime, Packets: s.GetHashedSubPackets()))
            .OrderByDescending(s => s.Packets.IsPrimaryUserId())
            .ThenByDescending(s => s.CreationTime)
            .Select(s => s.Packets.GetKeyExpirationTime())
            .FirstOrDefault();
        return lifetime == 0 ? null : new DateTimeOffset(key.CreationTime, TimeSpan.Zero).AddSeconds(lifetime);
    }

    private static OmniSettingsException Invalid(string problem) => new(Setting, problem);
}
