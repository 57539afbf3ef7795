using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;

namespace OmniScale.Omni.Tests;

public class SigningHandlerTests
{
    private static readonly DateTimeOffset Now = new(2026, 9, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly GeneratedServiceAccountKey Generated =
        ServiceAccountKeyGenerator.Generate(new ServiceAccountName("automation"), "test", TimeSpan.FromDays(365), TimeProvider.System.GetUtcNow().AddMinutes(-1));

    [Fact]
    public async Task Signature_IsVerifiedByGnuPg_AndNotOverOneChangedByte()
    {
        var sent = await SendAsync(TimeProvider.System);
        var payload = Encoding.UTF8.GetBytes(sent[SigningHandler.PayloadHeader]);
        var signature = Convert.FromBase64String(sent[SigningHandler.SignatureHeader].Split(' ')[3]);
        using var gpg = new Gpg();
        gpg.Run(Generated.ArmoredPublicKey, "--import");

        var (exitCode, status) = gpg.Verify(payload, signature);
        Assert.Equal(0, exitCode);
        Assert.Contains("GOODSIG", status, StringComparison.Ordinal);

        // "VALIDSIG <fingerprint> <date> <timestamp> <expiry> <version 4> <reserved> <algorithm EdDSA = 22> <hash SHA-256 = 8> <class binary = 00>"
        var valid = status.Split('\n').Single(l => l.Contains("VALIDSIG", StringComparison.Ordinal)).Split(' ');
        Assert.Equal(Generated.Key.Fingerprint.ToUpperInvariant(), valid[2]);
        Assert.Equal(["4", "0", "22", "8", "00"], valid[6..11]);

        payload[^3] ^= 1;
        (exitCode, status) = gpg.Verify(payload, signature);
        Assert.Equal(1, exitCode);
        Assert.Contains("BADSIG", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Headers_AreAsOmniReadsThem()
    {
        var sent = await SendAsync(new FakeTimeProvider(Now), ("context", "talos-prod-01"));

        Assert.Equal("1788264000", sent[SigningHandler.TimestampHeader]);
        Assert.Equal(
            """{"headers":{"authorization":null,"cluster":null,"context":["talos-prod-01"],"fieldSelectors":null,"namespace":null,"nodes":null,"runtime":null,"selectors":null,"uid":null,"x-sidero-timestamp":["1788264000"]},"method":"/management.ManagementService/Kubeconfig"}""",
            sent[SigningHandler.PayloadHeader]);
        var fields = sent[SigningHandler.SignatureHeader].Split(' ');
        Assert.Equal(["siderov1", "automation@serviceaccount.omni.sidero.dev", Generated.Key.Fingerprint], fields[..3]);
        Assert.Equal(4, fields.Length);
    }

    [Fact]
    public async Task Sending_again_SignsAnew()
    {
        var time = new FakeTimeProvider(Now);
        var capture = new Capture();
        using var invoker = new HttpMessageInvoker(new SigningHandler(Generated.Key, time, capture));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://omni.example.com/cosi.resource.State/Get");

        await invoker.SendAsync(request, TestContext.Current.CancellationToken);
        var first = capture.Headers!;
        time.Advance(TimeSpan.FromSeconds(7));
        await invoker.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal("1788264007", capture.Headers![SigningHandler.TimestampHeader]);
        Assert.NotEqual(first[SigningHandler.SignatureHeader], capture.Headers[SigningHandler.SignatureHeader]);
        using var payload = JsonDocument.Parse(capture.Headers[SigningHandler.PayloadHeader]);
        Assert.Equal("1788264007", payload.RootElement.GetProperty("headers").GetProperty("x-sidero-timestamp")[0].GetString());
    }

    private static async Task<Dictionary<string, string>> SendAsync(TimeProvider time, params (string Name, string Value)[] headers)
    {
        var capture = new Capture();
        using var invoker = new HttpMessageInvoker(new SigningHandler(Generated.Key, time, capture));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://omni.example.com/management.ManagementService/Kubeconfig");
        foreach (var (name, value) in headers)
        {
            request.Headers.Add(name, value);
        }

        await invoker.SendAsync(request, TestContext.Current.CancellationToken);
        return capture.Headers!;
    }

    private sealed class Capture : HttpMessageHandler
    {
        public Dictionary<string, string>? Headers { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Headers = request.Headers.NonValidated.ToDictionary(h => h.Key, h => h.Value.Single());
            return Task.FromResult(new HttpResponseMessage());
        }
    }
}
