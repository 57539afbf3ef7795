using OmniScale.Crds;
using OmniScale.Omni.Api;
using MachineClassResource = OmniScale.Omni.Api.Specs.MachineClassSpec;

namespace OmniScale.Operator.Tests.MachineClasses;

public sealed class MachineClassTests(Installation installation)
{
    private const string AnotherOwner = "another/place/small";

    [Fact]
    public async Task A_class_lives_and_dies_with_its_object()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        Assert.Equal(["Create MachineClasses/small"], stage.Writes());
        Assert.Equal(stage.Owned("small"), stage.Marks(ResourceTypes.MachineClasses, "small"));
        Assert.Equal("Current", Kstatus.Of(await stage.GetAsync<MachineClass>("small")));
        stage.Omni.ClearCalls();

        await stage.ApplyClassAsync("small", cores: 8);
        await stage.WroteAsync("Update MachineClasses/small");
        await stage.ReadyAsync<MachineClass>("small");
        stage.Omni.State.Edit(ResourceTypes.MachineClasses, "small", c => c.Spec.AutoProvision.ProviderData = "cores: 1");
        await stage.WroteAsync("Update MachineClasses/small", "Update MachineClasses/small");
        stage.Omni.State.Remove(ResourceTypes.MachineClasses, "small");
        await stage.WroteAsync("Update MachineClasses/small", "Update MachineClasses/small", "Create MachineClasses/small");
        await stage.ReadyAsync<MachineClass>("small");

