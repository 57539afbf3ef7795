using OmniScale.Core.Providers;
using OmniScale.Crds;
using OmniScale.Proxmox;

namespace OmniScale.Core.Tests.Providers;

public class ProviderStatusTests
{
    [Fact]
    public void Compute_AHealthyProvider()
    {
        var provider = Provider();

        var (status, outcome) = ProviderStatusCalculator.Compute(provider, Facts());

        Assert.Equal(Health.Current, KStatus.Check(provider, status));
        Assert.Equal(Outcome.Done("Proxmox 9.1.5 answers and the provider is connected"), outcome);
        Assert.Equal(
            ["Ready=True", "ProviderReachable=True", "PermissionsSufficient=True", "ProviderRegistered=True", "ProviderConnected=True", "OmniReachable=True"],
            status.Conditions!.Select(c => $"{c.Type}={c.Status}"));
        Assert.Equal(("matrix-cluster", "v0.3.0", "9.1.5", true, "3/3"), (status.ProviderId, status.ProviderVersion, status.Version, status.Quorate, status.NodesOnline));
        Assert.Equal(new() { Name = "foxtrot", Online = true, Cpus = 32, MemoryMiB = 131072 }, status.Nodes![0]);
        Assert.Equivalent(new BridgeStatus[] { new() { Name = "vmbr0", Nodes = ["foxtrot", "golf", "hotel"] } }, status.Bridges, strict: true);
        Assert.Equivalent(new PciMappingStatus[] { new() { Name = "gpu", Nodes = ["golf", "hotel"] } }, status.PciMappings, strict: true);
        Assert.Equal(["local-lvm", "vm_ssd"], status.Storages!.Select(s => s.Name));
        Assert.Equivalent(
            new StorageStatus
            {
                Name = "vm_ssd",
                Type = "rbd",
                Content = ["images", "rootdir"],
                Shared = true,
                Nodes = [Ceph("foxtrot"), Ceph("golf"), Ceph("hotel")],
            },
            status.Storages![1],
            strict: true);

        static StorageOnNode Ceph(string node) => new() { Name = node, Available = true, TotalGiB = 4000, FreeGiB = 1000 };
    }

    [Fact]
    public void Compute_OnceMore_ChangesNothing()
    {
        var provider = Provider();
        (provider.Status, _) = ProviderStatusCalculator.Compute(provider, Facts());

        var (again, _) = ProviderStatusCalculator.Compute(provider, Facts());

        Assert.Equivalent(provider.Status, again, strict: true);
    }

    private static readonly (Action<ProviderFacts> Fault, string Reason, string Message)[] Causes =
    [
        (f => f.ProviderReachable = Finding.False("DNSFailed", "no such host"), "DNSFailed", "no such host"),
        (f => f.PermissionsSufficient = Finding.False("Insufficient", "lacks"), "Insufficient", "lacks"),
        (f => f.OmniReachable = Finding.False("SecretNotFound", "no Secret omni"), "SecretNotFound", "no Secret omni"),
        (f => f.ProviderRegistered = Finding.Unknown("Unknown", "Omni does not say"), "Unknown", "Omni does not say"),
        (f => f.ProviderConnected = Finding.False("Disconnected", "no heartbeats"), "Disconnected", "no heartbeats"),
        (f => f.Inventory = f.Inventory! with { Quorate = false }, "NoQuorum", "the Proxmox cluster has no quorum: it creates and starts nothing until most of its nodes are back"),
        (_ => { }, "Succeeded", "Proxmox 9.1.5 answers and the provider is connected"),
    ];

    public static TheoryData<int> Rows => [.. Enumerable.Range(0, Causes.Length)];

    [Theory, MemberData(nameof(Rows))]
    public void Compute_ReadyNamesTheFirstCause(int row)
    {
        var provider = Provider();
        var facts = Facts();
        foreach (var (fault, _, _) in Causes.Skip(row))
        {
            fault(facts);
        }

        var (status, outcome) = ProviderStatusCalculator.Compute(provider, facts);

        Assert.Equal((Causes[row].Reason, Causes[row].Message), (outcome.Reason, outcome.Message));
        Assert.Equal(row == Causes.Length - 1 ? Health.Current : Health.InProgress, KStatus.Check(provider, status));
    }

    [Fact]
    public void Compute_WhenAStepEndedThePass_ShowsItsOutcome()
    {
        var provider = Provider();
        var facts = Facts();
        facts.Outcome = Outcome.Stalled("OmniChanged", "leads elsewhere");

        var (status, outcome) = ProviderStatusCalculator.Compute(provider, facts);

        Assert.Same(facts.Outcome, outcome);
        Assert.Equal(Health.Failed, KStatus.Check(provider, status));
    }

