using Grpc.Core;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Lab.Proxmox;
using OmniScale.TestKit;

namespace OmniScale.Chaos;

/// <summary>
/// Those who do things: users, another hand in Omni, and what makes faults. All that is drawn from the seed is
/// drawn before anything is looked at, so that a seed gives the same steps whatever the operator has done by then.
/// </summary>
internal sealed partial class Actors(World world, Random random)
{
    private static readonly string[] WriteMethods = ["Create", "Update", "Teardown", "Destroy"];

    private static readonly StatusCode[] Codes =
        [StatusCode.Unavailable, StatusCode.Internal, StatusCode.Aborted, StatusCode.DeadlineExceeded, StatusCode.ResourceExhausted, StatusCode.PermissionDenied];

    private Task? leaderChange;

    public async Task StepAsync()
    {
        var pause = Pause();
        await (random.Next(200) switch
        {
            < 52 => ApplyClusterAsync(),
            < 66 => DeleteClusterAsync(),
            < 78 => ApplyClassAsync(),
            < 86 => DeleteClassAsync(),
            < 92 => ProviderAsync(),
            < 102 => SecretAsync(),
            < 108 => RecreateAsync(),
            < 120 => HandEditsAsync(),
            < 128 => HandRemovesAsync(),
            < 136 => HandDeletesClusterAsync(),
            < 144 => HandAddsPatchAsync(),
            < 150 => HandLocksAsync(),
            < 170 => FaultAsync(),
            < 176 => OmniDownAsync(),
            < 180 => ProxmoxDownAsync(),
            < 182 => ControlPlaneDownAsync(),
            < 194 => EndAsync(),
            _ => FreezeAsync(),
        });
        await Task.Delay(pause, TimeProvider.System, World.Ct);
    }

    /// <summary>One of the steps that give the operator something to write to Omni, mostly at once.</summary>
    public async Task EditAsync()
    {
        var pause = Pause();
        await (random.Next(4) == 0 ? ApplyClusterAsync() : HandDriftsAsync());
        await Task.Delay(pause, TimeProvider.System, World.Ct);
    }

    private Task FaultAsync()
    {
        var kind = random.Next(7);
        var method = Pick(WriteMethods);
        var code = Pick(Codes);
        var (after, times) = (random.Next(2) == 0, random.Next(1, 4));
        switch (kind)
        {
            case 0:
                world.Note($"fault: {world.Omni.Faults.FailWatches()} watches fail");
                break;
            case 1:
                world.Note("fault: connections are cut");
                world.Omni.Faults.DropConnections();
                break;
            case 2:
                world.Note("fault: Omni forgets its history, and connections are cut");
                world.Omni.State.Compact();
                world.Omni.Faults.DropConnections();
                break;
            case 3:
                world.Note($"fault: the connection of the next {method} is reset, after storing: {after}");
                world.Omni.Faults.Add(new OmniFault { Kind = OmniFaultKind.Reset, Method = method, AfterStoring = after });
                break;
            case 4:
                world.Note($"fault: the next {times} {method} are slow");
                world.Omni.Faults.Add(new OmniFault { Kind = OmniFaultKind.Delay, Method = method, Times = times, Delay = TimeSpan.FromMilliseconds(300), AfterStoring = after });
                break;
            default:
                world.Note($"fault: the next {times} {method} fail with {code}, after storing: {after}");
                world.Omni.Faults.Add(new OmniFault { Method = method, Times = times, Code = code, AfterStoring = after });
                break;
        }

        return Task.CompletedTask;
    }

    private async Task OmniDownAsync()
    {
        var span = TimeSpan.FromMilliseconds(random.Next(50, 800));
        world.Note($"fault: Omni is down for {span.TotalMilliseconds} ms");
        await world.Omni.SuspendAsync();
        await Task.Delay(span, TimeProvider.System, World.Ct);
        await world.Omni.ResumeAsync(World.Ct);
    }

    private Task ProxmoxDownAsync()
    {
        var span = TimeSpan.FromMilliseconds(random.Next(50, 2000));
        world.Note($"fault: Proxmox is down for {span.TotalMilliseconds} ms");
        world.Proxmox.Faults.Add(new ProxmoxFault { Reset = true });
        world.Background.Add(BackAsync());
        return Task.CompletedTask;

        async Task BackAsync()
        {
            await Task.Delay(span, TimeProvider.System, World.Ct);
            world.Proxmox.Faults.Clear();
        }
    }

    /// <summary>Kills the API server or etcd, and starts it again. Users wait meanwhile; others go on.</summary>
    private async Task ControlPlaneDownAsync()
    {
        var (isEtcd, steps) = (random.Next(2) == 0, random.Next(8));
        var name = isEtcd ? "etcd" : "the API server";
        var controlPlane = world.Installation.ControlPlane;
        world.Note($"kill {name}");
        await (isEtcd ? controlPlane.StopEtcdAsync() : controlPlane.StopApiServerAsync());
        for (var step = 0; step < steps; step++)
        {
            var pause = Pause();
            await (random.Next(6) switch
            {
                0 => HandEditsAsync(),
                1 => HandRemovesAsync(),
                2 => HandAddsPatchAsync(),
                3 => HandLocksAsync(),
                4 => FaultAsync(),
                _ => EndAsync(),
            });
            await Task.Delay(pause, TimeProvider.System, World.Ct);
        }

        world.Note($"start {name}");
        await (isEtcd ? controlPlane.StartEtcdAsync() : controlPlane.StartApiServerAsync());
        await Eventually.TrueAsync(world.CanWriteAsync, "the API server serves writes again", TimeSpan.FromSeconds(60));
        world.Note($"{name} is back");
    }

    /// <summary>Ends the operator at a moment of its own while steps go on, or starts it again; of two, the one that leads.</summary>
    private async Task EndAsync()
    {
        var (isBack, how) = (random.Next(3) > 0, Pick(Enum.GetValues<LeaderChange>()));
        if (world.Operators.IsPair)
        {
            var isUnderWay = leaderChange is { IsCompleted: false };
            world.Note($"the leader is to be {how}{(isUnderWay ? ", but another change is under way" : "")}");
            if (!isUnderWay)
            {
                world.Background.Add(leaderChange = world.Election.ChangeAsync(how));
            }

            return;
        }

        world.Note(world.Operators.IsRunning ? $"kill the operator{(isBack ? " and start it again" : "")}" : "start the operator");
        var starts = isBack || !world.Operators.IsRunning;
        await world.Operators.KillAsync();
        if (starts)
        {
            await world.Operators.StartAsync();
        }
    }

    private Task FreezeAsync()
    {
        var span = TimeSpan.FromMilliseconds(random.Next(1500));
        world.Note($"the operator is stopped for {span.TotalMilliseconds} ms");
        world.Background.Add(world.Operators.FreezeAsync(span));
        return Task.CompletedTask;
    }

    private TimeSpan Pause() => TimeSpan.FromMilliseconds(random.Next(3) == 0 ? random.Next(400) : random.Next(60));

    private T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
