using OmniScale.Core.Providers;
using OmniScale.Omni.Api.Specs;
using OmniScale.Proxmox;

namespace OmniScale.Core.Tests.Providers;

public class ProviderFindingsTests
{
    private static readonly EffectivePermissions Some = new(new Dictionary<string, IReadOnlySet<string>> { ["/"] = new HashSet<string> { "VM.Audit" } });

    [Fact]
    public void Reachable_WhenProxmoxAnswered() =>
        Assert.Equal(Finding.True("Reachable", "Proxmox VE 9.1.5 answers and accepts the credentials"), ProviderFindings.Reachable(null, Inventories.Matrix()));

    [Theory]
    [InlineData(ProxmoxFailure.DnsFailed, "DNSFailed")]
    [InlineData(ProxmoxFailure.ConnectionRefused, "ConnectionRefused")]
    [InlineData(ProxmoxFailure.Timeout, "Timeout")]
    [InlineData(ProxmoxFailure.Unreachable, "Unreachable")]
    [InlineData(ProxmoxFailure.TlsFailed, "TLSFailed")]
    [InlineData(ProxmoxFailure.Unauthorized, "Unauthorized")]
    [InlineData(ProxmoxFailure.Forbidden, "Forbidden")]
    [InlineData(ProxmoxFailure.ServerError, "ServerError")]
    [InlineData(ProxmoxFailure.UnexpectedAnswer, "UnexpectedAnswer")]
    public void Reachable_WhenItFailed_TellsTheFailuresApart(ProxmoxFailure failure, string reason) =>
        Assert.Equal(Finding.False(reason, "the words"), ProviderFindings.Reachable(new ProxmoxException(failure, "the words"), null));

    public static TheoryData<ProxmoxInventory, string> Permissions => new()
    {
        { Inventories.Matrix(), "True Sufficient: the account may read what the checks need" },
        { Inventories.Matrix() with { Quorate = null }, "False Insufficient: the account lacks Sys.Audit on / (to see the quorum). The role PVEAuditor on / has all of it" },
        {
            Inventories.Matrix(Inventories.Node("a") with { MaxCpu = null }, Inventories.Node("b"), Inventories.Node("c") with { MaxCpu = null }),
            "False Insufficient: the account lacks Sys.Audit on /nodes/a, /nodes/c (to see CPU and memory). The role PVEAuditor on / has all of it"
        },
        { Inventories.Matrix(Inventories.Node("a"), Inventories.Node("b", NodeState.Offline) with { MaxCpu = null, Storages = [] }), "True Sufficient: the account may read what the checks need" },
        {
            Inventories.Matrix(Inventories.Node("a") with { Storages = [] }, Inventories.Node("b") with { Storages = [] }),
            "False Insufficient: the account lacks Datastore.Audit on /storage (no storage is visible). The role PVEAuditor on / has all of it"
        },
        { Inventories.Matrix(Inventories.Node("a") with { Storages = [] }, Inventories.Node("b")), "True Sufficient: the account may read what the checks need" },
        { Inventories.Matrix(Inventories.Node("a") with { Storages = [], Error = "timed out" }), "True Sufficient: the account may read what the checks need" },
        {
            Inventories.Matrix(Inventories.Node("a") with { Storages = [], MaxCpu = null }) with { Quorate = null },
            "False Insufficient: the account lacks Sys.Audit on / (to see the quorum); Sys.Audit on /nodes/a (to see CPU and memory); Datastore.Audit on /storage (no storage is visible). "
            + "The role PVEAuditor on / has all of it"
        },
    };

    [Theory, MemberData(nameof(Permissions))]
    public void Permissions_AreJudgedByWhatIsMissing(ProxmoxInventory inventory, string expected)
    {
        Assert.Equal(expected, Show(ProviderFindings.Permissions(inventory, Some)));
        Assert.Equal(expected, Show(ProviderFindings.Permissions(inventory, null)));
    }

    [Fact]
    public void Permissions_WhenThereAreNone_NamesPrivilegeSeparation()
    {
        var none = new EffectivePermissions(new Dictionary<string, IReadOnlySet<string>> { ["/"] = new HashSet<string>() });

        Assert.Equal(
            "False PrivilegeSeparation: the account has no privileges at all. An API token with privilege separation has none of its user's: give the token its own "
            + "(pveum acl modify / --tokens TOKENID --roles PVEAuditor), or make it without separation",
            Show(ProviderFindings.Permissions(Inventories.Matrix(), none)));
    }

    [Theory]
    [InlineData("matrix", "True Registered: Omni knows infrastructure provider matrix")]
    [InlineData("Matrix", "False WrongCase: Omni knows matrix, not Matrix: upper and lower case matter; set spec.providerID: matrix on a new object")]
    [InlineData("other", "False NotRegistered: Omni knows no infrastructure provider other: omnictl infraprovider create other")]
    [InlineData("BOTH", "True Registered: Omni knows infrastructure provider BOTH")]
    public void Registered_TellsACaseMistakeFromAnUnknownId(string id, string expected) =>
        Assert.Equal(expected, Show(ProviderFindings.Registered(id, ["matrix", "both", "BOTH"])));

    public static TheoryData<bool, InfraProviderCombinedStatusSpec.Types.Health?, string> Connections => new()
    {
        { true, new() { Connected = true }, "True Connected: the provider process is connected to Omni" },
        { true, new() { Connected = true, Error = "401" }, "False ProviderError: the provider process reports: 401" },
        { true, new() { Error = "401" }, "False Disconnected: the provider process is not connected to Omni; its last words: 401" },
        { true, new(), "False Disconnected: the provider process sends no heartbeats: is it running, and does it reach Omni?" },
        { true, null, "False Disconnected: the provider process sends no heartbeats: is it running, and does it reach Omni?" },
        { false, null, "False NeverConnected: the provider process has never connected to Omni: start it with --id matrix, Omni's address and the provider's own key" },
        { false, new(), "False NeverConnected: the provider process has never connected to Omni: start it with --id matrix, Omni's address and the provider's own key" },
    };

    [Theory, MemberData(nameof(Connections))]
    public void Connected_FollowsOmnisJudgement(bool started, InfraProviderCombinedStatusSpec.Types.Health? health, string expected) =>
        Assert.Equal(expected, Show(ProviderFindings.Connected("matrix", started, health)));

    private static string Show(Finding finding) => $"{finding.Verdict} {finding.Reason}: {finding.Message}";
}
