using OmniScale.Crds;

namespace OmniScale.Operator.Tests;

/// <summary>What a status and the events say over a life, beside the causes that other tests are about.</summary>
public sealed class StatusTests(Installation installation)
{
    [Fact]
    public async Task A_cluster_that_comes_up_tells_each_step_once_and_warns_of_nothing()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.ApplyClusterAsync("first");
        await stage.ConditionAsync<TalosCluster>("first", TalosClusterConditions.MachineClassesReady, "False", TalosClusterReasons.ClassNotFound);
        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");
        var ready = await stage.ReadyAsync<TalosCluster>("first");
        await stage.SettledAsync();

        var events = await stage.EventsAsync("first");
        Assert.Equal([TalosClusterReasons.ClassNotFound], events.Where(e => e.Type == "Warning").Select(e => e.Reason));
        Assert.All(events, e => Assert.Equal(1, e.Count));
        Assert.All(events, e => Assert.Equal(("omniscale-operator", Environment.MachineName), (e.ReportingComponent, e.ReportingInstance)));
        Assert.Contains(events, e => e.Reason == TalosClusterReasons.ClassesReady);
        Assert.Equal("Ready: 1/1 control-plane machines and 1/1 workers are healthy", Assert.Single(events, e => e.Message.StartsWith("Ready: ", StringComparison.Ordinal) && e.Reason == CommonReasons.Succeeded).Message);
        Assert.All(await stage.EventsAsync("small"), e => Assert.Equal(("Normal", 1), (e.Type, e.Count)));
        Assert.All(await stage.EventsAsync(Stage.ProviderId), e => Assert.Equal(("Normal", 1), (e.Type, e.Count)));
        Assert.Equal("Current", Kstatus.Of(ready));
        Assert.Equal((ready.Metadata.Generation, "Running", "1/1", "1/1"),
            (ready.Status!.ObservedGeneration, ready.Status.Phase, ready.Status.ControlPlaneReady, ready.Status.WorkersReady));
    }

    [Fact]
    public async Task The_first_status_comes_at_once_and_attests_nothing()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        stage.Omni.Faults.Add(new() { Kind = Lab.Omni.Faults.OmniFaultKind.Stall, Method = "Watch", Times = null });

        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");
        await stage.ApplyClusterAsync("first");

        await ExpectAsync<ProxmoxProvider>(Stage.ProviderId);
        await ExpectAsync<MachineClass>("small");
        await ExpectAsync<TalosCluster>("first");
        stage.Omni.Faults.Clear();
        var ready = await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(1, ready.Status!.ObservedGeneration);

        async Task ExpectAsync<T>(string name)
            where T : class, IOmniScaleObject
        {
            var value = await stage.ConditionAsync<T>(name, CommonConditions.Reconciling, "True", CommonReasons.Progressing);
            Assert.Equal("InProgress", Kstatus.Of(value));
            Assert.Null(value.CommonStatus!.ObservedGeneration);
        }
    }

    [Fact]
    public async Task A_new_generation_is_in_progress_until_it_was_considered()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        stage.Omni.Faults.Add(new() { Kind = Lab.Omni.Faults.OmniFaultKind.Stall, Method = "Update", Times = null });

        await stage.AnnotateAsync<TalosCluster>("first", UserAnnotations.ReconcileRequestedAt, "then");
        await stage.ApplyClusterAsync("first", workers: 2);

        var working = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Reconciling, "True", CommonReasons.Progressing);
        Assert.Equal((1, 2), (working.Status!.ObservedGeneration, working.Metadata.Generation));
        Assert.Equal("InProgress", Kstatus.Of(working));
        stage.Omni.Faults.Clear();
        Assert.Equal(2, (await stage.ReadyAsync<TalosCluster>("first")).Status!.ObservedGeneration);
    }

    [Fact]
    public async Task A_request_by_annotation_is_answered_in_the_status_of_every_kind_and_even_when_it_comes_with_a_change()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        var asked = stage.Proxmox.Calls.Count;

        await stage.HandledAsync<TalosCluster>("first");
        await stage.HandledAsync<MachineClass>("small");
        await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);

        Assert.True(stage.Proxmox.Calls.Count > asked, "Proxmox is looked at on request");
        stage.Omni.Faults.Add(new() { Kind = Lab.Omni.Faults.OmniFaultKind.Stall, Method = "Update", Times = null });
        var before = (await stage.GetAsync<TalosCluster>("first")).Status!.LastHandledReconcileAt;
        await stage.ApplyAsync("""
            apiVersion: omniscale.dev/v1alpha1
            kind: TalosCluster
            metadata: {name: first, annotations: {reconcile.omniscale.dev/requestedAt: later}}
            spec:
              kubernetes: {version: v1.36.2}
              talos: {version: v1.13.7}
              controlPlane: {machineClass: {name: small, size: 1}}
              workers: [{machineClass: {name: small, size: 1}}]
            """);
        var working = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Reconciling, "True");
        Assert.Equal(before, working.Status!.LastHandledReconcileAt);
        stage.Omni.Faults.Clear();
        Assert.Equal("later", (await stage.ReadyAsync<TalosCluster>("first")).Status!.LastHandledReconcileAt);
    }

    [Fact]
    public async Task A_cluster_that_falls_ill_warns_and_says_which_machine()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        var machine = stage.Omni.Lifecycle.Machines().Single(m => m.MachineSet == "first-control-planes");

        stage.Omni.Lifecycle.Trouble(machine.Uuid, new() { Disconnected = true });

        var ill = await stage.ConditionAsync<TalosCluster>("first", TalosClusterConditions.ControlPlaneReady, "False", TalosClusterReasons.Unhealthy);
        // Omni may say first that the control plane is not ready, and why a moment later: the event may tell the first only.
        await stage.ConditionMessageAsync<TalosCluster>("first", TalosClusterConditions.ControlPlaneReady, machine.Hostname);
        Assert.NotEmpty(await stage.EventAsync("first", "Warning", TalosClusterReasons.Unhealthy));
        Assert.Equal("InProgress", Kstatus.Of(ill));
        stage.Omni.Lifecycle.Trouble(machine.Uuid, null);
        await stage.ReadyAsync<TalosCluster>("first");
    }
}
