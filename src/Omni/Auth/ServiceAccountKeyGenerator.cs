using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace OmniScale.Omni;

/// <summary>A new key of a service account. <see cref="Encoded"/> is a secret.</summary>
public sealed class GeneratedServiceAccountKey
{
    internal GeneratedServiceAccountKey(string encoded, string armoredPublicKey)
    {
        Encoded = encoded;
        ArmoredPublicKey = armoredPublicKey;
        Key = ServiceAccountKey.Parse(encoded);
    }

    /// <summary>The value of <c>OMNI_SERVICE_ACCOUNT_KEY</c>.</summary>
    public string Encoded { get; }

    /// <summary>What <c>CreateServiceAccount</c> and <c>RenewServiceAccount</c> take.</summary>
    public string ArmoredPublicKey { get; }

    public ServiceAccountKey Key { get; }

    public override string ToString() => Key.ToString();
}

/// <summary>Makes keys as omnictl does: Ed25519, the lifetime in the self-signature, no passphrase.</summary>
public static class ServiceAccountKeyGenerator
{
    /// <param name="name">The account; its short name and identity become the user id of the key.</param>
    /// <param name="comment">Where the key comes from; omnictl writes operating system and architecture.</param>
    /// <param name="lifetime">Omni accepts at most 365 days for service accounts.</param>
    /// <param name="now">When the key begins to be valid.</param>
    public static GeneratedServiceAccountKey Generate(ServiceAccountName name, string comment, TimeSpan lifetime, DateTimeOffset now)
    {
        var random = new SecureRandom();
        var ed25519 = new Ed25519KeyPairGenerator();
        ed25519.Init(new Ed25519KeyGenerationParameters(random));
        var pair = new PgpKeyPair(PublicKeyAlgorithmTag.EdDsa_Legacy, ed25519.GenerateKeyPair(), now.UtcDateTime);

        var seconds = (long)lifetime.TotalSeconds;
        var selfSignature = new PgpSignatureSubpacketGenerator();
        selfSignature.SetSignatureCreationTime(false, now.UtcDateTime);
        selfSignature.SetKeyExpirationTime(false, seconds);
        selfSignature.SetSignatureExpirationTime(false, seconds);
        selfSignature.SetKeyFlags(false, PgpKeyFlags.CanCertify | PgpKeyFlags.CanSign);
        selfSignature.SetPrimaryUserId(false, true);
        selfSignature.SetPreferredHashAlgorithms(false, [(int)HashAlgorithmTag.Sha256]);
        selfSignature.SetIssuerFingerprint(false, pair.PublicKey);

        var ring = new PgpKeyRingGenerator(
            PgpSignature.PositiveCertification,
            pair,
            $"{name.ShortName} ({comment}) <{name.Identity}>",
            SymmetricKeyAlgorithmTag.Null,
            HashAlgorithmTag.Sha256,
            passPhrase: (char[]?)null,
            useSha1: true,
            selfSignature.Generate(),
            unhashedPackets: null,
            random);
        var secret = ring.GenerateSecretKeyRing();
        var json = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["name"] = name.Value, ["pgp_key"] = Armor(secret.Encode) });
        return new GeneratedServiceAccountKey(Convert.ToBase64String(json), Armor(ring.GeneratePublicKeyRing().Encode));
    }

    private static string Armor(Action<Stream> encode)
    {
        using var buffer = new MemoryStream();
        using (var armored = ArmoredOutputStream.Build().ClearHeaders().EnableCrc(true).Build(buffer))
        {
            encode(armored);
        }

        return Encoding.ASCII.GetString(buffer.ToArray());
    }
}
