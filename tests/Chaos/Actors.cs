using Grpc.Core;
using OmniScale.Lab.Omni.Faults;

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

    public async Task StepAsync()
    {
        var pause = TimeSpan.FromMilliseconds(random.Next(3) == 0 ? random.Next(400) : random.Next(60));
        await (random.Next(100) switch
        {
            < 26 => ApplyClusterAsync(),
            < 34 => DeleteClusterAsync(),
            < 40 => ApplyClassAsync(),
            < 44 => DeleteClassAsync(),
            < 47 => ProviderAsync(),
            < 52 => SecretAsync(),
            < 55 => RecreateAsync(),
            < 61 => HandEditsAsync(),
            < 65 => HandRemovesAsync(),
            < 69 => HandDeletesClusterAsync(),
            < 73 => HandAddsPatchAsync(),
            < 76 => HandLocksAsync(),
            < 86 => FaultAsync(),
            < 89 => OmniDownAsync(),
            < 96 => KillAsync(),
            _ => PauseAsync(),
        });
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

    /// <summary>Kills the operator at a moment of its own while steps go on, or starts it again.</summary>
    private async Task KillAsync()
    {
        var isBack = random.Next(3) > 0;
        world.Note(world.IsRunning ? $"kill the operator{(isBack ? " and start it again" : "")}" : "start the operator");
        if (!world.IsRunning)
        {
            await world.StartOperatorAsync();
            return;
        }

        await world.KillOperatorAsync();
        if (isBack)
        {
            await world.StartOperatorAsync();
        }
    }

    private async Task PauseAsync()
    {
        world.Note(world.IsPaused ? "the operator goes on" : "the operator is stopped");
        await world.PauseOperatorAsync(!world.IsPaused);
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
