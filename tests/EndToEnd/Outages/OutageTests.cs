using OmniScale.Crds;
using OmniScale.Lab.Proxmox;
using OmniScale.Omni.Api;
using OmniScale.Operator.Tests;
using OmniScale.TestKit;

namespace OmniScale.EndToEnd;

/// <summary>Each of the four that the operator depends on is away for a minute.</summary>
public sealed class OutageTests(Installation installation)
{
    private const string Alone = "--leader-elect=false";

    /// <summary>What is promised: from the first answer of what was away until everything is as it should be.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(10);

    /// <summary>What comes back does so by itself: settling is measured, and the outages of the tests end in the same minute.</summary>
    private static readonly SemaphoreSlim Returns = new(1);

    /// <summary>How long is waited to be able to say how long it took.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>After <see cref="MeddleInOmni"/>: the machine's illness is known.</summary>
    private static readonly string IllControlPlane = OutageWorld.Well(workers: 1)
        .Replace($"True {TalosClusterReasons.Healthy}", $"False {TalosClusterReasons.Unhealthy}", StringComparison.Ordinal)
        .Replace("cluster Current", "cluster InProgress", StringComparison.Ordinal);

    [Fact]
    public async Task Omni_WhenAwayForAMinute_IsToldByConditions_AndAllSettlesWithinSeconds()
    {
        await using var world = await OutageWorld.StartAsync(installation, Alone);
        await world.Omni.SuspendAsync();
        await using var outage = Outage.Begin(world);

        await TellsAsync(async () => OutageWorld.Condition(await world.ClusterAsync(), CommonConditions.OmniReachable), "False Unreachable");
        await TellsAsync(async () => OutageWorld.Condition(await world.ClassAsync(), CommonConditions.OmniReachable), "False Unreachable");
        await TellsAsync(async () => OutageWorld.Condition(await world.ProviderAsync(), CommonConditions.OmniReachable), "False Unreachable");
        await world.ApplyAsync(workers: 2);
        await outage.LastAsync();

        await AssertSettlesAsync(world, outage, () => world.Omni.ResumeAsync(TestContext.Current.CancellationToken), OutageWorld.Well(workers: 2));
        Assert.All(outage.Said, said => Assert.Contains(": 200 ", said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Proxmox_WhenAwayForAMinute_IsToldByConditions_AndAllSettlesWithinSeconds()
    {
        await using var world = await OutageWorld.StartAsync(installation, Alone);
        await world.Proxmox.SuspendAsync();
        await using var outage = Outage.Begin(world);

        await TellsAsync(async () => OutageWorld.Condition(await world.ProviderAsync(), ProxmoxProviderConditions.ProviderReachable), "False");
        // What cannot be checked does not hold anything back.
        await world.ApplyAsync(workers: 2);
        await Eventually.ValueAsync(async () => (await world.ClusterAsync()).Status?.WorkersReady, ready => ready == "2/2", "the cluster has grown meanwhile", Patience);
        world.Proxmox.Inventory.PutStorage(new SimulatedStorage { Name = "new", Type = "dir", Content = ["images"] });
        await outage.LastAsync();

        await AssertSettlesAsync(world, outage, () => world.Proxmox.ResumeAsync(TestContext.Current.CancellationToken), OutageWorld.Well(workers: 2));
        await Eventually.TrueAsync(
            async () => (await world.ProviderAsync()).Status!.Storages!.Any(storage => storage.Name == "new"), "what came to Proxmox meanwhile is known", SettleLimit);
        Assert.All(outage.Said, said => Assert.Contains(": 200 ", said, StringComparison.Ordinal));
    }

    [Fact]
    public async Task ApiServer_WhenAwayForAMinute_IsToldByReadiness_AndAllSettlesWithinSeconds()
    {
        await using var own = new Installation();
        await own.InitializeAsync();
        await using var world = await OutageWorld.StartAsync(own, Alone);
        var rendered = world.Rendered();
        await world.ControlPlane.StopApiServerAsync();
        await using var outage = Outage.Begin(world);

        await TellsAsync(() => world.AskAsync("/readyz"), "503");
        MeddleInOmni(world);
        await outage.LastAsync();

        await AssertSettlesAsync(world, outage, world.ControlPlane.StartApiServerAsync, IllControlPlane, rendered);
        AssertLives(outage);
    }

    [Fact]
    public async Task ApiServer_WhenAwayForAMinute_CostsTheLeaderOneRestart_AndTheOtherReplicaGoesOn()
    {
        await using var own = new Installation();
        await own.InitializeAsync();
        await using var world = await OutageWorld.StartAsync(own, "--leader-elect", "--lease-namespace", "omniscale-system");
        using var standby = await world.StartStandbyAsync();
        var rendered = world.Rendered();
        await world.ControlPlane.StopApiServerAsync();
        await using var outage = Outage.Begin(world);

        // A leader that cannot renew its lease must not go on. The process that kubelet starts in its place waits.
        Assert.Equal(1, await world.Operator.ExitAsync(Outage.Length));
        await world.StartOperatorAsync();
        MeddleInOmni(world);
        await outage.LastAsync();
        Assert.False(standby.HasExited, "the standby has exited");

        // The standby has watched the lease: it knows how long the last renewal is past, and leads at once.
        await AssertSettlesAsync(world, outage, world.ControlPlane.StartApiServerAsync, IllControlPlane, rendered);
        Assert.False(standby.HasExited, "the standby has exited");
    }

    [Fact]
    public async Task Etcd_WhenAwayForAMinute_IsToldByReadiness_AndAllSettlesWithinSeconds()
    {
        await using var own = new Installation();
        await own.InitializeAsync();
        await using var world = await OutageWorld.StartAsync(own, Alone);
        var rendered = world.Rendered();
        await world.ControlPlane.StopEtcdAsync();
        await using var outage = Outage.Begin(world);

        await TellsAsync(() => world.AskAsync("/readyz"), "503");
        MeddleInOmni(world);
        await outage.LastAsync();

        await AssertSettlesAsync(world, outage, BackAsync, IllControlPlane, rendered);
        AssertLives(outage);

        async Task BackAsync()
        {
            await world.ControlPlane.StartEtcdAsync();
            await Eventually.TrueAsync(world.HasWholeApiServerAsync, "the API server has found etcd", Patience);
        }
    }

    /// <summary>Another hand changes what is not its own, and a machine falls ill.</summary>
    private static void MeddleInOmni(OutageWorld world)
    {
        Assert.True(world.Omni.State.Edit(ResourceTypes.MachineClasses, "small", machineClass => machineClass.Spec.AutoProvision.KernelArgs.Add("quiet")));
        var machine = world.Omni.Lifecycle.Machines().Single(machine => machine.MachineSet == "first-control-planes");
        world.Omni.Lifecycle.Trouble(machine.Uuid, new() { Disconnected = true });
    }

    private static Task TellsAsync(Func<Task<string>> ask, string beginning) =>
        Eventually.ValueAsync(ask, text => text.StartsWith(beginning, StringComparison.Ordinal), $"the operator says {beginning}", Outage.Length);

    private static void AssertLives(Outage outage) =>
        Assert.All(outage.Said.Where(said => said.Contains("/livez", StringComparison.Ordinal)), said => Assert.Contains(": 200 ", said, StringComparison.Ordinal));

    /// <summary>Lets what was away come back, and measures from then on.</summary>
    private static async Task AssertSettlesAsync(OutageWorld world, Outage outage, Func<Task> comeBackAsync, string settled, IReadOnlyList<string>? rendered = null)
    {
        foreach (var said in outage.Said)
        {
            TestContext.Current.TestOutputHelper!.WriteLine(said);
        }

        TimeSpan took;
        await Returns.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            await comeBackAsync();
            var back = TimeProvider.System.GetTimestamp();
            await Eventually.ValueAsync(world.DescribeAsync, text => text == settled, settled, Patience);
            await Eventually.TrueAsync(() => rendered is null || rendered.SequenceEqual(world.Rendered()), "Omni has what is rendered", Patience);
            await Eventually.ValueAsync(() => world.AskAsync("/readyz"), text => text.StartsWith("200", StringComparison.Ordinal), "the operator is ready", Patience);
            took = TimeProvider.System.GetElapsedTime(back);
        }
        finally
        {
            Returns.Release();
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"Settled {took.TotalSeconds:0.0} s after the return from an outage of {Outage.Length.TotalSeconds:0} s");
        Assert.Empty(world.CreatedTwice());
        Assert.False(world.Operator.HasExited, "the operator has exited");
        Assert.InRange(took, TimeSpan.Zero, SettleLimit);
    }
}
