using System.Text;
using System.Text.Json;
using Org.BouncyCastle.Bcpg;
using Org.BouncyCastle.Bcpg.OpenPgp;

namespace OmniScale.Omni.Tests;

public class ServiceAccountKeyTests
{
    private static readonly DateTimeOffset Now = new(2026, 9, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly GeneratedServiceAccountKey Generated =
        ServiceAccountKeyGenerator.Generate(new ServiceAccountName("automation"), "linux/amd64", TimeSpan.FromDays(365), Now);

    [Fact]
    public void Parse_WhenTheKeyIsGood_KnowsNameIdentityAndExpiry()
    {
        var key = ServiceAccountKey.Parse(Generated.Encoded);
        Assert.Equal("automation", key.Name.Value);
        Assert.Equal("automation@serviceaccount.omni.sidero.dev", key.Identity);
        Assert.Equal(Now.AddDays(365), key.ExpiresAt);
        Assert.Matches("^[0-9a-f]{40}$", key.Fingerprint);
    }

    [Fact]
    public void Parse_WhenTheSecretEndsInANewline_AcceptsIt() =>
        Assert.Equal(Generated.Key.Fingerprint, ServiceAccountKey.Parse(Generated.Encoded + "\n").Fingerprint);

    [Fact]
    public void Parse_WhenTheAccountIsAnInfraProvider_UsesItsIdentity()
    {
        var generated = ServiceAccountKeyGenerator.Generate(ServiceAccountName.ForInfraProvider("proxmox"), "test", TimeSpan.FromDays(1), Now);
        var key = ServiceAccountKey.Parse(generated.Encoded);
        Assert.Equal("infra-provider:proxmox", key.Name.Value);
        Assert.Equal("proxmox@infra-provider.serviceaccount.omni.sidero.dev", key.Identity);
    }

    public static TheoryData<string, string> Unusable => new()
    {
        { "", "is empty" },
        { "%%%%", "is not base64" },
        { Generated.Encoded[..401], "is truncated: the base64 text is not complete" },
        { Generated.Encoded[..400], "is truncated: the JSON in it is not complete" },
        { Encode("hello"), "holds no JSON; expected is the string that `omnictl serviceaccount create` prints" },
        { Encode("[1]"), "the JSON in it has no \"name\"" },
        { Encode("""{"pgp_key": "x"}"""), "the JSON in it has no \"name\"" },
        { Encode("""{"name": "x", "pgp_key": 1}"""), "the JSON in it has no \"pgp_key\"" },
        { Envelope("two words", Armored()), "the account name in it holds a space or a character outside ASCII" },
        { Envelope("x", "something else"), "holds no private key: \"pgp_key\" is not an armored OpenPGP private key" },
        { Envelope("x", Generated.ArmoredPublicKey), "holds no private key, only a public one" },
        { Envelope("x", Armored()[..300]), "is truncated: the end of the private key is missing" },
        { Envelope("x", Damaged()), "the private key in it is damaged" },
        { Envelope("x", OfVersion(0)), "the private key in it is damaged" },
        { Envelope("x", OfVersion(9)), "the private key in it is damaged" },
        { Armored(), "is an armored key by itself; expected is the base64 string that `omnictl serviceaccount create` prints" },
    };

    [Theory]
    [MemberData(nameof(Unusable), DisableDiscoveryEnumeration = true)]
    public void Parse_WhenTheKeyIsUnusable_SaysWhyWithoutAnyPartOfIt(string text, string problem)
    {
        var error = Assert.Throws<OmniSettingsException>(() => ServiceAccountKey.Parse(text));
        Assert.Equal($"serviceAccountKey: {problem}", error.Message);
        Assert.Null(error.InnerException);
    }

    [Fact]
    public void Parse_WhenGnuPgMadeTheKey_ReadsItAlike()
    {
        using var gpg = new Gpg();
        gpg.Run("", "--passphrase", "", "--quick-generate-key", "other <other@example.com>", "ed25519", "sign", "30d");
        var armored = gpg.Run("", "--export-options", "export-minimal", "--armor", "--export-secret-keys");
        var listing = gpg.Run("", "--with-colons", "--list-keys").Split('\n').Select(l => l.Split(':')).ToArray();

        var key = ServiceAccountKey.Parse(Envelope("other", armored));

        Assert.Equal(listing.First(l => l[0] == "fpr")[9].ToLowerInvariant(), key.Fingerprint);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(long.Parse(listing.First(l => l[0] == "pub")[6], null)), key.ExpiresAt);
    }

