using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using static OmniScale.Lab.Tests.Omni.ProdCluster;
using RequestStage = OmniScale.Omni.Api.Specs.ClusterMachineRequestStatusSpec.Types.Stage;

namespace OmniScale.Lab.Tests.Omni;

public class TeardownTests
{
    [Fact]
    public async Task Cluster_WhenItIsTornDown_TakesAllThatBelongsToItAlong()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;
        await omni.Client.CreateAsync(Samples.Patch("machine: {}"));

        var destroying = state.WaitAsync(
            store => store.Get(ResourceTypes.ClusterDestroyStatuses, "prod")?.Spec.Phase == "Destroying: 2 machine sets, 4 machines" &&
                store.Get(ResourceTypes.ClusterStatuses, "prod")!.Spec.Phase == ClusterStatusSpec.Types.Phase.Destroying,
            TestOmni.Limit, TestContext.Current.CancellationToken);
        Assert.False(await omni.Client.TeardownAsync(ResourceTypes.Clusters, "prod"));
        await destroying;
        await state.WaitAsync(
            store => store.Get(ResourceTypes.Clusters, "prod")!.Metadata.Finalizers.Count == 0, TestOmni.Limit, TestContext.Current.CancellationToken);

        Assert.NotNull(state.Get(ResourceTypes.Clusters, "prod"));
        await omni.Client.DestroyAsync(ResourceTypes.Clusters, "prod");
        Assert.DoesNotContain(state.Everything(), resource =>
            resource.Metadata.Id.StartsWith("prod", StringComparison.Ordinal) || resource.Metadata.Labels.ContainsKey(OmniLabels.Cluster));
        Assert.Empty(omni.Simulator.Lifecycle.Machines());
        Assert.Empty(omni.Simulator.Lifecycle.Leaked);
    }

    [Fact]
    public async Task Teardown_WhileTheProviderIsDisconnected_WaitsForIt()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;
        omni.Simulator.Lifecycle.DisconnectProvider(Samples.Provider);

        await omni.Client.TeardownAsync(ResourceTypes.Clusters, "prod");
        await state.WaitAsync(
            store => store.List(ResourceTypes.ClusterMachineRequestStatuses) is { Count: 4 } all && all.All(request => request.Spec.Stage == RequestStage.Deprovisioning),
            TestOmni.Limit, TestContext.Current.CancellationToken);
        await state.WaitAsync(
            store => store.Get(ResourceTypes.InfraProviderCombinedStatuses, Samples.Provider)!.Spec.Health is { Connected: false, Initialized: true },
            TestOmni.Limit, TestContext.Current.CancellationToken);
        Assert.NotEmpty(state.Get(ResourceTypes.Clusters, "prod")!.Metadata.Finalizers);

        omni.Simulator.Lifecycle.ConnectProvider(Samples.Provider);
        await state.WaitAsync(
            store => store.Get(ResourceTypes.Clusters, "prod")!.Metadata.Finalizers.Count == 0, TestOmni.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Teardown_WhenTheInfraProviderIsGone_LeaksItsMachines()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;
        omni.Simulator.Lifecycle.DisconnectProvider(Samples.Provider);
        state.TearDown(ResourceTypes.InfraProviders, Samples.Provider);

        await omni.Client.TeardownAsync(ResourceTypes.Clusters, "prod");
        await state.WaitAsync(
            store => store.Get(ResourceTypes.Clusters, "prod")!.Metadata.Finalizers.Count == 0, TestOmni.Limit, TestContext.Current.CancellationToken);

        Assert.Equal(4, omni.Simulator.Lifecycle.Leaked.Count);
    }

    [Fact]
    public async Task MachineSet_WhenItIsTornDownAlone_LeavesTheClusterRunning()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;

        await omni.Client.TeardownAsync(ResourceTypes.MachineSets, "prod-workers");
        await state.WaitAsync(
            store => store.Get(ResourceTypes.MachineSets, "prod-workers")!.Metadata.Finalizers.Count == 0,
            TestOmni.Limit, TestContext.Current.CancellationToken);
        await omni.Client.DestroyAsync(ResourceTypes.MachineSets, "prod-workers");

        await state.WaitAsync(store => IsReady(store, 3), TestOmni.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(3, state.List(ResourceTypes.MachineRequests).Count);
    }

    [Fact]
    public async Task MachineClass_InUse_IsNotDeletedAndIsHeldByAFinalizer()
    {
        await using var omni = await RunningAsync();

        var status = await omni.Client.TeardownAsync(ResourceTypes.MachineClasses, "small").FailureAsync();

        Assert.Equal(Grpc.Core.StatusCode.InvalidArgument, status.StatusCode);
        Assert.Contains("still in use by machine sets: prod-control-planes, prod-workers", status.Detail, StringComparison.Ordinal);
        Assert.NotEmpty(omni.Simulator.State.Get(ResourceTypes.MachineClasses, "small")!.Metadata.Finalizers);
    }
}
