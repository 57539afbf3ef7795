namespace OmniScale.Proxmox.Tests;

public sealed class TlsTests
{
    private const string Confirm = "Give the cluster's CA (/etc/pve/pve-root-ca.pem on a stock installation), or, after comparing it on the node, this fingerprint.";
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ca_OfTheCluster_IsAccepted()
    {
        await using var lab = await Lab.StartAsync();

        Assert.Equal(new ProxmoxVersion("9.1.5", "9.1"), await lab.Client().GetVersionAsync(Cancel));
    }

    [Fact]
    public async Task Ca_InABundleWithOthers_IsAccepted()
    {
        await using var other = await Lab.StartAsync();
        await using var lab = await Lab.StartAsync();

        await lab.Client(tls: new ProxmoxTls.CertificateAuthority(other.Simulator.CaPem + "\n" + lab.Simulator.CaPem)).GetVersionAsync(Cancel);
    }

    [Fact]
    public async Task Ca_OfAnotherCluster_IsNamedAsNotTrusted()
    {
        await using var other = await Lab.StartAsync();
        await using var lab = await Lab.StartAsync();

        var failure = await FailAsync(lab.Client(tls: new ProxmoxTls.CertificateAuthority(other.Simulator.CaPem)));

        Assert.Equal(
            "The server's certificate was not accepted: it is signed by 'Proxmox Virtual Environment', which is not a trusted CA. "
            + $"{Confirm} Its fingerprint is {lab.Simulator.Fingerprint}.",
            failure.Message);
    }

    [Fact]
    public async Task SystemTrust_OfAPrivateCa_IsRefusedWithTheFingerprintToCompare()
    {
        await using var lab = await Lab.StartAsync();

        var failure = await FailAsync(lab.Client(tls: new ProxmoxTls.SystemTrust()));

        Assert.Equal(
            "The server's certificate was not accepted: it is signed by 'Proxmox Virtual Environment', which is not a trusted CA. "
            + $"{Confirm} Its fingerprint is {lab.Simulator.Fingerprint}.",
            failure.Message);
    }

    [Fact]
    public async Task Ca_WithACertificateForAnotherName_IsRefusedWithBothNames()
    {
        await using var lab = await Lab.StartAsync(new() { CertificateNames = ["pve1.example.com", "192.0.2.5"] });

        var failure = await FailAsync(lab.Client());

        Assert.Equal(
            "The server's certificate was not accepted: it is not for '127.0.0.1' but for pve1.example.com, 192.0.2.5. "
            + $"{Confirm} Its fingerprint is {lab.Simulator.Fingerprint}.",
            failure.Message);
    }

    [Fact]
    public async Task Ca_WithAnExpiredCertificate_SaysWhenItEnded()
    {
        await using var lab = await Lab.StartAsync(new() { CertificateNotAfter = TimeProvider.System.GetUtcNow().AddDays(-1) });

        var failure = await FailAsync(lab.Client());

        Assert.Contains("it, or a CA above it, has expired or is not valid yet (valid from ", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not a trusted CA", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pinned_AnyMatchOfTheLeaf_IsAcceptedWhateverItsNameAndAge()
    {
        await using var lab = await Lab.StartAsync(new() { CertificateNames = ["pve1"], CertificateNotAfter = TimeProvider.System.GetUtcNow().AddDays(-1) });
        var fingerprint = lab.Simulator.Fingerprint;
        var other = string.Join(':', Enumerable.Repeat("AB", 32));

        await lab.Client(tls: new ProxmoxTls.Pinned([other, fingerprint])).GetVersionAsync(Cancel);
        await lab.Client(tls: new ProxmoxTls.Pinned([fingerprint.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant()])).GetVersionAsync(Cancel);
    }

    [Fact]
    public async Task Pinned_AfterARenewal_ShowsTheNewFingerprint()
    {
        await using var lab = await Lab.StartAsync();
        var tls = new ProxmoxTls.Pinned([lab.Simulator.Fingerprint]);
        lab.Simulator.RenewCertificate();

        var failure = await FailAsync(lab.Client(tls: tls));

        Assert.Equal(
            $"The server's certificate has the fingerprint {lab.Simulator.Fingerprint}, which is none of the 1 accepted. "
            + "If the certificate was renewed, compare this with the one the node shows under System, Certificates, and accept it.",
            failure.Message);
    }

    [Fact]
    public async Task Insecure_AcceptsAnyCertificate()
    {
        await using var lab = await Lab.StartAsync(new() { CertificateNames = ["pve1"] });

        await lab.Client(tls: new ProxmoxTls.Insecure()).GetVersionAsync(Cancel);
    }

    [Fact]
    public async Task RefusedCertificate_MeansThatNoRequestIsSent()
    {
        await using var lab = await Lab.StartAsync();

        await FailAsync(lab.Client(tls: new ProxmoxTls.SystemTrust()));
        await FailAsync(lab.Client(Lab.Password, new ProxmoxTls.SystemTrust()));

        Assert.Empty(lab.Simulator.Calls);
    }

    [Theory]
    [InlineData("AB:CD")]
    [InlineData("not a fingerprint")]
    [InlineData("")]
    public void Pinned_WithWhatIsNoSha256_IsRefused(string text) =>
        Assert.Equal(
            $"'{text}' is not a SHA-256 fingerprint: it must be 32 bytes in hexadecimal, as in AB:CD:….",
            Assert.Throws<FormatException>(() => new ProxmoxTls.Pinned([text])).Message);

    [Theory]
    [InlineData("", "The CA bundle contains no certificate: it must be PEM, beginning with -----BEGIN CERTIFICATE-----.")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "The CA bundle cannot be read: one of its certificates is damaged.")]
    public void CertificateAuthority_WithoutAReadableCertificate_IsRefused(string pem, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => new ProxmoxTls.CertificateAuthority(pem)).Message);

    private static async Task<ProxmoxException> FailAsync(ProxmoxClient client)
    {
        var failure = await Assert.ThrowsAsync<ProxmoxException>(() => client.GetVersionAsync(Cancel));
        Assert.Equal(ProxmoxFailure.TlsFailed, failure.Kind);
        return failure;
    }
}
