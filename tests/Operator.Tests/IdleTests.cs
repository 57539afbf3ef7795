using OmniScale.Crds;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests;

/// <summary>Where there is nothing to do, nothing is done.</summary>
public sealed class IdleTests(Installation installation)
{
    [Fact]
    public async Task A_restart_reads_everything_once_and_writes_nothing()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        var before = await stage.SettledAsync();
        await stage.StopOperatorAsync();
        stage.Omni.ClearCalls();

        await stage.StartOperatorAsync();
        await Eventually.TrueAsync(() => stage.Omni.Calls.Select(call => call.Type).Distinct().Count() >= 17, "every type is watched");
        await stage.Operator!.IdleAsync();

        Assert.All(stage.Omni.Calls, call => Assert.Equal("Watch", call.Method));
        Assert.Equal(17, stage.Omni.Calls.Count);
        Assert.Equal(before, await stage.SettledAsync());
    }

    [Fact]
    public async Task A_resync_costs_no_call_and_no_write()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        var before = await stage.SettledAsync();
        stage.Omni.ClearCalls();
        var asked = stage.Proxmox.Calls.Count;

        for (var i = 0; i < 3; i++)
        {
            stage.Operator!.Resync(stage.Namespace, Stage.ProviderId, "small", "first");
            await stage.Operator.IdleAsync();
        }

        Assert.Empty(stage.Omni.Calls);
        Assert.Equal(asked, stage.Proxmox.Calls.Count);
        Assert.Equal(before, await stage.SettledAsync());
    }

    [Fact]
    public async Task Applying_the_same_again_costs_nothing_either()
    {
        await using var stage = await Stage.StartAsync(installation);
        await stage.RunClusterAsync("first");
        await stage.ReadyAsync<ProxmoxProvider>(Stage.ProviderId);
        var before = await stage.SettledAsync();
        stage.Omni.ClearCalls();

        await stage.ApplyProviderAsync();
        await stage.ApplyClassAsync("small");
        await stage.ApplyClusterAsync("first");
        await stage.Operator!.IdleAsync();

        Assert.Empty(stage.Omni.Calls);
        Assert.Equal(before, await stage.SettledAsync());
    }
}
