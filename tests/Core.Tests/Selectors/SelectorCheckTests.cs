using System.Text.Json.Nodes;
using OmniScale.Core.Selectors;
using OmniScale.Crds;
using OmniScale.Proxmox;

namespace OmniScale.Core.Tests.Selectors;

public class SelectorCheckTests
{
    private static readonly MachineClassSpec LocalLvm = new() { StorageSelector = "name == \"local-lvm\"" };

    [Fact]
    public void A_selector_of_one_storage_is_valid_and_picks_it_on_every_node()
    {
        var judgement = SelectorCheck.Judge(LocalLvm, Matrix.Inventory);

        Assert.Equal(Finding.True(SelectorReasons.Valid, "'name == \"local-lvm\"' picks local-lvm on foxtrot, golf, hotel."), judgement.Finding);
        Assert.Equal(["system foxtrot local-lvm", "system golf local-lvm", "system hotel local-lvm"], Picks(judgement));
        Assert.False(judgement.IsTextError);
    }

    [Fact]
    public void A_pinned_class_is_judged_on_its_node_alone()
    {
        var inventory = Matrix.Of(Matrix.Node("foxtrot", Matrix.Local), Matrix.Node("golf"));

        Assert.Equal("False NoMatch", Verdict(LocalLvm, inventory));
        Assert.Equal("True Valid", Verdict(LocalLvm with { Node = "golf" }, inventory));
        Assert.Equal(["system golf local-lvm"], Picks(SelectorCheck.Judge(LocalLvm with { Node = "golf" }, inventory)));
    }

    [Fact]
    public void An_unpinned_class_leaves_out_nodes_that_are_not_online()
    {
        var inventory = Matrix.Of(Matrix.Node("foxtrot"), Matrix.Node("golf", []) with { State = NodeState.Offline, Error = "The node is offline." });

        Assert.Equal("'name == \"local-lvm\"' picks local-lvm on foxtrot.", SelectorCheck.Judge(LocalLvm, inventory).Finding.Message);
    }

    [Theory]
    [InlineData("gulf", "'name == \"local-lvm\"' compiles, but there is no node \"gulf\", to which the class is pinned: the nodes are foxtrot, golf. Did you mean: golf")]
    [InlineData("golf", "'name == \"local-lvm\"' compiles, but node golf, to which the class is pinned, is offline")]
    public void A_class_pinned_to_a_node_that_is_not_there_has_no_candidate(string node, string message)
    {
        var inventory = Matrix.Of(Matrix.Node("foxtrot"), Matrix.Node("golf") with { State = NodeState.Offline });

        Assert.Equal(Finding.False(SelectorReasons.NoCandidateNode, message), SelectorCheck.Judge(LocalLvm with { Node = node }, inventory).Finding);
    }

    [Fact]
    public void A_cluster_without_an_online_node_has_no_candidate() =>
        Assert.Equal("False NoCandidateNode", Verdict(LocalLvm, Matrix.Of(Matrix.Node("foxtrot") with { State = NodeState.Offline })));

    [Fact]
    public void A_pinned_node_of_unknown_state_is_no_verdict() =>
        Assert.Equal("Unknown InventoryUnknown", Verdict(LocalLvm with { Node = "foxtrot" }, Matrix.Of(Matrix.Node("foxtrot") with { State = NodeState.Unknown })));

    [Fact]
    public void An_unknown_inventory_is_no_verdict_and_errors_in_the_text_are_found_all_the_same()
    {
        Assert.Equal("Unknown InventoryUnknown", Verdict(LocalLvm, null));
        Assert.Equal("False TypeError", Verdict(new() { StorageSelector = "type == \"rbd\"" }, null));
        Assert.True(SelectorCheck.Judge(new() { StorageSelector = "name = \"x\"" }, null).IsTextError);
    }

    [Fact]
    public void An_error_in_the_text_comes_before_a_missing_node() =>
        Assert.Equal("False TypeError", Verdict(new() { StorageSelector = "type == \"rbd\"", Node = "gulf" }, Matrix.Inventory));

    [Fact]
    public void A_node_that_could_not_be_read_leaves_the_verdict_open_unless_another_node_settles_it()
    {
        var silent = Matrix.Node("golf", []) with { Error = "The node does not answer." };

        Assert.Equal("Unknown InventoryUnknown", Verdict(LocalLvm, Matrix.Of(Matrix.Node("foxtrot"), silent)));
        Assert.Equal("False NoMatch", Verdict(LocalLvm, Matrix.Of(Matrix.Node("foxtrot", Matrix.Local), silent)));
    }

