using OmniScale.Core.Classes;
using OmniScale.Crds;

namespace OmniScale.Core.Tests.Classes;

public class ClassStatusTests
{
    private static readonly StoragePick[] Picks =
    [
        new() { Disk = "system", Node = "foxtrot", Storages = ["vm_ssd"] },
        new() { Disk = "system", Node = "golf", Storages = ["local-lvm", "vm_ssd"] },
        new() { Disk = "system", Node = "hotel" },
        new() { Disk = "1", Node = "golf", Storages = ["tank"] },
    ];

    [Fact]
    public void Compute_AClassThatIsInOmni()
    {
        var machineClass = Shape();

        var (status, outcome) = ClassStatusCalculator.Compute(machineClass, Facts());

        Assert.Equal(Health.Current, KStatus.Check(machineClass, status));
        Assert.Equal(Outcome.Done("machine class Shape_01 is in Omni"), outcome);
        Assert.Equal(["Ready=True", "ProviderReady=True", "StorageSelectorValid=True", "Synced=True", "OmniReachable=True"], status.Conditions!.Select(c => $"{c.Type}={c.Status}"));
        Assert.Equal(("Shape_01", "local-lvm,vm_ssd", 2L), (status.OmniName, status.Storage, status.ObservedGeneration));
        Assert.Equal(Picks, status.Storages);
    }

    [Fact]
    public void Compute_WhenAConditionIsOfAnEarlierGeneration_ReadyDoesNotVouchForIt()
    {
        var machineClass = Shape();
        (machineClass.Status, _) = ClassStatusCalculator.Compute(machineClass, Facts());
        machineClass.Metadata.Generation = 3;
        var facts = Facts();
        facts.StorageSelectorValid = null;

        var (status, _) = ClassStatusCalculator.Compute(machineClass, facts);

        Assert.Equal(Health.Current, KStatus.Check(machineClass, status));
        Assert.Equal("Unknown", status.Conditions!.Single(c => c.Type == "StorageSelectorValid").Status);
    }

    public static TheoryData<Outcome, string> Outcomes => new()
    {
        { Outcome.Waiting("ProviderNotFound", "there is no ProxmoxProvider x"), nameof(Health.InProgress) },
        { Outcome.Retry("Unreachable", "no answer"), nameof(Health.InProgress) },
        { Outcome.Stalled("NameConflict", "not ours"), nameof(Health.Failed) },
        { Outcome.Suspended("as asked"), nameof(Health.InProgress) },
    };

    [Theory, MemberData(nameof(Outcomes))]
    public void Compute_WhenThePassEndsEarly_KeepsWhatWasKnown(Outcome outcome, string health)
    {
        var machineClass = Shape();
        (machineClass.Status, _) = ClassStatusCalculator.Compute(machineClass, Facts());
        machineClass.Metadata.Generation = 3;

        var (status, _) = ClassStatusCalculator.Compute(machineClass, new ClassFacts { Outcome = outcome });

        Assert.Equal(Enum.Parse<Health>(health), KStatus.Check(machineClass, status));
        Assert.Equivalent(machineClass.Status! with { ObservedGeneration = 3, Conditions = null }, status with { Conditions = null }, strict: true);
    }

    [Theory, MemberData(nameof(Outcomes))]
    public void Compute_OnTheFirstVisit_ShowsEveryCondition(Outcome outcome, string health)
    {
        var machineClass = Shape();

        var (status, _) = ClassStatusCalculator.Compute(machineClass, new ClassFacts { Outcome = outcome });

        Assert.Equal(Enum.Parse<Health>(health), KStatus.Check(machineClass, status));
        Assert.Equal(["ProviderReady", "StorageSelectorValid", "Synced", "OmniReachable"], status.Conditions!.Where(c => c.Status == "Unknown").Select(c => c.Type));
    }

    [Fact]
    public void Compute_WhenASelectorPicksNothingAnyMore_TakesTheStorageBack()
    {
        var machineClass = Shape();
        (machineClass.Status, _) = ClassStatusCalculator.Compute(machineClass, Facts());
        var facts = Facts();
        facts.Storages = [];

        var (status, _) = ClassStatusCalculator.Compute(machineClass, facts);

        Assert.Null(status.Storage);
        Assert.Empty(status.Storages!);
    }

    private static MachineClass Shape() => new() { Metadata = Sample.Metadata("shape"), Spec = new() { OmniName = "Shape_01", ProviderRef = new() { Name = "matrix" } } };

    private static ClassFacts Facts() => new()
    {
        OmniReachable = Finding.True("Connected", "Omni answers"),
        ProviderReady = Finding.True("ProviderKnown", "known"),
        StorageSelectorValid = Finding.True("Valid", "picks one"),
        Synced = Finding.True("Succeeded", "in Omni"),
        Storages = Picks,
    };
}