    [Fact]
    public void Compute_WhenProxmoxIsAway_KeepsWhatWasKnownOfIt()
    {
        var provider = Provider();
        (provider.Status, _) = ProviderStatusCalculator.Compute(provider, Facts());
        var facts = Facts();
        (facts.Inventory, facts.PermissionsSufficient, facts.ProviderReachable, facts.ProviderVersion) = (null, null, Finding.False("Timeout", "no answer"), null);

        var (status, _) = ProviderStatusCalculator.Compute(provider, facts);

        Assert.Equal(Health.InProgress, KStatus.Check(provider, status));
        Assert.Equivalent(provider.Status! with { Conditions = null }, status with { Conditions = null }, strict: true);
        Assert.Equal("True", status.Conditions!.Single(c => c.Type == "PermissionsSufficient").Status);
    }

    [Fact]
    public void Compute_WhenNodesAreAwayOrCannotBeRead_SaysSoOfEach()
    {
        var provider = Provider();
        var facts = Facts();
        facts.Inventory = Inventories.Matrix(
            Inventories.Node("foxtrot"),
            Inventories.Node("golf", NodeState.Offline) with { MaxCpu = null, MaxMemoryBytes = null, Storages = [], Bridges = [], Error = "the node is offline" },
            Inventories.Node("hotel", NodeState.Unknown) with { Error = new string('x', 2000) });

        var (status, outcome) = ProviderStatusCalculator.Compute(provider, facts);

        Assert.Equal(Outcome.Done("Proxmox answers and the provider is connected; not online: golf, hotel"), outcome);
        Assert.Equal("1/3", status.NodesOnline);
        Assert.Equal(new() { Name = "golf", Error = "the node is offline" }, status.Nodes![1]);
        Assert.Equal(1024, status.Nodes[2].Error!.Length);
        Assert.Equal(["foxtrot", "hotel"], status.Storages!.Single(s => s.Name == "vm_ssd").Nodes!.Select(n => n.Name));
    }

    [Fact]
    public void Compute_AStorageIsListedOnTheNodesWhereItIsEnabled()
    {
        var facts = Facts();
        facts.Inventory = Inventories.Matrix(
            Inventories.Node("a", storages: Inventories.Storage("nfs", "nfs", 0, 0, active: false)),
            Inventories.Node("b", storages: Inventories.Storage("nfs", "nfs", 0, 0, active: false, enabled: false)));

        var (status, _) = ProviderStatusCalculator.Compute(Provider(), facts);

        Assert.Equal(new() { Name = "a", Available = false, TotalGiB = 0, FreeGiB = 0 }, Assert.Single(Assert.Single(status.Storages!).Nodes!));
    }

    [Theory]
    // Shown before: 400 GiB, 100 free. Seen now: total, free, active; whether figures may be written; shown then.
    [InlineData(400, 100, true, true, 400, 100)]
    [InlineData(400, 80, true, true, 400, 100)]
    [InlineData(400, 120, true, true, 400, 100)]
    [InlineData(400, 79, true, true, 400, 79)]
    [InlineData(400, 121, true, true, 400, 121)]
    [InlineData(400, 0, true, false, 400, 100)]
    [InlineData(410, 100, true, true, 400, 100)]
    [InlineData(500, 200, true, true, 500, 200)]
    [InlineData(500, 200, true, false, 400, 100)]
    [InlineData(500, 110, true, true, 500, 110)]
    [InlineData(0, 0, false, false, 0, 0)]
    [InlineData(0, 0, false, true, 0, 0)]
    public void Compute_FiguresAreNewsWhenTheyMovedByFivePercentOrTheVerdictChanged(ulong total, ulong free, bool active, bool due, long shownTotal, long shownFree)
    {
        var provider = Provider();
        (provider.Status, _) = ProviderStatusCalculator.Compute(provider, Looked(400, 100, active: true, due: true));

        var (status, _) = ProviderStatusCalculator.Compute(provider, Looked(total, free, active, due));

        Assert.Equal(new() { Name = "a", Available = active, TotalGiB = shownTotal, FreeGiB = shownFree }, status.Storages![0].Nodes![0]);

        static ProviderFacts Looked(ulong total, ulong free, bool active, bool due)
        {
            var facts = Facts();
            facts.FiguresDue = due;
            facts.Inventory = Inventories.Matrix(Inventories.Node("a", storages: Inventories.Storage("s", "dir", total, free, active: active)));
            return facts;
        }
    }

    private static ProxmoxProvider Provider() => new() { Metadata = Sample.Metadata("matrix"), Spec = new() { ProviderId = "matrix-cluster" } };

    private static ProviderFacts Facts() => new()
    {
        OmniReachable = Finding.True("Connected", "Omni answers"),
        ProviderReachable = Finding.True("Reachable", "answers"),
        PermissionsSufficient = Finding.True("Sufficient", "may read"),
        ProviderRegistered = Finding.True("Registered", "known"),
        ProviderConnected = Finding.True("Connected", "connected"),
        ProviderVersion = "v0.3.0",
        Inventory = Inventories.Matrix(),
        FiguresDue = true,
    };
}
