using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.TestKit;
using AllocationType = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.MachineAllocation.Types.Type;

namespace OmniScale.Operator.Tests.TalosClusters;

/// <summary>Worker sets come, go and change their machines.</summary>
public sealed class WorkerSetTests(Installation installation)
{
    private const string First = "aaaaaaaa-0000-4000-8000-000000000001";
    private const string Second = "aaaaaaaa-0000-4000-8000-000000000002";
    private const string Third = "aaaaaaaa-0000-4000-8000-000000000003";

    [Fact]
    public async Task A_set_that_is_removed_keeps_its_machines_until_that_is_confirmed()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.EditAsync<TalosCluster>("first", """
            {"workers": [{"name": "workers", "machineClass": {"name": "small", "size": 1},
                          "patches": [{"name": "own", "inline": {"machine": {}}}], "systemExtensions": ["siderolabs/gvisor"]}]}
            """);
        await stage.ReadyAsync<TalosCluster>("first");
        stage.Omni.ClearCalls();

        await stage.EditAsync<TalosCluster>("first", """{"workers": []}""");

        var stalled = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Stalled, "True", TalosClusterReasons.RemovalNotConfirmed);
        Assert.Contains("omniscale.dev/confirm-removal=workers", Stage.Message(stalled, CommonConditions.Stalled), StringComparison.Ordinal);
        Assert.Equal("Failed", Kstatus.Of(stalled));
        await stage.AnnotateAsync<TalosCluster>("first", UserAnnotations.ConfirmRemoval, "others, work");
        await stage.HandledAsync<TalosCluster>("first");
        Assert.Empty(stage.Writes());
        Assert.Equal(2, stage.Omni.Lifecycle.Machines().Count);

        await stage.AnnotateAsync<TalosCluster>("first", UserAnnotations.ConfirmRemoval, "others, workers");
        var ready = await stage.ReadyAsync<TalosCluster>("first");

        Assert.Equal("0/0", ready.Status!.WorkersReady);
        Assert.Equal(
            [
                "Destroy ConfigPatches/400-first-workers-own", "Destroy ExtensionsConfigurations/schematic-first-workers", "Destroy MachineSets/first-workers",
                "Teardown ConfigPatches/400-first-workers-own", "Teardown ExtensionsConfigurations/schematic-first-workers", "Teardown MachineSets/first-workers",
            ],
            stage.Writes().Order(StringComparer.Ordinal));
        Assert.Equal("Teardown MachineSets/first-workers", stage.Writes()[0]);
        Assert.Single(stage.Omni.Lifecycle.Machines());
    }

    [Fact]
    public async Task Renaming_a_set_builds_the_new_one_and_asks_about_the_old_one()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.ClearCalls();

        await stage.EditAsync<TalosCluster>("first", """{"workers": [{"name": "pool", "machineClass": {"name": "small", "size": 1}}]}""");

        var stalled = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Stalled, "True", TalosClusterReasons.RemovalNotConfirmed);
        Assert.StartsWith("worker sets workers are no longer in the spec", Stage.Message(stalled, CommonConditions.Stalled));
        Assert.Equal(["Create MachineSets/first-pool"], stage.Writes());

        await stage.AnnotateAsync<TalosCluster>("first", UserAnnotations.ConfirmRemoval, "workers");
        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(["Create MachineSets/first-pool", "Teardown MachineSets/first-workers", "Destroy MachineSets/first-workers"], stage.Writes());
    }

    [Fact]
    public async Task A_removed_set_that_is_put_back_in_time_was_never_touched()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.ClearCalls();
        await stage.EditAsync<TalosCluster>("first", """{"workers": []}""");
        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Stalled, "True", TalosClusterReasons.RemovalNotConfirmed);

        await stage.ApplyClusterAsync("first");

        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Empty(stage.Writes());
    }

    [Fact]
    public async Task A_machine_moves_between_sets_of_named_machines()
    {
        await using var stage = await Stage.StartAsync(installation);
        foreach (var uuid in new[] { First, Second, Third })
        {
            stage.Omni.Lifecycle.AddMachine(uuid);
        }

        await stage.ApplySecretsAsync();
        await ApplyStaticAsync(stage, $"[{First}]", $"[{Second.ToUpperInvariant()}, {Third}]");
        Assert.Equal("2/2", (await stage.ReadyAsync<TalosCluster>("metal")).Status!.WorkersReady);
        Assert.Equal("owner=test/" + stage.Namespace + "/metal orphaned=- managed-by=OmniScale", stage.Marks(ResourceTypes.MachineSetNodes, Second));
        stage.Omni.ClearCalls();

        await ApplyStaticAsync(stage, $"[{First}, {Second}]", $"[{Third}]");

        var ready = await stage.ConditionAsync<TalosCluster>("metal", CommonConditions.Ready, "True");
        Assert.Equal("2/2", ready.Status!.ControlPlaneReady);
        Assert.Equal("1/1", ready.Status.WorkersReady);
        Assert.Equal(
            [$"Teardown MachineSetNodes/{Second}", $"Destroy MachineSetNodes/{Second}", $"Create MachineSetNodes/{Second}"], stage.Writes());
        Assert.Equal("metal-control-planes", stage.Omni.State.Get(ResourceTypes.MachineSetNodes, Second)!.Metadata.Labels[OmniLabels.MachineSet]);
    }

    [Fact]
    public async Task A_size_that_is_left_out_is_whatever_somebody_else_sets()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.EditAsync<TalosCluster>("first", """{"workers": [{"name": "workers", "machineClass": {"name": "small"}}]}""");
        await stage.ReadyAsync<TalosCluster>("first");
        stage.Omni.ClearCalls();

        stage.Omni.State.Edit(ResourceTypes.MachineSets, "first-workers", set => set.Spec.MachineAllocation.MachineCount = 3);

        await Eventually.ValueAsync(() => stage.Omni.State.Get(ResourceTypes.MachineSetStatuses, "first-workers")!.Spec.Machines.Healthy, healthy => healthy == 3, "Omni has three workers", TimeSpan.FromSeconds(20));
        await stage.ConditionMessageAsync<TalosCluster>("first", CommonConditions.Ready, "1/1 control-plane machines and 3/3 workers");
        Assert.Empty(stage.Writes());
        await stage.EditAsync<TalosCluster>("first", """{"workers": [{"name": "workers", "machineClass": {"name": "small"}, "labels": {"a": "b"}}]}""");
        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(["Update MachineSets/first-workers"], stage.Writes());
        Assert.Equal(3u, stage.Omni.State.Get(ResourceTypes.MachineSets, "first-workers")!.Spec.MachineAllocation.MachineCount);
    }

    [Fact]
    public async Task Unlimited_takes_every_machine_that_a_class_matches()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        stage.Omni.Lifecycle.AddMachine(First, new Dictionary<string, string> { ["rack"] = "a" });
        stage.Omni.Lifecycle.AddMachine(Second, new Dictionary<string, string> { ["rack"] = "a" });
        stage.Omni.Lifecycle.AddMachine(Third, new Dictionary<string, string> { ["rack"] = "b" });
        await stage.ApplyAsync("""
            apiVersion: omniscale.dev/v1alpha1
            kind: MachineClass
            metadata: {name: rack-a}
            spec:
              matchLabels: ["rack = a"]
            """);
        await stage.ApplyClusterAsync("first", workers: 0);
        await stage.EditAsync<TalosCluster>("first", """{"workers": [{"name": "workers", "machineClass": {"name": "rack-a", "size": "Unlimited"}}]}""");

        await stage.ConditionMessageAsync<TalosCluster>("first", CommonConditions.Ready, "1/1 control-plane machines and 2/2 workers are healthy");

        var allocation = stage.Omni.State.Get(ResourceTypes.MachineSets, "first-workers")!.Spec.MachineAllocation;
        Assert.Equal((AllocationType.Unlimited, 0u, "rack-a"), (allocation.AllocationType, allocation.MachineCount, allocation.Name));
        stage.Omni.ClearCalls();
        await stage.HandledAsync<TalosCluster>("first");
        Assert.Empty(stage.Writes());
    }

    private static Task ApplyStaticAsync(Stage stage, string controlPlane, string workers) => stage.ApplyAsync($$"""
        apiVersion: omniscale.dev/v1alpha1
        kind: TalosCluster
        metadata: {name: metal}
        spec:
          kubernetes: {version: v1.36.2}
          talos: {version: v1.13.6}
          controlPlane: {machines: {{controlPlane}} }
          workers:
            - machines: {{workers}}
        """);
}