    [Fact]
    public void Parse_WhenTheKeyHasAPassphrase_SaysSo()
    {
        using var gpg = new Gpg();
        gpg.Run("", "--passphrase", "secret", "--quick-generate-key", "locked", "ed25519", "sign", "30d");
        var armored = gpg.Run("", "--passphrase", "secret", "--armor", "--export-secret-keys");

        var error = Assert.Throws<OmniSettingsException>(() => ServiceAccountKey.Parse(Envelope("locked", armored)));
        Assert.Equal("serviceAccountKey: the private key is protected by a passphrase; Omni's service account keys have none", error.Message);
    }

    [Theory]
    [InlineData("rsa2048", "RsaGeneral")]
    [InlineData("nistp256", "ECDsa")]
    public void Parse_WhenTheAlgorithmIsAnother_NamesIt(string algorithm, string name)
    {
        using var gpg = new Gpg();
        gpg.Run("", "--passphrase", "", "--quick-generate-key", "wrong", algorithm, "sign", "30d");
        var armored = gpg.Run("", "--armor", "--export-secret-keys");

        var error = Assert.Throws<OmniSettingsException>(() => ServiceAccountKey.Parse(Envelope("wrong", armored)));
        Assert.Equal($"serviceAccountKey: the key has the wrong algorithm ({name}, version 4); Omni signs with EdDSA over Ed25519, version 4", error.Message);
    }

    [Fact]
    public void Generate_MakesAPublicKeyAsOmniChecksIt()
    {
        using var gpg = new Gpg();
        var generated = ServiceAccountKeyGenerator.Generate(
            ServiceAccountName.ForInfraProvider("proxmox"), "linux/amd64", TimeSpan.FromDays(365), TimeProvider.System.GetUtcNow());
        gpg.Run(generated.ArmoredPublicKey, "--import");
        var listing = gpg.Run("", "--with-colons", "--list-keys").Split('\n').Select(l => l.Split(':')).ToArray();

        var key = listing.First(l => l[0] == "pub");
        Assert.Equal("22", key[3]);
        Assert.Equal(generated.Key.ExpiresAt!.Value.ToUnixTimeSeconds().ToString(null, null), key[6]);
        Assert.Equal("SC", string.Concat(key[11].Where(char.IsUpper).Order().Reverse()));
        Assert.Equal("proxmox (linux/amd64) <proxmox@infra-provider.serviceaccount.omni.sidero.dev>", listing.First(l => l[0] == "uid")[9].Replace("\\x3a", ":", StringComparison.Ordinal));
        Assert.DoesNotContain("PRIVATE", generated.ArmoredPublicKey, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_HoldsNoKeyMaterial()
    {
        Assert.Equal($"service account automation@serviceaccount.omni.sidero.dev, key {Generated.Key.Fingerprint}", Generated.Key.ToString());
        Assert.Equal(Generated.Key.ToString(), Generated.ToString());
    }

    private static string Armored() =>
        JsonDocument.Parse(Convert.FromBase64String(Generated.Encoded)).RootElement.GetProperty("pgp_key").GetString()!;

    private static string Damaged()
    {
        var lines = Armored().Split('\n');
        lines[3] = lines[3][..10] + (lines[3][10] == 'A' ? 'B' : 'A') + lines[3][11..];
        return string.Join('\n', lines);
    }

    /// <summary>Whole, but for the version that the first packet bears after its header.</summary>
    private static string OfVersion(byte version)
    {
        using var armored = PgpUtilities.GetDecoderStream(new MemoryStream(Encoding.UTF8.GetBytes(Armored())));
        var packets = Org.BouncyCastle.Utilities.IO.Streams.ReadAll(armored);
        var header = (packets[0] & 0x40) != 0 ? 2 : 2 + (packets[0] & 3);
        Assert.Equal(4, packets[header]);
        packets[header] = version;
        using var text = new MemoryStream();
        using (var output = new ArmoredOutputStream(text))
        {
            output.Write(packets);
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static string Envelope(string name, string armored) => Encode(JsonSerializer.Serialize(new { name, pgp_key = armored }));

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
