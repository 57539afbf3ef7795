using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Lifecycle;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using static OmniScale.Lab.Tests.Omni.ProdCluster;
using RequestStage = OmniScale.Omni.Api.Specs.ClusterMachineRequestStatusSpec.Types.Stage;
using Stage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;

namespace OmniScale.Lab.Tests.Omni;

public class LifecycleTests
{
    [Fact]
    public async Task Cluster_WithAControlPlaneAndAWorkerOfAClass_ComesUp()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;

        var status = state.Get(ResourceTypes.ClusterStatuses, "prod")!.Spec;
        Assert.True(status is { Available: true, KubernetesAPIReady: true, ControlplaneReady: true, HasConnectedControlPlanes: true });
        Assert.Equal(new Machines { Total = 4, Healthy = 4, Connected = 4, Requested = 4 }, status.Machines);
        Assert.Equal(("1.13.5", "1.36.1"), (status.TalosVersion, status.KubernetesVersion));

        var requests = state.List(ResourceTypes.MachineRequests);
        Assert.Equal(3, requests.Count(request => request.Metadata.Labels[OmniLabels.MachineRequestSet] == "prod-control-planes"));
        Assert.All(requests, request =>
        {
            Assert.Matches("^prod-(control-planes|workers)-[a-z0-9]{6}$", request.Id);
            Assert.Equal(Samples.Provider, request.Metadata.Labels[OmniLabels.InfraProviderId]);
            Assert.Equal(Samples.ProviderData, request.Spec.ProviderData);
        });
        Assert.All(state.List(ResourceTypes.ClusterMachineRequestStatuses), request =>
        {
            Assert.Equal(RequestStage.Provisioned, request.Spec.Stage);
            Assert.True(request.Metadata.Labels.ContainsKey(OmniLabels.MachineRequestInUse));
        });
        Assert.All(state.List(ResourceTypes.MachineSetNodes), node =>
        {
            Assert.Equal("", node.Metadata.Owner);
            Assert.True(node.Metadata.Labels.ContainsKey(OmniLabels.ManagedByMachineSetNodeController));
        });
        Assert.All(state.List(ResourceTypes.ClusterMachineStatuses), machine =>
            Assert.True(machine.Spec is { Stage: Stage.Running, Ready: true, ConfigApplyStatus: ConfigApplyStatus.Applied }));
        Assert.NotEmpty(state.Get(ResourceTypes.Clusters, "prod")!.Metadata.Finalizers);
    }

    [Fact]
    public async Task MachineSet_WhenItsCountChanges_GainsAndLosesMachines()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;

        await ResizeAsync(omni, "prod-workers", 3);
        await state.WaitAsync(store => IsReady(store, 6), TestOmni.Limit, TestContext.Current.CancellationToken);
        await ResizeAsync(omni, "prod-workers", 1);
        await state.WaitAsync(
            store => IsReady(store, 4) && store.List(ResourceTypes.MachineRequests).Count == 4 && store.List(ResourceTypes.MachineStatuses).Count == 4,
            TestOmni.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task MachineSet_ThatGrowsAgain_TakesNoMachineThatItsProviderIsToRemove()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;
        await ResizeAsync(omni, "prod-workers", 2);
        await state.WaitAsync(store => IsReady(store, 5), TestOmni.Limit, TestContext.Current.CancellationToken);

        // The machine that leaves is free for as long as nobody removes it.
        omni.Simulator.Lifecycle.DisconnectProvider(Samples.Provider);
        await ResizeAsync(omni, "prod-workers", 1);
        await state.WaitAsync(
            store => store.List(ResourceTypes.MachineRequests).Any(request => request.IsTearingDown) &&
                store.List(ResourceTypes.MachineStatuses).Any(machine => machine.Metadata.Labels.ContainsKey(OmniLabels.Available)),
            TestOmni.Limit, TestContext.Current.CancellationToken);
        await ResizeAsync(omni, "prod-workers", 2);
        await state.WaitAsync(store => store.List(ResourceTypes.MachineRequests).Count == 6, TestOmni.Limit, TestContext.Current.CancellationToken);
        omni.Simulator.Lifecycle.ConnectProvider(Samples.Provider);

        await state.WaitAsync(
            store => IsReady(store, 5) && store.List(ResourceTypes.MachineRequests).Count == 5 && store.List(ResourceTypes.MachineSetNodes).Count == 5,
            TestOmni.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task MachineSet_ThatShrinks_GivesBackTheMachineThatLeft()
    {
        // The request that was made first gets its machine last, so that the machine that leaves is not that of the oldest request.
        OmniStore? state = null;
        var refused = "";
        await using var omni = await TestOmni.StartAsync(Fast with
        {
            Provision = request =>
            {
                var oldest = state!.List(ResourceTypes.MachineRequests)
                    .Where(r => r.Metadata.Labels[OmniLabels.MachineRequestSet] == "prod-workers").MinBy(r => r.Metadata.Created.ToDateTimeOffset())?.Id;
                if (request.RequestId != oldest || refused == oldest)
                {
                    return ProvisionVerdict.Success;
                }

                refused = oldest;
                return ProvisionVerdict.Failure("not now");
            },
        });
        state = omni.Simulator.State;
        await CreateClusterAsync(omni, workers: 2);
        await state.WaitAsync(store => IsReady(store, 5), TestOmni.Limit, TestContext.Current.CancellationToken);

        await ResizeAsync(omni, "prod-workers", 1);
        await state.WaitAsync(
            store => store.List(ResourceTypes.MachineRequests).Count == 4 && IsReady(store, 4) && store.List(ResourceTypes.MachineSetNodes).Count == 4 &&
                store.List(ResourceTypes.MachineSetNodes).All(node => store.Get(ResourceTypes.MachineStatuses, node.Id) is not null),
            TestOmni.Limit, TestContext.Current.CancellationToken);
        Assert.Contains(refused, state.List(ResourceTypes.MachineRequests).Select(request => request.Id));
    }

    [Fact]
    public async Task Request_ThatTheProviderRefuses_FailsWithItsErrorAndIsTriedAgain()
    {
        var refuse = true;
        await using var omni = await TestOmni.StartAsync(Fast with
        {
            Provision = request => refuse && request.MachineSetId == "prod-workers"
                ? ProvisionVerdict.Failure("no storage matches the selector")
                : ProvisionVerdict.Success,
        });
        await CreateClusterAsync(omni);
        var state = omni.Simulator.State;
        await state.WaitAsync(
            store => store.List(ResourceTypes.ClusterMachineRequestStatuses).Any(request =>
                request.Spec is { Stage: RequestStage.Failed, Error: "no storage matches the selector", Status: "Provision Failed: no storage matches the selector" }),
            TestOmni.Limit, TestContext.Current.CancellationToken);

        refuse = false;
        await state.WaitAsync(store => IsReady(store, 4), TestOmni.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Machine_ThatIsMadeUnhealthy_TakesReadinessAwayUntilItIsWell()
    {
        await using var omni = await RunningAsync();
        var state = omni.Simulator.State;
        var worker = Assert.Single(omni.Simulator.Lifecycle.Machines(), machine => machine.MachineSet == "prod-workers");

        Assert.Equal(worker.Uuid, omni.Simulator.Lifecycle.Trouble(worker.Uuid[..8], new MachineTrouble(Disconnected: true)));
        await state.WaitAsync(
            store => store.Get(ResourceTypes.ClusterStatuses, "prod")!.Spec is { Ready: false, Machines: { Healthy: 3, Connected: 3, Total: 4 } },
            TestOmni.Limit, TestContext.Current.CancellationToken);

        omni.Simulator.Lifecycle.Trouble(worker.Uuid, null);
        await state.WaitAsync(store => IsReady(store, 4), TestOmni.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Server_ThatIsTakenDownAndBroughtBack_GoesOnWhereItWas()
    {
        await using var omni = await TestOmni.StartAsync(Fast);
        await CreateClusterAsync(omni);
        var endpoint = omni.Simulator.Endpoint;

        await omni.Simulator.SuspendAsync();
        var revision = omni.Simulator.State.Revision;
        await omni.Client.GetAsync(ResourceTypes.Clusters, "prod").FailureAsync();
        Assert.Equal(revision, omni.Simulator.State.Revision);

        await omni.Simulator.ResumeAsync(TestContext.Current.CancellationToken);
        Assert.Equal(endpoint, omni.Simulator.Endpoint);
        await omni.Simulator.State.WaitAsync(store => IsReady(store, 4), TestOmni.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task MachineSet_OfNamedMachines_TakesThemAndGivesThemBack()
    {
        await using var omni = await TestOmni.StartAsync(Fast);
        var state = omni.Simulator.State;
        const string Uuid = "430d882a-51a8-48b3-ab00-d4b5b0b5b0b5";
        omni.Simulator.Lifecycle.AddMachine(Uuid);
        await omni.Client.CreateAsync(Samples.Cluster());
        var set = Samples.ControlPlanes(0);
        set.Spec.MachineAllocation = null;
        await omni.Client.CreateAsync(set);
        var node = ResourceTypes.MachineSetNodes.New(Uuid, new MachineSetNodeSpec());
        node.Metadata.Labels.Add(set.Metadata.Labels);
        node.Metadata.Labels[OmniLabels.MachineSet] = set.Id;
        await omni.Client.CreateAsync(node);
        await state.WaitAsync(store => IsReady(store, 1), TestOmni.Limit, TestContext.Current.CancellationToken);
        Assert.False(state.Get(ResourceTypes.MachineStatuses, Uuid)!.Metadata.Labels.ContainsKey(OmniLabels.Available));

        await omni.Client.TeardownAsync(ResourceTypes.MachineSetNodes, Uuid);
        await state.WaitAsync(
            store => store.Get(ResourceTypes.MachineSetNodes, Uuid)!.Metadata.Finalizers.Count == 0, TestOmni.Limit, TestContext.Current.CancellationToken);
        await omni.Client.DestroyAsync(ResourceTypes.MachineSetNodes, Uuid);
        await state.WaitAsync(
            store => store.Get(ResourceTypes.MachineStatuses, Uuid)!.Metadata.Labels.ContainsKey(OmniLabels.Available) &&
                store.Get(ResourceTypes.MachineSetStatuses, set.Id)!.Spec.Phase == MachineSetPhase.Failed,
            TestOmni.Limit, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task ClusterStatus_IsRefusedToUsers()
    {
        await using var omni = await RunningAsync();
        var status = await omni.As(Role.Admin).GetAsync(ResourceTypes.ClusterStatuses, "prod");

        var failure = await omni.As(Role.Admin).UpdateAsync(status).FailureAsync();

        Assert.Equal(Grpc.Core.StatusCode.PermissionDenied, failure.StatusCode);
    }
}
