using k8s.Models;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests;

/// <summary>Objects that refer to each other, deleted in any order.</summary>
public sealed class DeletionOrderTests(Installation installation)
{
    [Fact]
    public async Task The_connection_Secret_stays_until_nothing_needs_it_any_more()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", "deletionPolicy: Delete");
        Assert.Contains(ApiGroup.ConnectionFinalizer, (await stage.FindAsync<V1Secret>("omni"))!.Metadata.Finalizers);

        await stage.DeleteAsync<V1Secret>("omni");
        await stage.HandledAsync<TalosCluster>("first");
        await stage.ReadyAsync<TalosCluster>("first");

        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");
        Assert.Equal("absent", stage.Marks(ResourceTypes.Clusters, "first"));
        Assert.NotNull(await stage.FindAsync<V1Secret>("omni"));

        await stage.DeleteAsync<MachineClass>("small");
        await stage.GoneAsync<MachineClass>("small");
        await stage.GoneAsync<V1Secret>("omni");
        Assert.Equal("absent", stage.Marks(ResourceTypes.MachineClasses, "small"));

        // A provider holds no Secret: it leaves nothing behind in Omni.
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.OmniReachable, "False", OmniReasons.SecretNotFound);
        await stage.DeleteAsync<ProxmoxProvider>(Stage.ProviderId);
        await stage.GoneAsync<ProxmoxProvider>(Stage.ProviderId);
    }

    [Fact]
    public async Task A_Secret_that_is_no_longer_referred_to_can_be_deleted()
    {
        await using var stage = await Stage.StartAsync(installation);
        var key = stage.Omni.CreateServiceAccountKey("omniscale", Lab.Omni.Auth.Role.Operator);
        await stage.ApplySecretsAsync(key);
        await stage.CreateSecretAsync("omni-2", ApiGroup.OmniSecretType, stage.OmniSecret(key));
        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");
        await stage.ReadyAsync<MachineClass>("small");

        await stage.ApplyClassAsync("small", "omniSecretRef: {name: omni-2}");
        await stage.ReadyAsync<MachineClass>("small");

        Assert.Contains(ApiGroup.ConnectionFinalizer, (await stage.FindAsync<V1Secret>("omni-2"))!.Metadata.Finalizers);
        await stage.DeleteAsync<V1Secret>("omni");
        await stage.GoneAsync<V1Secret>("omni");
    }

    [Fact]
    public async Task A_class_waits_for_its_clusters_and_a_provider_for_its_classes()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", "deletionPolicy: Delete");
        stage.Omni.ClearCalls();

        await stage.DeleteAsync<ProxmoxProvider>(Stage.ProviderId);
        await stage.DeleteAsync<MachineClass>("small");

        var provider = await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.Ready, "False", CommonReasons.InUse);
        Assert.Equal("deletion waits for MachineClasses that use this provider: small", Stage.Message(provider, CommonConditions.Ready));
        var machineClass = await stage.ConditionAsync<MachineClass>("small", CommonConditions.Ready, "False", CommonReasons.InUse);
        Assert.Equal("deletion waits for TalosClusters that use this class: first", Stage.Message(machineClass, CommonConditions.Ready));
        Assert.Equal("Terminating", Kstatus.Of(machineClass));
        await stage.ReadyAsync<TalosCluster>("first");
        await stage.EditAsync<TalosCluster>("first", """{"talos": {"version": "v1.13.7"}}""");
        await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(["Update Clusters/first"], stage.Writes());
        stage.Omni.ClearCalls();

        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");
        await stage.GoneAsync<MachineClass>("small");
        await stage.GoneAsync<ProxmoxProvider>(Stage.ProviderId);
        Assert.Equal(
            ["Teardown Clusters/first", "Destroy Clusters/first", "Teardown MachineClasses/small", "Destroy MachineClasses/small"],
            stage.Writes());
    }

    [Fact]
    public async Task A_class_that_a_cluster_stops_using_goes()
    {
        await using var stage = await Stage.StartAsync(installation);
        await RunClusterBesideLargeAsync(stage);
        await stage.DeleteAsync<MachineClass>("small");
        await stage.ConditionAsync<MachineClass>("small", CommonConditions.Ready, "False", CommonReasons.InUse);

        await stage.EditAsync<TalosCluster>("first", """
            {"controlPlane": {"machineClass": {"name": "large"}}, "workers": [{"name": "workers", "machineClass": {"name": "large", "size": 1}}]}
            """);

        await stage.GoneAsync<MachineClass>("small");
        Assert.Equal("absent", stage.Marks(ResourceTypes.MachineClasses, "small"));
    }

    [Fact]
    public async Task A_class_goes_with_the_object_of_a_cluster_that_uses_it_in_Omni_alone()
    {
        await using var stage = await Stage.StartAsync(installation);
        await RunClusterBesideLargeAsync(stage);
        await stage.EditAsync<TalosCluster>("first", """
            {"suspend": true, "controlPlane": {"machineClass": {"name": "large"}}, "workers": [{"name": "workers", "machineClass": {"name": "large", "size": 1}}]}
            """);
        await stage.DeleteAsync<MachineClass>("small");
        const string waits = "deletion waits for cluster first, whose machine sets still use this class in Omni";
        Assert.Equal(waits, await stage.ConditionMessageAsync<MachineClass>("small", CommonConditions.Ready, waits));

        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");

        await stage.GoneAsync<MachineClass>("small");
        Assert.Equal(stage.Orphaned("small"), stage.Marks(ResourceTypes.MachineClasses, "small"));
    }

    [Fact]
    public async Task A_provider_that_a_class_stops_using_goes()
    {
        await using var stage = await Stage.StartAsync(installation);
        stage.Omni.Lifecycle.ConnectProvider("other");
        await stage.PrepareAsync();
        await stage.ApplyProviderAsync("other");
        await stage.ReadyAsync<ProxmoxProvider>("other");
        await stage.DeleteAsync<ProxmoxProvider>(Stage.ProviderId);
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, CommonConditions.Ready, "False", CommonReasons.InUse);

        await stage.EditAsync<MachineClass>("small", """{"providerRef": {"name": "other"}}""");

        await stage.GoneAsync<ProxmoxProvider>(Stage.ProviderId);
    }

    [Theory]
    [InlineData("Delete", "secrets provider class cluster")]
    [InlineData("Delete", "cluster class provider secrets")]
    [InlineData("Delete", "class secrets cluster provider")]
    [InlineData("Orphan", "secrets provider class cluster")]
    [InlineData("Orphan", "provider cluster secrets class")]
    public async Task A_whole_namespace_goes_in_any_order(string policy, string order)
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", $"deletionPolicy: {policy}");

        foreach (var kind in order.Split(' '))
        {
            await (kind switch
            {
                "secrets" => Task.WhenAll(stage.DeleteAsync<V1Secret>("omni"), stage.DeleteAsync<V1Secret>("matrix-proxmox")),
                "provider" => stage.DeleteAsync<ProxmoxProvider>(Stage.ProviderId),
                "class" => stage.DeleteAsync<MachineClass>("small"),
                _ => stage.DeleteAsync<TalosCluster>("first"),
            });
        }

        await stage.GoneAsync<TalosCluster>("first");
        await stage.GoneAsync<MachineClass>("small");
        await stage.GoneAsync<ProxmoxProvider>(Stage.ProviderId);
        await stage.GoneAsync<V1Secret>("omni");
        if (policy == "Delete")
        {
            Assert.Equal("absent", stage.Marks(ResourceTypes.Clusters, "first"));
            Assert.Equal("absent", stage.Marks(ResourceTypes.MachineClasses, "small"));
            Assert.Empty(stage.Omni.Lifecycle.Machines());
        }
        else
        {
            Assert.Equal(stage.Orphaned("first"), stage.Marks(ResourceTypes.Clusters, "first"));
            Assert.Equal(stage.Orphaned("small"), stage.Marks(ResourceTypes.MachineClasses, "small"));
            await stage.EventAsync("small", "Warning", CommonReasons.LeftInOmni);
            Assert.Equal(2, stage.Omni.Lifecycle.Machines().Count);
        }

        Assert.Empty(stage.Omni.Lifecycle.Leaked);
    }

    [Theory]
    [InlineData("Delete", "Delete")]
    [InlineData("Delete", "Orphan")]
    public async Task What_never_reached_an_Omni_goes_without_one(string classPolicy, string clusterPolicy)
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplyClassAsync("small", $"deletionPolicy: {classPolicy}");
        await stage.ApplyClusterAsync("first", more: $"deletionPolicy: {clusterPolicy}");
        await stage.ConditionAsync<MachineClass>("small", CommonConditions.OmniReachable, "False", OmniReasons.SecretNotFound);
        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.OmniReachable, "False", OmniReasons.SecretNotFound);

        await stage.DeleteAsync<MachineClass>("small");
        await stage.DeleteAsync<TalosCluster>("first");

        await stage.GoneAsync<TalosCluster>("first");
        await stage.GoneAsync<MachineClass>("small");
    }

    [Fact]
    public async Task An_object_that_lost_its_status_still_tears_down_what_it_owns()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", "deletionPolicy: Delete");
        await stage.StopOperatorAsync();
        await stage.DropStatusAsync<TalosCluster>("first");
        await stage.DropFinalizersAsync<V1Secret>("omni");
        await stage.DeleteAsync<TalosCluster>("first");

        await stage.StartOperatorAsync();

        await stage.GoneAsync<TalosCluster>("first");
        Assert.Equal("absent", stage.Marks(ResourceTypes.Clusters, "first"));
        Assert.Empty(stage.Omni.Lifecycle.Machines());
    }

    [Fact]
    public async Task What_reached_Omni_once_does_not_go_without_its_Secret_under_Delete()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first", "deletionPolicy: Delete");
        await stage.StopOperatorAsync();
        await stage.DropFinalizersAsync<V1Secret>("omni");
        var secret = await stage.FindAsync<V1Secret>("omni");
        await stage.DeleteAsync<V1Secret>("omni");
        await stage.DeleteAsync<TalosCluster>("first");
        await stage.StartOperatorAsync();

        var waiting = await stage.ConditionAsync<TalosCluster>("first", CommonConditions.OmniReachable, "False", OmniReasons.SecretNotFound);
        Assert.Equal(
            $"cannot delete cluster first in Omni: there is no Secret omni of type omniscale.dev/omni in namespace {stage.Namespace}. Set spec.deletionPolicy: Orphan to let go of it instead",
            Stage.Message(waiting, CommonConditions.Ready));

        await stage.CreateSecretAsync("omni", ApiGroup.OmniSecretType, secret!.Data.ToDictionary(pair => pair.Key, pair => System.Text.Encoding.UTF8.GetString(pair.Value)));
        await stage.GoneAsync<TalosCluster>("first");
        await Eventually.TrueAsync(() => stage.Omni.Lifecycle.Machines().Count == 0, "no machine is left");
    }

    /// <summary>Cluster first of class small, and class large that nothing uses yet.</summary>
    private static async Task RunClusterBesideLargeAsync(Stage stage)
    {
        await stage.RunClusterAsync("first");
        await stage.ApplyClassAsync("large");
        await stage.ReadyAsync<MachineClass>("large");
    }
}
