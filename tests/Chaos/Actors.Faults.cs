using Grpc.Core;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Lab.Proxmox;
using OmniScale.TestKit;

namespace OmniScale.Chaos;

/// <summary>What goes wrong with the servers.</summary>
internal sealed partial class Actors
{
    private static readonly string[] WriteMethods = ["Create", "Update", "Teardown", "Destroy"];

    private static readonly StatusCode[] Codes =
        [StatusCode.Unavailable, StatusCode.Internal, StatusCode.Aborted, StatusCode.DeadlineExceeded, StatusCode.ResourceExhausted, StatusCode.PermissionDenied];

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

    private Task ProxmoxFaultAsync()
    {
        var (kind, span) = (random.Next(5), TimeSpan.FromMilliseconds(random.Next(50, 2000)));
        var (what, fault) = kind switch
        {
            0 => ("answers with 500", new ProxmoxFault { Status = 500 }),
            1 => ("answers with 503", new ProxmoxFault { Status = 503 }),
            2 => ("takes that long for an answer", new ProxmoxFault { Delay = span }),
            _ => ("is down", new ProxmoxFault { Reset = true }),
        };
        world.Note($"fault: Proxmox {what} for {span.TotalMilliseconds} ms");
        world.Proxmox.Faults.Add(fault);
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
            await (random.Next(7) switch
            {
                0 => HandEditsAsync(),
                1 => HandRemovesAsync(),
                2 => HandAddsPatchAsync(),
                3 => HandLocksAsync(),
                4 => FaultAsync(),
                5 => WayToApiServerAsync(),
                _ => EndAsync(),
            });
            await Task.Delay(pause, TimeProvider.System, World.Ct);
        }

        world.Note($"start {name}");
        await (isEtcd ? controlPlane.StartEtcdAsync() : controlPlane.StartApiServerAsync());
        await Eventually.TrueAsync(world.CanWriteAsync, "the API server serves writes again", TimeSpan.FromSeconds(60));
        world.Note($"{name} is back");
    }
}
