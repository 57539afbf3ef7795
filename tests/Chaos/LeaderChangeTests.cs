using OmniScale.Operator.Tests;

namespace OmniScale.Chaos;

/// <summary>Two replicas, of which the leader is replaced again and again while there is always something to write. <c>OMNISCALE_CHAOS_CHANGES</c> says how often.</summary>
public sealed class LeaderChangeTests(Installation first, Installations installations)
{
    [Fact]
    public async Task Leader_HoweverItIsReplaced_BeginsNoWriteAfterAnotherOneLeads()
    {
        var installation = await installations.TakeAsync(first);
        await using var world = await World.StartAsync(installation, seed: 20, pair: true, Ways.ProxiedKube);
        var actors = new Actors(world, new Random(20));
        var changes = Settings.Number("CHANGES", 5);
        try
        {
            await actors.PrepareAsync();
            for (var i = 0; i < changes; i++)
            {
                var change = world.Election.ChangeAsync((LeaderChange)(i % Enum.GetValues<LeaderChange>().Length));
                while (!change.IsCompleted)
                {
                    await actors.EditAsync();
                }

                await change;
            }

            await world.CalmAsync();
            await new Verdict(world).HoldsAsync(Settings.Limit);
            Assert.InRange(world.Election.Changes, changes, int.MaxValue);
            Assert.InRange(world.Election.Writers, changes / 2, int.MaxValue);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Assert.Fail($"{e.Message}\n\nSteps:\n{string.Join('\n', world.Log)}\n\n{e.GetType().Name} {e.StackTrace}");
        }

        world.Report($"{world.Election.Changes} leader changes, {world.Election.Writes} writes of {world.Election.Writers} processes, {world.Election.Landed} of them in flight when their process was frozen");
        installations.GiveBack(installation);
    }
}
