using Microsoft.Extensions.Time.Testing;
using OmniScale.Lab.Proxmox;

namespace OmniScale.Proxmox.Tests;

public sealed class InventoryTests
{
    private static readonly CancellationToken Cancel = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ReadInventory_OfTheDefaultCluster_IsComplete(bool numbersAsStrings)
    {
        await using var lab = await Lab.StartAsync(new() { ShuffleSeed = null, NumbersAsStrings = numbersAsStrings });

        var inventory = await lab.Client().ReadInventoryAsync(Cancel);

        ValueList<ProxmoxStorage> storages =
        [
            new("local", "dir", ["backup", "iso", "vztmpl"], Enabled: true, Active: true, Shared: false, 107374182400, 12884901888, 94489280512),
            new("local-lvm", "lvmthin", ["images", "rootdir"], Enabled: true, Active: true, Shared: false, 858993459200, 171798691840, 687194767360),
            new("vm_ssd", "rbd", ["images", "rootdir"], Enabled: true, Active: true, Shared: true, 12000000000000, 3000000000000, 9000000000000),
        ];
        ValueList<ProxmoxBridge> bridges = [new("vmbr0", "bridge", Active: true, VlanAware: true, "2-4094", "eno1")];
        ProxmoxNode Node(string name) => new(
            name, NodeState.Online, 32, 137438953472, 17179869184, inventory.Nodes.Single(n => n.Name == name).TlsFingerprint, null, storages, bridges);
        Assert.Equal(
            new ProxmoxInventory(new ProxmoxVersion("9.1.5", "9.1"), "matrix", true, [Node("foxtrot"), Node("golf"), Node("hotel")], [], []), inventory);
        Assert.All(inventory.Nodes, n => Assert.Matches("^([0-9A-F]{2}:){31}[0-9A-F]{2}$", n.TlsFingerprint));
    }

    [Fact]
    public async Task ReadInventory_OfAStaticCluster_MakesExactlyTheseCalls()
    {
        await using var lab = await Lab.StartAsync();

        await lab.Client().ReadInventoryAsync(Cancel);

        Assert.Equal(
            [
                "GET /cluster/mapping/pci 200",
                "GET /cluster/status 200",
                "GET /nodes 200",
                "GET /nodes/foxtrot/network?type=any_bridge 200",
                "GET /nodes/foxtrot/storage 200",
                "GET /nodes/golf/network?type=any_bridge 200",
                "GET /nodes/golf/storage 200",
                "GET /nodes/hotel/network?type=any_bridge 200",
                "GET /nodes/hotel/storage 200",
                "GET /version 200",
            ],
            lab.Calls().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Storages_StayInTheOrderOfTheAnswer()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new()
        {
            Path = "/nodes/golf/storage",
            Body = """{"data":[{"storage":"b","type":"dir","content":"iso,images"},{"storage":"c","type":"dir"},{"storage":"a","type":"dir","content":null}]}""",
        });

        var golf = await NodeAsync(lab, "golf");

        Assert.Equal(["b", "c", "a"], golf.Storages.Select(s => s.Name));
        Assert.Equal(["[images, iso]", "[]", "[]"], golf.Storages.Select(s => s.Content.ToString()));
    }

    [Fact]
    public async Task Storage_DisabledRestrictedOrInactive_SaysSo()
    {
        await using var lab = await Lab.StartAsync(new() { ShuffleSeed = null });
        lab.Simulator.Inventory.Edit(c => (c.Storages[0].Disabled, c.Storages[1].Nodes) = (true, ["hotel"]));
        lab.Simulator.Inventory.SetStorageActive("vm_ssd", active: false, "golf");

        var golf = await NodeAsync(lab, "golf");

        Assert.Equal(
            [("local", false, false, 0ul), ("local-lvm", false, false, 0ul), ("vm_ssd", true, false, 0ul)],
            golf.Storages.Select(s => (s.Name, s.Enabled, s.Active, s.AvailableBytes)));
    }

    [Fact]
    public async Task OfflineNode_IsRecordedAndNotAsked()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.SetNodeStatus("golf", "offline");

        var inventory = await lab.Client().ReadInventoryAsync(Cancel);