    [Fact]
    public void An_account_that_sees_no_storage_gets_no_match_and_is_told_the_privilege()
    {
        var finding = SelectorCheck.Judge(LocalLvm, Matrix.Of(Matrix.Node("foxtrot", []))).Finding;

        Assert.Equal(SelectorReasons.NoMatch, finding.Reason);
        Assert.Contains("the account sees no storage there. It needs Datastore.Audit", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Storages_that_differ_by_node_are_valid_and_said_so()
    {
        var finding = SelectorCheck.Judge(new() { StorageSelector = "storageType in [\"lvmthin\", \"zfspool\"]" },
            Matrix.Of(Matrix.Node("foxtrot", Matrix.LocalLvm), Matrix.Node("golf", Matrix.Storage("tank", "zfspool", ["images"], 100)))).Finding;

        Assert.Equal(Finding.True(SelectorReasons.Valid,
            "'storageType in [\"lvmthin\", \"zfspool\"]' picks local-lvm on foxtrot; tank on golf. The storage differs from node to node."), finding);
    }

    [Theory]
    [InlineData("nfs", "is not active: Proxmox cannot reach it at present")]
    [InlineData("off", "is disabled or restricted to other nodes")]
    [InlineData("iscsi", "cannot hold VM disks (Proxmox cannot create disks on a storage of type iscsi; put an LVM on it)")]
    [InlineData("local", "cannot hold VM disks (its content is backup, iso, vztmpl, without images)")]
    [InlineData("cephfs", "cannot hold VM disks (a CephFS holds files, not VM disks; VM disks on Ceph are of type rbd)")]
    public void A_storage_that_cannot_take_a_disk_is_refused_with_the_reason(string name, string obstacle)
    {
        var node = Matrix.Node("foxtrot", Matrix.Local, Matrix.VmSsd, Matrix.Away(Matrix.Storage("nfs", "nfs", ["images"], 0)),
            Matrix.Storage("off", "lvm", ["images"], 0) with { Enabled = false, Active = false }, Matrix.Storage("iscsi", "iscsi", ["images"], 0), Matrix.Storage("cephfs", "cephfs", ["backup"], 9));

        var judgement = SelectorCheck.Judge(new() { StorageSelector = $"name == \"{name}\"" }, Matrix.Of(node));

        Assert.Equal(Finding.False(SelectorReasons.IneligibleStorage,
            $"'name == \"{name}\"' matches no storage that can take a disk on foxtrot: {name} {obstacle}. VM disks can be on vm_ssd (rbd). For example: name == \"vm_ssd\"  (matches vm_ssd on foxtrot)"), judgement.Finding);
        Assert.Empty(judgement.Picks);
    }

    [Fact]
    public void A_storage_type_of_a_plugin_is_taken_by_its_content() =>
        Assert.Equal("True Valid", Verdict(new() { StorageSelector = "storageType == \"linstor\"" }, Matrix.Of(Matrix.Node("foxtrot", Matrix.Storage("drbd", "linstor", ["images"], 9)))));

    [Theory]
    [InlineData("zfs", "There is no storage of type \"zfs\".", "storageType == \"zfspool\"  (matches tank on foxtrot)")]
    [InlineData("zfs-pool", "Proxmox has no storage type \"zfs-pool\".", "storageType == \"zfspool\"  (matches tank on foxtrot)")]
    [InlineData("smb", "Proxmox has no storage type \"smb\".", "storageType == \"cifs\"  (matches nas on foxtrot)")]
    [InlineData("zfspol", "Proxmox has no storage type \"zfspol\".", "storageType == \"zfspool\"  (matches tank on foxtrot)")]
    public void A_storage_type_that_is_often_mistaken_is_told_by_its_name(string written, string problem, string meant)
    {
        var node = Matrix.Node("foxtrot", Matrix.Storage("tank", "zfspool", ["images"], 9), Matrix.Storage("nas", "cifs", ["images"], 9));

        Assert.Equal($"'storageType == \"{written}\"' matches no storage on foxtrot; there are nas (cifs), tank (zfspool). {problem} Did you mean: {meant}",
            SelectorCheck.Judge(new() { StorageSelector = $"storageType == \"{written}\"" }, Matrix.Of(node)).Finding.Message);
    }

    [Theory]
    [InlineData("storageType in [\"rbd\", \"ceph\"]", "Proxmox has no storage type \"ceph\".")]
    [InlineData("storageType == \"rbd\" && name != \"vmssd\"", "There is no storage \"vmssd\".")]
    [InlineData("storageType == \"rbd\" && node != \"india\"", "There is no node \"india\"; the nodes are foxtrot, golf, hotel.")]
    public void A_selector_that_works_is_told_of_names_that_nothing_has(string selector, string note) =>
        Assert.Equal(Finding.True(SelectorReasons.Valid, $"'{selector}' picks vm_ssd on foxtrot, golf, hotel. {note}"), SelectorCheck.Judge(new() { StorageSelector = selector }, Matrix.Inventory).Finding);

    [Fact]
    public void An_inactive_storage_has_no_space()
    {
        var spec = new MachineClassSpec { StorageSelector = "availableSpace == 0u" };

        Assert.Equal("False IneligibleStorage", Verdict(spec, Matrix.Of(Matrix.Node("foxtrot", Matrix.LocalLvm, Matrix.VmSsd with { Active = false }))));
    }

    [Fact]
    public void An_error_on_some_storages_depends_on_the_order_and_is_no_valid_selector()
    {
        var node = Matrix.Node("foxtrot", Matrix.LocalLvm, Matrix.Away(Matrix.VmSsd));

        var finding = SelectorCheck.Judge(new() { StorageSelector = "availableSpace - 1u > 0u" }, Matrix.Of(node)).Finding;

        Assert.Equal(Finding.False(SelectorReasons.EvaluationError,
            "'availableSpace - 1u > 0u' compiles, but fails on vm_ssd on foxtrot: unsigned integer overflow. The provider stops at the first error, and Proxmox lists storages in random order: "
            + "it works at times, when a match comes before the error. availableSpace is 0 for a storage that is not active, and a uint cannot go below 0: add on the other side instead. "
            + "Did you mean: availableSpace > 1u  (matches local-lvm on foxtrot)"), finding);
    }

    [Fact]
    public void An_error_that_a_condition_keeps_away_is_none() =>
        Assert.Equal("True Valid", Verdict(new() { StorageSelector = "name == \"local-lvm\" && availableSpace - 1u > 0u" }, Matrix.Of(Matrix.Node("foxtrot", Matrix.LocalLvm, Matrix.Away(Matrix.VmSsd)))));

    [Fact]
    public void Several_disks_are_each_judged_and_the_worst_decides()
    {
        var spec = LocalLvm with { AdditionalDisks = [Disk("name == \"vm_ssd\""), Disk("name == \"local\""), Disk("type == \"rbd\"")] };

        var judgement = SelectorCheck.Judge(spec, Matrix.Inventory);

        Assert.Equal(SelectorReasons.TypeError, judgement.Finding.Reason);
        Assert.StartsWith("Additional disk 2: 'name == \"local\"' matches no storage", judgement.Finding.Message, StringComparison.Ordinal);
        Assert.Contains(" Additional disk 3: 'type == \"rbd\"' does not compile: 1:6:", judgement.Finding.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System disk", judgement.Finding.Message, StringComparison.Ordinal);
        Assert.Equal(6, judgement.Picks.Count);
        Assert.Equal(["system", "1"], judgement.Picks.Select(p => p.Disk).Distinct());
    }

    [Fact]
    public void Disks_with_the_same_verdict_are_told_together()
    {
        Assert.Equal("'name == \"local-lvm\"' picks local-lvm on foxtrot, golf, hotel.",
            SelectorCheck.Judge(LocalLvm with { AdditionalDisks = [Disk(LocalLvm.StorageSelector!)] }, Matrix.Inventory).Finding.Message);
        Assert.StartsWith("System disk and additional disks 1 and 3: 'name == \"local-lvm\"' picks local-lvm on foxtrot, golf, hotel. Additional disk 2: 'name == \"vm_ssd\"' picks",
            SelectorCheck.Judge(LocalLvm with { AdditionalDisks = [Disk(LocalLvm.StorageSelector!), Disk("name == \"vm_ssd\""), Disk(LocalLvm.StorageSelector!)] }, Matrix.Inventory).Finding.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_of_the_provider_win_over_the_fields()
    {
        var spec = LocalLvm with
        {
            ProviderData = new JsonObject
            {
                ["storage_selector"] = "name == \"vm_ssd\"",
                ["node"] = "golf",
                ["additional_disks"] = new JsonArray(new JsonObject { ["disk_size"] = 10, ["storage_selector"] = "name == \"local-lvm\"" }),
            },
        };

        Assert.Equal(["system golf vm_ssd", "1 golf local-lvm"], Picks(SelectorCheck.Judge(spec, Matrix.Inventory)));
    }

    [Fact]
    public void A_class_with_matchLabels_needs_no_selector() =>
        Assert.Equal("True NotApplicable", Verdict(new() { MatchLabels = ["a = b"] }, null));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void An_empty_selector_is_a_syntax_error_with_an_example(string selector)
    {
        var finding = SelectorCheck.Judge(new() { StorageSelector = selector }, null).Finding;

        Assert.Equal(SelectorReasons.SyntaxError, finding.Reason);
        Assert.EndsWith("The selector is empty. It must be a condition on name, node, storageType and availableSpace. For example: name == \"local-lvm\"", finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_hold_no_figures_that_change_by_themselves()
    {
        var fuller = Matrix.Of([.. Matrix.Inventory.Nodes.Select(n => n with { Storages = [.. n.Storages.Select(s => s with { AvailableBytes = s.AvailableBytes - 123456789, UsedBytes = 5 })] })]);

        Assert.All(["availableSpace > 107374182400u", "availableSpace > 999999999999999u", "true", "availableSpace > 5"], selector =>
            Assert.Equal(SelectorCheck.Judge(new() { StorageSelector = selector }, Matrix.Inventory).Finding, SelectorCheck.Judge(new() { StorageSelector = selector }, fuller).Finding));
    }

    private static AdditionalDisk Disk(string selector) => new() { DiskSizeGiB = 10, StorageSelector = selector };

    private static string Verdict(MachineClassSpec spec, ProxmoxInventory? inventory)
    {
        var finding = SelectorCheck.Judge(spec, inventory).Finding;
        return $"{finding.Verdict} {finding.Reason}";
    }

    private static IEnumerable<string> Picks(SelectorJudgement judgement) => judgement.Picks.Select(p => $"{p.Disk} {p.Node} {string.Join(",", p.Storages!)}");
}
