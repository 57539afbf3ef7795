using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Lifecycle;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using RequestStage = OmniScale.Omni.Api.Specs.ClusterMachineRequestStatusSpec.Types.Stage;
using Stage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;
using TalosPhase = OmniScale.Omni.Api.Specs.TalosUpgradeStatusSpec.Types.Phase;

namespace OmniScale.Lab.Tests.Omni;

public class LifecycleTests
{
    private static readonly OmniSimulatorOptions Fast = new()
    {
        ReadLag = TimeSpan.Zero,
        Speed = 3000,
        Providers = [Samples.Provider],
    };

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
    public async Task MachineClass_InUse_IsNotDeletedAndIsHeldByAFinalizer()
    {
        await using var omni = await RunningAsync();

        var status = await omni.Client.TeardownAsync(ResourceTypes.MachineClasses, "small").FailureAsync();

        Assert.Equal(Grpc.Core.StatusCode.InvalidArgument, status.StatusCode);
        Assert.Contains("still in use by machine sets: prod-control-planes, prod-workers", status.Detail, StringComparison.Ordinal);
        Assert.NotEmpty(omni.Simulator.State.Get(ResourceTypes.MachineClasses, "small")!.Metadata.Finalizers);
    }

    [Fact]
    public async Task ClusterStatus_IsRefusedToUsers()
    {
        await using var omni = await RunningAsync();
        var status = await omni.As(Role.Admin).GetAsync(ResourceTypes.ClusterStatuses, "prod");

        var failure = await omni.As(Role.Admin).UpdateAsync(status).FailureAsync();

        Assert.Equal(Grpc.Core.StatusCode.PermissionDenied, failure.StatusCode);
    }

    private static async Task<TestOmni> RunningAsync()
    {
        var omni = await TestOmni.StartAsync(Fast);
        await CreateClusterAsync(omni);
        await omni.Simulator.State.WaitAsync(store => IsReady(store, 4), TestOmni.Limit, TestContext.Current.CancellationToken);
        return omni;
    }

    private static async Task CreateClusterAsync(TestOmni omni)
    {
        await omni.Simulator.State.WaitAsync(
            store => store.Get(ResourceTypes.InfraProviderStatuses, Samples.Provider) is not null, TestOmni.Limit, TestContext.Current.CancellationToken);
        await omni.Client.CreateAsync(Samples.MachineClass());
        await omni.Client.CreateAsync(Samples.Cluster());
        await omni.Client.CreateAsync(Samples.ControlPlanes(3));
        await omni.Client.CreateAsync(Samples.Workers(1));
    }

    private static async Task ResizeAsync(TestOmni omni, string set, uint count)
    {
        var current = await omni.Client.GetAsync(ResourceTypes.MachineSets, set);
        current.Spec.MachineAllocation.MachineCount = count;
        await omni.Client.UpdateAsync(current);
    }

    private static bool IsReady(OmniStore store, uint machines) =>
        store.Get(ResourceTypes.ClusterStatuses, "prod")?.Spec is { Phase: ClusterStatusSpec.Types.Phase.Running, Ready: true } status &&
        status.Machines.Total == machines;
}