        var golf = inventory.Nodes.Single(n => n.Name == "golf");
        Assert.Equal(
            new ProxmoxNode("golf", NodeState.Offline, 32, 137438953472, null, golf.TlsFingerprint, "The node is offline.", [], []), golf);
        Assert.Equal([3, 0, 3], inventory.Nodes.Select(n => n.Storages.Count));
        Assert.DoesNotContain(lab.Calls(), c => c.Contains("golf", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(595, "No route to host", "GET /nodes/golf/storage could not be passed on to the node that has to answer it (595 No route to host).")]
    [InlineData(596, "tls_process_server_certificate: certificate verify failed",
        "GET /nodes/golf/storage could not be passed on to the node that has to answer it (596 tls_process_server_certificate: certificate verify failed).")]
    [InlineData(500, "hostname lookup 'golf' failed", "GET /nodes/golf/storage failed in Proxmox (500 hostname lookup 'golf' failed).")]
    public async Task NodeThatCannotBeAsked_DoesNotSpoilTheRest(int status, string reason, string expected)
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new() { Path = "/nodes/golf/*", Status = status, Reason = reason });

        var inventory = await lab.Client().ReadInventoryAsync(Cancel);

        Assert.Equal([null, expected, null], inventory.Nodes.Select(n => n.Error));
        Assert.Equal([3, 0, 3], inventory.Nodes.Select(n => n.Storages.Count));
        Assert.Empty(inventory.Errors);
    }

    [Fact]
    public async Task NodeWhoseBridgesFail_KeepsItsStorages()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Faults.Add(new() { Path = "/nodes/golf/network", Body = "{\"data\":7}" });

        var golf = await NodeAsync(lab, "golf");

        Assert.Equal((3, 0, "GET /nodes/golf/network?type=any_bridge answered something that is not a list."), (golf.Storages.Count, golf.Bridges.Count, golf.Error));
    }

    [Fact]
    public async Task NodesThatHang_AreRecordedWhenTheInventorysTimeIsUp_AndTheOthersAreKept()
    {
        var time = new FakeTimeProvider();
        await using var lab = await Lab.StartAsync(new() { Time = time, ShuffleSeed = null });
        lab.Simulator.Inventory.Edit(c => c.Nodes = [.. c.Nodes, new SimulatedNode { Name = "india" }]);
        lab.Simulator.Faults.Add(new() { Path = "/nodes/golf/*", Delay = Timeout.InfiniteTimeSpan });
        lab.Simulator.Faults.Add(new() { Path = "/nodes/india/*", Delay = Timeout.InfiniteTimeSpan });
        var options = new ProxmoxClientOptions { RequestTimeout = TimeSpan.FromHours(1), InventoryTimeout = TimeSpan.FromSeconds(60), Parallelism = 2 };

        var reading = lab.Client(options: options).ReadInventoryAsync(Cancel);
        // Beside golf the client reads one node at a time: it has got to the last only when it is through with the others.
        await WaitForAsync(() => lab.Simulator.CallsUnderWay == 2 && lab.Simulator.Calls.Count(c => c.Path.StartsWith("/nodes/", StringComparison.Ordinal)) == 4);
        time.Advance(TimeSpan.FromSeconds(61));
        var inventory = await reading;

        var error = "The node was not read within the 60 s for the whole inventory.";
        Assert.Equal([null, error, null, error], inventory.Nodes.Select(n => n.Error));
        Assert.Equal([3, 0, 3, 0], inventory.Nodes.Select(n => n.Storages.Count));
    }

    [Fact]
    public async Task NodeThatHangs_IsRecordedAfterTheRequestsOwnTime()
    {
        var time = new FakeTimeProvider();
        await using var lab = await Lab.StartAsync(new() { Time = time, ShuffleSeed = null });
        lab.Simulator.Faults.Add(new() { Path = "/nodes/golf/*", Delay = Timeout.InfiniteTimeSpan });
        var options = new ProxmoxClientOptions { RequestTimeout = TimeSpan.FromSeconds(1), InventoryTimeout = TimeSpan.FromHours(1) };

        var reading = lab.Client(options: options).ReadInventoryAsync(Cancel);
        await WaitForAsync(() =>
        {
            // The other two nodes, which are asked two things each, are through: only golf is waited for.
            if (lab.Simulator.Calls.Count(call => call.Path.StartsWith("/nodes/", StringComparison.Ordinal) && !call.Path.Contains("golf", StringComparison.Ordinal)) == 4)
            {
                time.Advance(TimeSpan.FromSeconds(1.1));
            }

            return reading.IsCompleted;
        });
        var inventory = await reading;

        Assert.StartsWith("No answer from https://127.0.0.1:", inventory.Nodes[1].Error, StringComparison.Ordinal);
        Assert.Equal([3, 0, 3], inventory.Nodes.Select(n => n.Storages.Count));
    }

    [Fact]
    public async Task Requests_AreUnderWayFourAtATime()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Edit(c => c.Nodes = [.. Enumerable.Range(10, 12).Select(i => new SimulatedNode { Name = $"n{i}" })]);
        lab.Simulator.Faults.Add(new() { Path = "/nodes/*/storage", Delay = Timeout.InfiniteTimeSpan });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        var reading = lab.Client().ReadInventoryAsync(stop.Token);
        await WaitForAsync(() => lab.Simulator.CallsUnderWay == 4);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        await WaitForAsync(() => lab.Simulator.CallsUnderWay == 0);
        Assert.Equal(4, lab.Simulator.Calls.Count(c => c.Status == 0));
    }

    [Fact]
    public async Task LostQuorum_IsReported()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.SetQuorate(false);

        Assert.False((await lab.Client().ReadInventoryAsync(Cancel)).Quorate);
    }

    [Fact]
    public async Task StandAloneHost_CountsAsQuorate()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Edit(c => (c.Name, c.Nodes) = (null, [c.Nodes[0]]));

        var inventory = await lab.Client().ReadInventoryAsync(Cancel);

        Assert.Equal((null, true), (inventory.ClusterName, inventory.Quorate));
    }

    [Fact]
    public async Task ClusterStatus_WithoutThePrivilege_LeavesTheQuorumOpenAndSaysWhy()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Revoke(MatrixCluster.UserId, "/", "Sys.Audit");

        var inventory = await lab.Client().ReadInventoryAsync(Cancel);

        Assert.Equal((null, null, 3), (inventory.ClusterName, inventory.Quorate, inventory.Nodes.Count));
        Assert.Equal(
            ["omni@pve!operator may not GET /cluster/status: it lacks Sys.Audit on /. A token with privilege separation needs ACLs of its own."],
            inventory.Errors);
    }

    [Fact]
    public async Task Nodes_WithoutThePrivilege_HaveNoFigures()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Revoke(MatrixCluster.UserId, "/nodes", "Sys.Audit");

        var golf = await NodeAsync(lab, "golf");

        Assert.Equal((null, null, null, null), (golf.MaxCpu, golf.MaxMemoryBytes, golf.UsedMemoryBytes, golf.Error));
    }

    [Fact]
    public async Task PciMappings_AreReadWithTheirDevices()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Edit(c => c.PciMappings =
        [
            new() { Id = "nic", Map = ["node=golf,path=0000:02:00.0,id=8086:1572"] },
            new() { Id = "gpu", Description = "T4", Mdev = true, Map = ["node=hotel,path=0000:01:00.0;0000:01:00.1,id=10de:1eb8,iommugroup=12", "path=0000:01:00.0"] },
        ]);

        var inventory = await lab.Client().ReadInventoryAsync(Cancel);

        Assert.Equal(
            [
                new ProxmoxPciMapping("gpu", "T4", MediatedDevices: true, [new("hotel", "0000:01:00.0;0000:01:00.1", "10de:1eb8")]),
                new ProxmoxPciMapping("nic", null, MediatedDevices: false, [new("golf", "0000:02:00.0", "8086:1572")]),
            ],
            inventory.PciMappings);
    }

    [Fact]
    public async Task PciMappings_BeforeVersion8_AreNoneAndNoError()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Edit(c => c.Version = "7.4-17");

        var inventory = await lab.Client().ReadInventoryAsync(Cancel);

        Assert.Equal((new ProxmoxVersion("7.4-17", "7.4"), 7), (inventory.Version, inventory.Version.Major));
        Assert.Empty(inventory.PciMappings);
        Assert.Empty(inventory.Errors);
    }

    [Fact]
    public async Task Bridges_IncludeVnetsAndInactiveOnes()
    {
        await using var lab = await Lab.StartAsync();
        lab.Simulator.Inventory.Edit(c => c.Nodes[1].Bridges.AddRange([new() { Name = "tenant1", Type = "vnet" }, new() { Name = "vmbr1", Active = false }]));

        var golf = await NodeAsync(lab, "golf");

        Assert.Equal([("tenant1", "vnet", true, false), ("vmbr0", "bridge", true, true), ("vmbr1", "bridge", false, false)],
            golf.Bridges.Select(b => (b.Name, b.Type, b.Active, b.VlanAware)));
    }

    private static async Task<ProxmoxNode> NodeAsync(Lab lab, string name) =>
        (await lab.Client().ReadInventoryAsync(Cancel)).Nodes.Single(n => n.Name == name);

    private static async Task WaitForAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition())
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
    }
}
