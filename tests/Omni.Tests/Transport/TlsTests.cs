using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api;

namespace OmniScale.Omni.Tests;

public class TlsTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(OmniTransport.Cleartext)]
    [InlineData(OmniTransport.Tls)]
    public async Task Call_OverEitherTransport_ReachesOmni(OmniTransport transport)
    {
        await using var omni = await StartAsync(transport);
        await using var connection = Clients.Connect(omni);
        Assert.Null(await connection.State.GetAsync(ResourceTypes.Clusters, "one", Cancellation));
        Assert.True(connection.Health.Reachable);
    }

    [Fact]
    public async Task Call_WhenTheCertificateIsForAnotherName_NamesBoth()
    {
        await using var omni = await StartAsync(OmniTransport.TlsWithWrongName);
        await using var connection = Clients.Connect(omni);
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.TlsFailed, failure.Kind);
        Assert.Equal($"the certificate of {connection.Settings.Endpoint} is not for {connection.Settings.Endpoint.Host}, but for another.example.com", failure.Message);
    }

    [Fact]
    public async Task Call_WhenTheCertificateIsExpired_SaysUntilWhenItWasValid()
    {
        await using var omni = await StartAsync(OmniTransport.TlsWithExpiredCertificate);
        await using var connection = Clients.Connect(omni);
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.TlsFailed, failure.Kind);
        Assert.StartsWith($"the certificate of {connection.Settings.Endpoint} is expired or not valid yet: it is valid from ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Call_WhenTheAuthorityIsNotKnown_AsksForIt()
    {
        await using var omni = await StartAsync(OmniTransport.Tls);
        await using var connection = Clients.Connect(omni.Endpoint.ToString());
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.TlsFailed, failure.Kind);
        Assert.Equal($"the certificate of {connection.Settings.Endpoint} is issued by CN=OmniScale lab CA, which is not trusted here; give its certificate as ca.crt", failure.Message);
    }

    [Fact]
    public async Task Call_WhenTheGivenAuthorityIsAnother_SaysThatTheBundleDoesNotHoldIt()
    {
        await using var omni = await StartAsync(OmniTransport.Tls);
        await using var other = await StartAsync(OmniTransport.Tls);
        await using var connection = Clients.Connect(OmniConnectionSettings.Parse(
            omni.Endpoint.ToString(), omni.CreateServiceAccountKey("test", Role.Operator), other.CaPem));
        var failure = await connection.FailureAsync();
        Assert.Equal(OmniError.TlsFailed, failure.Kind);

        // Both authorities of the lab have the same name, so that the chain ends in a signature that does not match.
        Assert.StartsWith($"the certificate of {connection.Settings.Endpoint} is ", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OmniTransport.Tls)]
    [InlineData(OmniTransport.TlsWithWrongName)]
    [InlineData(OmniTransport.TlsWithExpiredCertificate)]
    public async Task Call_WhenVerificationIsSkipped_AcceptsAnyCertificate(OmniTransport transport)
    {
        await using var omni = await StartAsync(transport);
        await using var connection = Clients.Connect(OmniConnectionSettings.Parse(
            omni.Endpoint.ToString(), omni.CreateServiceAccountKey("test", Role.Operator), insecureSkipTlsVerify: true));
        Assert.Null(await connection.State.GetAsync(ResourceTypes.Clusters, "one", Cancellation));
    }

    private static Task<OmniSimulator> StartAsync(OmniTransport transport) =>
        Clients.StartSimulatorAsync(new OmniSimulatorOptions { Transport = transport, ReadLag = TimeSpan.Zero, RunLifecycle = false });
}
