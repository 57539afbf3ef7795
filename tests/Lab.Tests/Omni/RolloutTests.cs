using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using static OmniScale.Lab.Tests.Omni.ProdCluster;
using Stage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;
using TalosPhase = OmniScale.Omni.Api.Specs.TalosUpgradeStatusSpec.Types.Phase;

namespace OmniScale.Lab.Tests.Omni;

public class RolloutTests
{
    [Fact]
    public async Task MachineClass_WhenItIsEdited_ReachesOnlyLaterRequests()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;
        var @class = await omni.Client.GetAsync(ResourceTypes.MachineClasses, "small");
        @class.Spec.AutoProvision.ProviderData = Samples.ProviderData.Replace("8192", "4096", StringComparison.Ordinal);
        await omni.Client.UpdateAsync(@class);

        await ResizeAsync(omni, "prod-workers", 2);
        await state.WaitAsync(store => IsReady(store, 5), TestOmni.Limit, TestContext.Current.CancellationToken);

        Assert.Single(state.List(ResourceTypes.MachineRequests), request => request.Spec.ProviderData.Contains("4096", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TalosVersion_WhenItChanges_IsRolledOutOneMachineAtATime()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;
        var cluster = await omni.Client.GetAsync(ResourceTypes.Clusters, "prod");
        cluster.Spec.TalosVersion = "1.13.6";
        await omni.Client.UpdateAsync(cluster);

        var atOnce = 0;
        await state.WaitAsync(
            store =>
            {
                atOnce = Math.Max(atOnce, store.List(ResourceTypes.ClusterMachineStatuses).Count(machine => machine.Spec.Stage is Stage.Upgrading or Stage.Rebooting));
                return store.Get(ResourceTypes.TalosUpgradeStatuses, "prod")!.Spec is { Phase: TalosPhase.Done, LastUpgradeVersion: "1.13.6" } && IsReady(store, 4);
            },
            TestOmni.Limit, TestContext.Current.CancellationToken);

        Assert.Equal(1, atOnce);
        Assert.All(state.List(ResourceTypes.MachineStatuses), machine => Assert.Equal("v1.13.6", machine.Spec.TalosVersion));
    }

    [Fact]
    public async Task KubernetesVersion_WhenItChanges_IsRolledOut()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;
        var cluster = await omni.Client.GetAsync(ResourceTypes.Clusters, "prod");
        cluster.Spec.KubernetesVersion = "1.36.2";
        var upgrading = state.WaitAsync(
            store => store.Get(ResourceTypes.KubernetesUpgradeStatuses, "prod")!.Spec.CurrentUpgradeVersion == "1.36.2",
            TestOmni.Limit, TestContext.Current.CancellationToken);
        await omni.Client.UpdateAsync(cluster);

        await upgrading;
        await state.WaitAsync(
            store => store.Get(ResourceTypes.KubernetesUpgradeStatuses, "prod")!.Spec is { Phase: KubernetesUpgradeStatusSpec.Types.Phase.Done, LastUpgradeVersion: "1.36.2" },
            TestOmni.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Patch_ThatIsAddedLater_IsAppliedToEveryMachine()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;
        var before = state.Get(ResourceTypes.MachineSetStatuses, "prod-workers")!.Spec.ConfigHash;

        var reconfiguring = state.WaitAsync(
            store => store.Get(ResourceTypes.MachineSetStatuses, "prod-workers")!.Spec.Phase == MachineSetPhase.Reconfiguring,
            TestOmni.Limit, TestContext.Current.CancellationToken);
        await omni.Client.CreateAsync(Samples.Patch("machine:\n  sysctls:\n    a: b\n"));

        await reconfiguring;
        await state.WaitAsync(store => IsReady(store, 4), TestOmni.Limit, TestContext.Current.CancellationToken);
        Assert.NotEqual(before, state.Get(ResourceTypes.MachineSetStatuses, "prod-workers")!.Spec.ConfigHash);
    }
}
