using OmniScale.Operator.Tests;

namespace OmniScale.Chaos;

/// <summary>
/// Users, another hand in Omni, faults and kills, in an order that a seed gives; at the end, all must be as the objects say.
/// <c>OMNISCALE_CHAOS_SEED</c> is the first seed, <c>OMNISCALE_CHAOS_RUNS</c> how many follow, <c>OMNISCALE_CHAOS_STEPS</c> how long
/// each sequence is, <c>OMNISCALE_CHAOS_LIMIT</c> how many seconds all may take to settle. A seed gives the same steps again; how they fall between the operator's own is up to the machine.
/// </summary>
public sealed class ChaosTests(Installation first, Installations installations)
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(Settings.Number("SEED", 1), Settings.Number("RUNS", 6))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Whatever_happens_it_ends_as_the_objects_say(int seed)
    {
        await Settings.Turns.WaitAsync(World.Ct);
        try
        {
            var installation = await installations.TakeAsync(first);
            await RunAsync(installation, seed);
            installations.GiveBack(installation);
        }
        finally
        {
            Settings.Turns.Release();
        }
    }

    /// <summary>Every sixth run or so has two replicas, and another sixth nothing between the operator and its servers.</summary>
    private static async Task RunAsync(Installation installation, int seed)
    {
        var random = new Random(seed);
        var (pair, ways) = random.Next(6) switch
        {
            0 => (true, Ways.ProxiedKube),
            1 => (false, Ways.Direct),
            _ => (false, Ways.Proxied),
        };
        await using var world = await World.StartAsync(installation, seed, pair, ways);
        var actors = new Actors(world, random);
        try
        {
            await actors.PrepareAsync();
            world.Note("prepared");
            for (var step = 0; step < Settings.Number("STEPS", 40); step++)
            {
                await actors.StepAsync();
            }

            await world.CalmAsync();
            await new Verdict(world).HoldsAsync(Settings.Limit);
            world.Note($"settled, {world.Omni.Writes.Count} writes");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Assert.Fail($"seed {seed}: {e.Message}\n\nSteps:\n{string.Join('\n', world.Log)}\n\n{e.GetType().Name} {e.StackTrace}");
        }

        world.Report($"seed {seed}");
    }
}