        stage.Omni.ClearCalls();
        await stage.DeleteAsync<MachineClass>("small");
        await stage.GoneAsync<MachineClass>("small");
        Assert.Equal(["Teardown MachineClasses/small", "Destroy MachineClasses/small"], stage.Writes());
    }

    [Fact]
    public async Task What_the_providers_schema_refuses_comes_back_word_for_word_and_stalls()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        // What the provider's status still has to say would wake the class once more.
        await stage.SettledAsync();
        stage.Omni.ClearCalls();

        await stage.ApplyClassAsync("bad", "diskCache: nonsense");

        var stalled = await stage.ConditionAsync<MachineClass>("bad", CommonConditions.Stalled, "True", CommonReasons.RejectedByOmni);
        var refused = Assert.Single(stage.Omni.Writes);
        var words = refused.Detail!["failed to validate: ".Length..];
        Assert.Contains("disk_cache: must be one of none, writeback", words, StringComparison.Ordinal);
        Assert.Equal($"Omni rejects it: {words}", Stage.Message(stalled, CommonConditions.Synced));
        Assert.Equal((CommonReasons.RejectedByOmni, "Failed"), (Stage.Condition(stalled, CommonConditions.Synced).Reason, Kstatus.Of(stalled)));
        await stage.EventAsync("bad", "Warning", CommonReasons.RejectedByOmni);

        await stage.ApplyClassAsync("bad", "diskCache: none");
        await stage.ReadyAsync<MachineClass>("bad");
        await stage.DeleteAsync<MachineClass>("bad");
        await stage.GoneAsync<MachineClass>("bad");
        Assert.Equal("absent", stage.Marks(ResourceTypes.MachineClasses, "bad"));
    }

    [Fact]
    public async Task A_class_whose_provider_never_connected_waits_and_goes_on_when_it_does()
    {
        await using var stage = await Stage.StartAsync(installation, new() { Speed = Stage.Speed });
        stage.Omni.ReadLag = TimeSpan.Zero;
        stage.Omni.State.Put(ResourceTypes.InfraProviders.New(Stage.ProviderId, new Omni.Api.Specs.InfraProviderSpec()));
        await stage.ApplySecretsAsync();
        await stage.ApplyClassAsync("small");
        await stage.ConditionAsync<MachineClass>("small", MachineClassConditions.ProviderReady, "False", MachineClassReasons.ProviderNotFound);
        await stage.ApplyProviderAsync();

        var waiting = await stage.ConditionAsync<MachineClass>("small", MachineClassConditions.ProviderReady, "False", MachineClassReasons.ProviderNeverConnected);
        Assert.Contains($"start its process with --id {Stage.ProviderId}", Stage.Message(waiting, CommonConditions.Ready), StringComparison.Ordinal);
        Assert.Equal("InProgress", Kstatus.Of(waiting));
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, ProxmoxProviderConditions.ProviderConnected, "False", ProxmoxReasons.NeverConnected);
        Assert.Empty(stage.Writes());

        stage.Omni.Lifecycle.ConnectProvider(Stage.ProviderId);

        await stage.ReadyAsync<MachineClass>("small");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        Assert.Equal(["Create MachineClasses/small"], stage.Writes());
    }

    [Fact]
    public async Task A_class_that_Omni_still_uses_stays_there_and_the_object_goes()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.DeleteAsync<TalosCluster>("first");
        await stage.GoneAsync<TalosCluster>("first");
        stage.Omni.ClearCalls();

        await stage.DeleteAsync<MachineClass>("small");
        await stage.GoneAsync<MachineClass>("small");

        var message = await stage.EventAsync("small", "Warning", CommonReasons.LeftInOmni);
        Assert.Contains("still in use by machine sets", message, StringComparison.Ordinal);
        Assert.Equal(["Teardown MachineClasses/small (InvalidArgument)", "Update MachineClasses/small"], stage.Writes());
        Assert.Equal(stage.Orphaned("small"), stage.Marks(ResourceTypes.MachineClasses, "small"));

        await stage.ApplyClassAsync("small");
        await stage.ReadyAsync<MachineClass>("small");
        Assert.Equal(stage.Owned("small"), stage.Marks(ResourceTypes.MachineClasses, "small"));
    }

    [Fact]
    public async Task An_orphaned_class_is_left_with_marks()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        await stage.ApplyClassAsync("small", "deletionPolicy: Orphan");
        await stage.ReadyAsync<MachineClass>("small");
        stage.Omni.ClearCalls();

        await stage.DeleteAsync<MachineClass>("small");
        await stage.GoneAsync<MachineClass>("small");

        Assert.Equal(["Update MachineClasses/small"], stage.Writes());
        Assert.Equal(stage.Orphaned("small"), stage.Marks(ResourceTypes.MachineClasses, "small"));
        await stage.EventAsync("small", "Normal", CommonReasons.Orphaned);
    }

    [Fact]
    public async Task An_orphaned_class_does_not_wait_for_an_Omni_that_is_away_and_one_to_delete_does()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        await stage.ApplyClassAsync("orphan", "deletionPolicy: Orphan");
        await stage.ReadyAsync<MachineClass>("orphan");
        await stage.Omni.SuspendAsync();

        await stage.DeleteAsync<MachineClass>("orphan");
        await stage.DeleteAsync<MachineClass>("small");

        await stage.GoneAsync<MachineClass>("orphan");
        await stage.EventAsync("orphan", "Warning", CommonReasons.Orphaned);
        Assert.Contains("deletionPolicy: Orphan", await stage.ConditionMessageAsync<MachineClass>("small", CommonConditions.Ready, "cannot delete machine class small in Omni: "), StringComparison.Ordinal);
        await stage.Omni.ResumeAsync(TestContext.Current.CancellationToken);
        await stage.GoneAsync<MachineClass>("small");
        Assert.Equal("absent", stage.Marks(ResourceTypes.MachineClasses, "small"));
    }

    [Theory]
    [InlineData("", false, "Never", false)]
    [InlineData("", false, "Adopt", true)]
    [InlineData(AnotherOwner, true, "Never", false)]
    [InlineData(AnotherOwner, true, "Adopt", true)]
    [InlineData(AnotherOwner, false, "Adopt", false)]
    public async Task A_class_of_that_name_is_taken_or_left_alone(string owner, bool orphaned, string policy, bool taken)
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.ApplyProviderAsync();
        var existing = ResourceTypes.MachineClasses.New("small", new MachineClassResource { AutoProvision = new() { ProviderId = Stage.ProviderId, ProviderData = "cores: 2" } });
        if (owner.Length > 0)
        {
            existing.Metadata.Annotations[OwnershipAnnotations.Owner] = owner;
        }

        if (orphaned)
        {
            existing.Metadata.Annotations[OwnershipAnnotations.Orphaned] = "2026-01-01T00:00:00Z";
        }

        stage.Omni.State.Put(existing);

        await stage.ApplyClassAsync("small", $"adoptionPolicy: {policy}");

        if (taken)
        {
            await stage.ReadyAsync<MachineClass>("small");
            Assert.Equal(["Update MachineClasses/small"], stage.Writes());
            Assert.Equal(stage.Owned("small"), stage.Marks(ResourceTypes.MachineClasses, "small"));
        }
        else
        {
            var stalled = await stage.ConditionAsync<MachineClass>("small", CommonConditions.Stalled, "True", CommonReasons.NameConflict);
            Assert.Equal("Failed", Kstatus.Of(stalled));
            await stage.DeleteAsync<MachineClass>("small");
            await stage.GoneAsync<MachineClass>("small");
            Assert.Empty(stage.Writes());
            Assert.Equal("cores: 2", stage.Omni.State.Get(ResourceTypes.MachineClasses, "small")!.Spec.AutoProvision.ProviderData);
        }
    }

    [Fact]
    public async Task A_suspended_class_is_neither_changed_nor_deleted()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        stage.Omni.ClearCalls();

        await stage.ApplyClassAsync("small", "suspend: true", cores: 8);
        await stage.ConditionAsync<MachineClass>("small", CommonConditions.Ready, "False", CommonReasons.Suspended);
        await stage.DeleteAsync<MachineClass>("small");
        await stage.ConditionAsync<MachineClass>("small", CommonConditions.Synced, "False", CommonReasons.DeletionSuspended);
        Assert.Empty(stage.Writes());

        await stage.EditAsync<MachineClass>("small", """{"suspend": false}""");
        await stage.GoneAsync<MachineClass>("small");
        Assert.Equal(["Teardown MachineClasses/small", "Destroy MachineClasses/small"], stage.Writes());
    }

    [Fact]
    public async Task A_class_that_somebody_else_manages_serves_a_cluster_as_external()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        stage.Omni.State.Put(ResourceTypes.MachineClasses.New("small", new MachineClassResource { AutoProvision = new() { ProviderId = Stage.ProviderId, ProviderData = "cores: 2" } }));

        await stage.ApplyClusterAsync("first");

        var ready = await stage.ReadyAsync<TalosCluster>("first");
        Assert.Equal(TalosClusterReasons.External, Stage.Condition(ready, TalosClusterConditions.MachineClassesReady).Reason);

        // Its provider has no object either, and is watched none the less.
        stage.Omni.Lifecycle.DisconnectProvider(Stage.ProviderId);
        await stage.ApplyClusterAsync("first", workers: 2);
        await stage.ConditionAsync<TalosCluster>("first", CommonConditions.Ready, "False", TalosClusterReasons.ProviderDisconnected);
        await stage.Operator!.IdleAsync();
        stage.Omni.Lifecycle.SetProviderError(Stage.ProviderId, "the datastore is full");
        await stage.ConditionMessageAsync<TalosCluster>("first", CommonConditions.Ready, "the datastore is full");
    }
}
