using System.Text;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;
using Org.BouncyCastle.Bcpg.Sig;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;

namespace OmniScale.Lab.Omni.Auth;

/// <summary>OpenPGP version 4 keys of the kind that Omni's clients make: EdDSA (legacy), SHA-256, unprotected.</summary>
internal static class OpenPgp
{
    /// <summary>Makes a key and returns its armored private half.</summary>
    public static (string ArmoredPrivate, PgpPublicKey Public) Generate(string userId, DateTimeOffset created, TimeSpan lifetime)
    {
        var random = new SecureRandom();
        var generator = new Ed25519KeyPairGenerator();
        generator.Init(new Ed25519KeyGenerationParameters(random));
        var pair = new PgpKeyPair(PublicKeyAlgorithmTag.EdDsa_Legacy, generator.GenerateKeyPair(), created.UtcDateTime);

        var seconds = (long)lifetime.TotalSeconds;
        var hashed = new PgpSignatureSubpacketGenerator();
        hashed.SetKeyFlags(false, KeyFlags.CertifyOther | KeyFlags.SignData);
        hashed.SetKeyExpirationTime(false, seconds);
        hashed.SetSignatureExpirationTime(false, seconds);
        var ring = new PgpKeyRingGenerator(
            PgpSignature.PositiveCertification, pair, userId, SymmetricKeyAlgorithmTag.Null, HashAlgorithmTag.Sha256,
            Array.Empty<char>(), useSha1: false, hashed.Generate(), null, random).GenerateSecretKeyRing();

        using var buffer = new MemoryStream();
        using (var armor = new ArmoredOutputStream(buffer))
            ring.Encode(armor);
        return (Encoding.ASCII.GetString(buffer.ToArray()), ring.GetPublicKey());
    }

    /// <summary>Reads the primary key of an armored public key.</summary>
    /// <exception cref="FormatException">The text is no public key.</exception>
    public static PgpPublicKey ReadPublicKey(string armored)
    {
        try
        {
            using var decoded = PgpUtilities.GetDecoderStream(new MemoryStream(Encoding.UTF8.GetBytes(armored)));
            return new PgpObjectFactory(decoded).NextPgpObject() is PgpPublicKeyRing ring
                ? ring.GetPublicKey()
                : throw new FormatException("The armored text holds no public key.");
        }
        catch (Exception exception) when (exception is IOException or PgpException)
        {
            throw new FormatException("The text is no armored OpenPGP key.", exception);
        }
    }

    /// <summary>The fingerprint as Omni writes it: lower-case hexadecimal.</summary>
    public static string Fingerprint(PgpPublicKey key) => Convert.ToHexStringLower(key.GetFingerprint());

    /// <summary>Whether the bytes are a binary detached signature of the key over the content, with a hash that is still trusted.</summary>
    public static bool Verify(PgpPublicKey key, byte[] content, byte[] signature)
    {
        try
        {
            if (new PgpObjectFactory(signature).NextPgpObject() is not PgpSignatureList { Count: 1 } list)
                return false;
            var only = list[0];
            if (only.SignatureType != PgpSignature.BinaryDocument || only.HashAlgorithm is HashAlgorithmTag.MD5 or HashAlgorithmTag.Sha1)
                return false;
            only.InitVerify(key);
            only.Update(content);
            return only.Verify();
        }
        catch (Exception exception) when (exception is IOException or PgpException or ArgumentException or InvalidCastException)
        {
            return false;
        }
    }
}
