using System.Text.Json.Nodes;
using Grpc.Core;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Tests.Omni;

public class SignatureTests
{
    public static TheoryData<string> CoveredHeaders =>
        ["nodes", "selectors", "runtime", "context", "cluster", "namespace", "uid", "authorization"];

    [Fact]
    public async Task Call_WithAValidSignature_IsAnsweredAndAttributedToTheKeysIdentity()
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Reader);
        signer.Identity = "somebody.else@serviceaccount.omni.sidero.dev";

        var version = await omni.As(signer).GetAsync(ResourceTypes.SysVersions, "current");

        Assert.Equal("v1.10.0", version.Spec.BackendVersion);
        Assert.Equal("test-reader@serviceaccount.omni.sidero.dev", Assert.Single(omni.Simulator.Calls).Identity);
    }

    [Theory]
    [MemberData(nameof(CoveredHeaders))]
    public async Task Call_WhenACoveredHeaderIsNotInThePayload_IsUnauthenticated(string header)
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Admin);
        signer.EditHeaders = headers => headers.Add(header, "other");

        await AssertRefusedAsync(omni, signer);
    }

    [Theory]
    [MemberData(nameof(CoveredHeaders))]
    public async Task Call_WhenThePayloadHasAHeaderThatIsNotSent_IsUnauthenticated(string header)
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Admin);
        signer.EditPayload = payload => payload["headers"]![header] = new JsonArray("other");

        await AssertRefusedAsync(omni, signer);
    }

    [Fact]
    public async Task Call_WhenAnAbsentHeaderIsAnEmptyListInThePayload_IsUnauthenticated()
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Admin);
        signer.EditPayload = payload => payload["headers"]!["nodes"] = new JsonArray();

        await AssertRefusedAsync(omni, signer);
    }

    [Fact]
    public async Task Call_WhenAnAbsentHeaderIsMissingInThePayload_IsAnswered()
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Admin);
        signer.EditPayload = payload => payload["headers"]!.AsObject().Remove("nodes");

        Assert.NotNull(await omni.As(signer).GetAsync(ResourceTypes.SysVersions, "current"));
    }

    [Fact]
    public async Task Call_WhenThePayloadNamesFieldSelectors_IsUnauthenticatedEvenIfTheyAreSent()
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Admin);
        signer.EditPayload = payload => payload["headers"]!["fieldSelectors"] = new JsonArray("a=b");
        signer.EditHeaders = headers => headers.Add("fieldselectors", "a=b");

        await AssertRefusedAsync(omni, signer);
    }

    [Fact]
    public async Task Call_WhenThePayloadIsForAnotherMethod_IsUnauthenticated()
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Admin);
        signer.EditPayload = payload => payload["method"] = "/cosi.resource.State/List";

        await AssertRefusedAsync(omni, signer);
    }

    [Theory]
    [InlineData(-6)]
    [InlineData(6)]
    public async Task Call_WhenTheClockIsMoreThanFiveMinutesOff_IsUnauthenticated(int minutes)
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Admin);
        signer.Skew = TimeSpan.FromMinutes(minutes);

        await AssertRefusedAsync(omni, signer);
    }

    [Fact]
    public async Task Call_WhenTheClockIsFourMinutesOff_IsAnswered()
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Admin);
        signer.Skew = TimeSpan.FromMinutes(-4);

        Assert.NotNull(await omni.As(signer).GetAsync(ResourceTypes.SysVersions, "current"));
    }

    [Fact]
    public async Task Call_WhenThePayloadWasChangedAfterSigning_IsUnauthenticated()
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Admin);
        signer.EditHeaders = headers =>
        {
            var payload = headers.Get("x-sidero-payload")!;
            headers.Remove(payload);
            headers.Add("x-sidero-payload", payload.Value + " ");
        };

        await AssertRefusedAsync(omni, signer);
    }

    [Fact]
    public async Task Call_WithAKeyOfAnotherOmni_IsUnauthenticated()
    {
        await using var omni = await TestOmni.StartAsync();
        var elsewhere = new OmniStore();
        var signer = new Signer(elsewhere.Accounts.CreateWithKey("test", Role.Admin, TimeSpan.FromDays(1)));

        await AssertRefusedAsync(omni, signer);
    }

    [Fact]
    public async Task Call_WithAnExpiredKey_IsUnauthenticated()
    {
        await using var omni = await TestOmni.StartAsync();
        var signer = omni.NewSigner(Role.Admin);
        Assert.True(omni.Simulator.ExpireKeys("test-admin"));

        await AssertRefusedAsync(omni, signer);
    }

    [Fact]
    public async Task Call_WithoutASignature_IsUnauthenticated()
    {
        await using var omni = await TestOmni.StartAsync();

        var status = await new State.StateClient(omni.Channel()).GetAsync(ResourceTypes.SysVersions, "current").FailureAsync();

        Assert.Equal(new Status(StatusCode.Unauthenticated, "invalid signature"), Bare(status));
    }

    [Theory]
    [InlineData("1.7", StatusCode.FailedPrecondition)]
    [InlineData("1.6", StatusCode.OK)]
    public async Task Call_WhenTheLicenceIsNotAccepted_IsRefusedSinceVersion17(string version, StatusCode expected)
    {
        await using var omni = await TestOmni.StartAsync(new OmniSimulatorOptions
        {
            Version = OmniVersion.Parse(version),
            EulaAccepted = false,
            RunLifecycle = false,
        });

        if (expected == StatusCode.OK)
        {
            Assert.NotNull(await omni.Client.GetAsync(ResourceTypes.SysVersions, "current"));
            return;
        }

        var status = await omni.Client.GetAsync(ResourceTypes.SysVersions, "current").FailureAsync();
        Assert.Equal(expected, status.StatusCode);
        Assert.Contains("EULA has not been accepted", status.Detail, StringComparison.Ordinal);
    }

    private static async Task AssertRefusedAsync(TestOmni omni, Signer signer)
    {
        var status = await omni.As(signer).GetAsync(ResourceTypes.SysVersions, "current").FailureAsync();
        Assert.Equal(new Status(StatusCode.Unauthenticated, "invalid signature"), Bare(status));
    }

    private static Status Bare(Status status) => new(status.StatusCode, status.Detail);
}
