namespace OmniScale.Chaos;

/// <summary>
/// Those who do things: users, another hand in Omni, and what makes faults. All that is drawn from the seed is
/// drawn before anything is looked at, so that a seed gives the same steps whatever the operator has done by then.
/// </summary>
internal sealed partial class Actors(World world, Random random)
{
    private Task? leaderChange;

    public async Task StepAsync()
    {
        var pause = Pause();
        await (random.Next(244) switch
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
            < 182 => ProxmoxFaultAsync(),
            < 184 => ControlPlaneDownAsync(),
            < 212 => WayToApiServerAsync(),
            < 226 => WayToOmniAsync(),
            < 238 => EndAsync(),
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
