using OmniScale.Lab.Omni;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Lab.Tests.Omni;

/// <summary>A simulator in which the cluster <c>prod</c> of three control planes and a worker comes up at once.</summary>
internal static class ProdCluster
{
    public static readonly OmniSimulatorOptions Fast = new()
    {
        ReadLag = TimeSpan.Zero,
        Speed = 3000,
        Providers = [Samples.Provider],
    };

    public static async Task<TestOmni> RunningAsync()
    {
        var omni = await TestOmni.StartAsync(Fast);
        await CreateClusterAsync(omni);
        await omni.Simulator.State.WaitAsync(store => IsReady(store, 4), TestOmni.Limit, TestContext.Current.CancellationToken);
        return omni;
    }

    public static async Task CreateClusterAsync(TestOmni omni, uint workers = 1)
    {
        await omni.Simulator.State.WaitAsync(
            store => store.Get(ResourceTypes.InfraProviderStatuses, Samples.Provider) is not null, TestOmni.Limit, TestContext.Current.CancellationToken);
        await omni.Client.CreateAsync(Samples.MachineClass());
        await omni.Client.CreateAsync(Samples.Cluster());
        await omni.Client.CreateAsync(Samples.ControlPlanes(3));
        await omni.Client.CreateAsync(Samples.Workers(workers));
    }

    public static async Task ResizeAsync(TestOmni omni, string set, uint count)
    {
        var current = await omni.Client.GetAsync(ResourceTypes.MachineSets, set);
        current.Spec.MachineAllocation.MachineCount = count;
        await omni.Client.UpdateAsync(current);
    }

    public static bool IsReady(OmniStore store, uint machines) =>
        store.Get(ResourceTypes.ClusterStatuses, "prod")?.Spec is { Phase: ClusterStatusSpec.Types.Phase.Running, Ready: true } status &&
        status.Machines.Total == machines;
}
