using Google.Protobuf;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Core.Tests.Common;

public class SpecMergeTests
{
    private static readonly HashSet<string> None = [];

    [Fact]
    public void Merge_TakesTheWantedFieldsAndDropsThoseThatAreNotWanted()
    {
        var stored = new ClusterSpec
        {
            KubernetesVersion = "1.36.1",
            TalosVersion = "1.13.6",
            Features = new() { DiskEncryption = true },
            BackupConfiguration = new() { Enabled = true, Interval = new() { Seconds = 60 } },
        };
        var wanted = new ClusterSpec { KubernetesVersion = "1.36.2", TalosVersion = "1.13.6", Features = new() { EnableWorkloadProxy = true } };

        Assert.Equal(wanted, SpecMerge.Merge(stored, wanted, None));
    }

    [Fact]
    public void Merge_ReplacesListsAsAWhole()
    {
        var stored = new ExtensionsConfigurationSpec { Extensions = { "a", "b", "c" } };
        var wanted = new ExtensionsConfigurationSpec { Extensions = { "c", "a" } };

        Assert.Equal(wanted, SpecMerge.Merge(stored, wanted, None));
    }

    [Fact]
    public void Merge_ReplacesMapsAsAWhole()
    {
        var stored = new UpgradeRolloutSpec { MachineSetsUpgradeQuota = { ["a"] = 1, ["b"] = 2 } };
        var wanted = new UpgradeRolloutSpec { MachineSetsUpgradeQuota = { ["b"] = 3, ["c"] = 4 } };

        Assert.Equal(wanted, SpecMerge.Merge(stored, wanted, None));
    }

    [Fact]
    public void Merge_KeepsUnknownFieldsAtEveryDepth()
    {
        var stored = WithUnknown(new MachineSetSpec
        {
            UpdateStrategyConfig = WithUnknown(new MachineSetSpec.Types.UpdateStrategyConfig
            {
                Rolling = WithUnknown(new MachineSetSpec.Types.RollingUpdateStrategyConfig { MaxParallelism = 1 }),
            }),
        });
        var wanted = new MachineSetSpec { UpdateStrategyConfig = new() { Rolling = new() { MaxParallelism = 2 } } };

        var merged = (MachineSetSpec)SpecMerge.Merge(stored, wanted, None);

        Assert.Equal(2u, merged.UpdateStrategyConfig.Rolling.MaxParallelism);
        var expected = WithUnknown(new MachineSetSpec
        {
            UpdateStrategyConfig = WithUnknown(new MachineSetSpec.Types.UpdateStrategyConfig
            {
                Rolling = WithUnknown(new MachineSetSpec.Types.RollingUpdateStrategyConfig { MaxParallelism = 2 }),
            }),
        });
        Assert.Equal(expected, merged);
    }

    [Fact]
    public void Merge_LeavesKeptFieldsAsStored()
    {
        var stored = new MachineSetSpec { BootstrapSpec = new() { Snapshot = "etcd.snapshot" }, UpgradeStrategy = MachineSetSpec.Types.UpdateStrategy.Rolling };
        var wanted = new MachineSetSpec();

        var merged = (MachineSetSpec)SpecMerge.Merge(stored, wanted, new HashSet<string> { "bootstrap_spec" });

        Assert.Equal(new MachineSetSpec { BootstrapSpec = new() { Snapshot = "etcd.snapshot" } }, merged);
    }

    [Fact]
    public void Merge_KeepsFieldsByTheirPlaceAtTheTopOnly()
    {
        var stored = new ClusterStatusSpec { Ready = true, Machines = new() { Total = 1 } };

        var merged = (ClusterStatusSpec)SpecMerge.Merge(stored, new ClusterStatusSpec { Machines = new() { Total = 2 } }, new HashSet<string> { "total" });

        Assert.Equal(2u, merged.Machines.Total);
        Assert.False(merged.Ready);
    }

    [Fact]
    public void Merge_ChangesNeitherOfItsArguments()
    {
        var stored = new ClusterSpec { Features = new() { DiskEncryption = true } };
        var wanted = new ClusterSpec { Features = new(), BackupConfiguration = new() { Enabled = true } };
        var (storedBefore, wantedBefore) = (stored.Clone(), wanted.Clone());

        SpecMerge.Merge(stored, wanted, None);

        Assert.Equal(storedBefore, stored);
        Assert.Equal(wantedBefore, wanted);
    }

    /// <summary>The message with a field that this version does not know: number 1000, text.</summary>
    private static T WithUnknown<T>(T message)
        where T : IMessage<T>
    {
        using var bytes = new MemoryStream();
        message.WriteTo(bytes);
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(1000, WireFormat.WireType.LengthDelimited);
            output.WriteString("of a newer Omni");
        }

        var result = (T)message.Descriptor.Parser.ParseFrom(bytes.ToArray());
        Assert.NotEqual(message, result);
        return result;
    }
}
