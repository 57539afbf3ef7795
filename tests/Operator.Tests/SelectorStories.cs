using OmniScale.Crds;
using OmniScale.Omni.Api;

namespace OmniScale.Operator.Tests;

/// <summary>Storage selectors that work, do not work, and stop working.</summary>
public sealed class SelectorStories(Installation installation)
{
    private const string RbdMistake =
        "'type == \"rbd\"' does not compile: 1:6: found no matching overload for '_==_' applied to '(type(type), string)'. "
        + "`type` is a CEL built-in; the storage type is called storageType. Did you mean: storageType == \"rbd\"";

    [Fact]
    public async Task A_selector_that_cannot_compile_stalls_the_class_until_it_is_corrected_as_the_message_says()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.ApplyProviderAsync();
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);

        await ApplyAsync(stage, "type == \"rbd\"");

        var stalled = await stage.ConditionAsync<MachineClass>("small", CommonConditions.Stalled, "True", SelectorReasons.TypeError);
        Assert.Equal("Failed", Kstatus.Of(stalled));
        Assert.All([MachineClassConditions.StorageSelectorValid, CommonConditions.Ready, CommonConditions.Stalled], type =>
            Assert.Equal($"{RbdMistake}  (matches vm_ssd on foxtrot, golf, hotel)", Stage.Message(stalled, type)));
        Assert.Equal("False", Stage.Condition(stalled, CommonConditions.Synced).Status);
        Assert.Equal("True", Stage.Condition(stalled, CommonConditions.OmniReachable).Status);
        Assert.Equal("True", Stage.Condition(stalled, MachineClassConditions.ProviderReady).Status);
        await stage.EventAsync("small", "Warning", SelectorReasons.TypeError);
        Assert.Empty(stage.Writes());

        await stage.EditAsync<MachineClass>("small", """{"storageSelector": "storageType == \"rbd\""}""");

        var ready = await stage.ReadyAsync<MachineClass>("small");
        Assert.Equal("vm_ssd", ready.Status!.Storage);
        Assert.Equal(["system foxtrot vm_ssd", "system golf vm_ssd", "system hotel vm_ssd"], ready.Status.Storages!.Select(p => $"{p.Disk} {p.Node} {string.Join(",", p.Storages!)}"));
        Assert.Equal(SelectorReasons.Valid, Stage.Condition(ready, MachineClassConditions.StorageSelectorValid).Reason);
        Assert.Equal(["Create MachineClasses/small"], stage.Writes());
    }

    [Fact]
    public async Task A_selector_that_cannot_compile_is_told_without_Omni_and_without_the_provider()
    {
        await using var stage = await Stage.StartAsync(installation);

        await ApplyAsync(stage, "type == \"rbd\"");

        var stalled = await stage.ConditionAsync<MachineClass>("small", CommonConditions.Stalled, "True", SelectorReasons.TypeError);
        Assert.Equal(RbdMistake, Stage.Message(stalled, MachineClassConditions.StorageSelectorValid));
        Assert.Equal(OmniReasons.SecretNotFound, Stage.Condition(stalled, CommonConditions.OmniReachable).Reason);
    }

    [Fact]
    public async Task A_class_without_a_storage_waits_outside_of_Omni_and_goes_there_when_the_storage_comes()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await ApplyAsync(stage, "name == \"nas\"");
        await stage.ApplyProviderAsync();

        var waiting = await stage.ConditionAsync<MachineClass>("small", CommonConditions.Reconciling, "True", SelectorReasons.NoMatch);
        Assert.Equal("InProgress", Kstatus.Of(waiting));
        Assert.StartsWith("'name == \"nas\"' matches no storage on foxtrot, golf, hotel; there are local (dir), local-lvm (lvmthin), vm_ssd (rbd).", Stage.Message(waiting, CommonConditions.Ready), StringComparison.Ordinal);
        Assert.Empty(stage.Writes());

        stage.Proxmox.Inventory.PutStorage(new() { Name = "nas", Type = "nfs", Content = ["images"], Shared = true, TotalBytes = 1UL << 40, UsedBytes = 0 });
        await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);

        var ready = await stage.ReadyAsync<MachineClass>("small");
        Assert.Equal("nas", ready.Status!.Storage);
        Assert.Equal(["Create MachineClasses/small"], stage.Writes());
    }

    [Fact]
    public async Task A_class_in_Omni_whose_storage_goes_away_says_so_and_stays_and_takes_changes_when_it_is_back()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.PrepareAsync();
        stage.Omni.ClearCalls();

        stage.Proxmox.Inventory.SetStorageActive("local-lvm", active: false, "golf");
        await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);

        var waiting = await stage.ConditionAsync<MachineClass>("small", MachineClassConditions.StorageSelectorValid, "False", SelectorReasons.IneligibleStorage);
        Assert.StartsWith("'name == \"local-lvm\"' matches no storage that can take a disk on golf: local-lvm is not active", Stage.Message(waiting, CommonConditions.Ready), StringComparison.Ordinal);
        Assert.Equal("True", Stage.Condition(waiting, CommonConditions.Synced).Status);
        Assert.Equal(stage.Owned("small"), stage.Marks(ResourceTypes.MachineClasses, "small"));
        await stage.EventAsync("small", "Warning", SelectorReasons.IneligibleStorage);

        await stage.ApplyClassAsync("small", cores: 8);
        var held = await stage.ConditionAsync<MachineClass>("small", CommonConditions.Synced, "False", SelectorReasons.IneligibleStorage);
        Assert.Equal("machine class small in Omni stays as it is: changes are held back while the storage selectors are not valid", Stage.Message(held, CommonConditions.Synced));
        Assert.Empty(stage.Writes());

        stage.Proxmox.Inventory.SetStorageActive("local-lvm", active: true);
        await stage.HandledAsync<ProxmoxProvider>(Stage.ProviderId);

        await stage.ReadyAsync<MachineClass>("small");
        Assert.Equal(["Update MachineClasses/small"], stage.Writes());
    }

    [Fact]
    public async Task A_class_of_a_provider_whose_Secret_comes_last_is_checked_before_it_goes_to_Omni()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.CreateSecretAsync("omni", ApiGroup.OmniSecretType, stage.OmniSecret(stage.Omni.CreateServiceAccountKey("omniscale", Lab.Omni.Auth.Role.Operator)));
        await ApplyAsync(stage, "name == \"nas\"");
        await stage.ApplyProviderAsync();
        await stage.ConditionAsync<ProxmoxProvider>(Stage.ProviderId, ProxmoxProviderConditions.ProviderReachable, "False", ProxmoxReasons.SecretNotFound);

        await stage.CreateSecretAsync("matrix-proxmox", ApiGroup.ProxmoxSecretType, Stage.ProxmoxSecret());

        await stage.ConditionAsync<MachineClass>("small", CommonConditions.Reconciling, "True", SelectorReasons.NoMatch);
        Assert.Empty(stage.Writes());
    }

    [Fact]
    public async Task A_class_whose_Proxmox_cannot_be_read_goes_to_Omni_unchecked()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.ApplyProviderAsync(proxmox: $"fingerprints: ['{new string('0', 64)}']");

        await ApplyAsync(stage, "name == \"nas\"");

        var ready = await stage.ReadyAsync<MachineClass>("small");
        Assert.Equal(SelectorReasons.InventoryUnknown, Stage.Condition(ready, MachineClassConditions.StorageSelectorValid).Reason);
        Assert.Equal("Unknown", Stage.Condition(ready, MachineClassConditions.StorageSelectorValid).Status);
    }

    [Fact]
    public async Task Report_says_what_is_wrong_and_lets_the_class_through()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.ApplyProviderAsync();

        await ApplyAsync(stage, "type == \"rbd\"", "checkPolicy: Report");

        var ready = await stage.ReadyAsync<MachineClass>("small");
        Assert.Equal(SelectorReasons.TypeError, Stage.Condition(ready, MachineClassConditions.StorageSelectorValid).Reason);
        Assert.Equal(["Create MachineClasses/small"], stage.Writes());
    }

    [Fact]
    public async Task An_operator_that_starts_again_keeps_its_verdict_until_it_has_looked_at_Proxmox()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.ApplySecretsAsync();
        await stage.ApplyProviderAsync();
        await ApplyAsync(stage, "name == \"nas\"");
        var before = await stage.ConditionAsync<MachineClass>("small", MachineClassConditions.StorageSelectorValid, "False", SelectorReasons.NoMatch);
        await stage.EventAsync("small", "Warning", SelectorReasons.NoMatch);

        await stage.StopOperatorAsync();
        await stage.StartOperatorAsync();

        var after = await stage.HandledAsync<MachineClass>("small");
        Assert.Equal(Stage.Condition(before, MachineClassConditions.StorageSelectorValid).LastTransitionTime, Stage.Condition(after, MachineClassConditions.StorageSelectorValid).LastTransitionTime);
        Assert.Empty(stage.Writes());
        Assert.Single(await stage.EventsAsync("small"), e => e.Message.StartsWith("StorageSelectorValid", StringComparison.Ordinal));
    }

    private static Task ApplyAsync(Stage stage, string selector, string more = "") => stage.ApplyAsync($$"""
        apiVersion: omniscale.dev/v1alpha1
        kind: MachineClass
        metadata: {name: small}
        spec:
          providerRef: {name: {{Stage.ProviderId}}}
          cores: 4
          memoryMiB: 8192
          diskSizeGiB: 40
          storageSelector: '{{selector}}'
          {{more}}
        """);
}
