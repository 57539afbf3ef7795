using System.Globalization;
using OmniScale.Operator.Tests;

namespace OmniScale.Chaos;

/// <summary>
/// Users, another hand in Omni, faults and kills, in an order that a seed gives; at the end, all must be as the objects say.
/// <c>OMNISCALE_CHAOS_SEED</c> is the first seed, <c>OMNISCALE_CHAOS_RUNS</c> how many follow, <c>OMNISCALE_CHAOS_STEPS</c> how long
/// each sequence is, <c>OMNISCALE_CHAOS_LIMIT</c> how many seconds all may take to settle. A seed gives the same steps again; how they fall between the operator's own is up to the machine.
/// </summary>
public sealed class ChaosTests(Installation installation)
{
    /// <summary>Each run has a program of its own to feed, so that not many of them go at once.</summary>
    private static readonly SemaphoreSlim Turns = new(Math.Max(2, Environment.ProcessorCount));

    public static TheoryData<int> Seeds => [.. Enumerable.Range(Setting("SEED", 1), Setting("RUNS", 4))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Whatever_happens_it_ends_as_the_objects_say(int seed)
    {
        await Turns.WaitAsync(World.Ct);
        try
        {
            await RunAsync(seed);
        }
        finally
        {
            Turns.Release();
        }
    }

    private async Task RunAsync(int seed)
    {
        await using var world = await World.StartAsync(installation, seed);
        var actors = new Actors(world, new Random(seed));
        try
        {
            await actors.PrepareAsync();
            for (var step = 0; step < Setting("STEPS", 30); step++)
            {
                await actors.StepAsync();
            }

            await world.CalmAsync();
            await new Verdict(world).HoldsAsync(TimeSpan.FromSeconds(Setting("LIMIT", 60)));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Assert.Fail($"seed {seed}: {e.Message}\n\nSteps:\n{string.Join('\n', world.Log)}\n\n{e.GetType().Name} {e.StackTrace}");
        }
    }

    private static int Setting(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable($"OMNISCALE_CHAOS_{name}"), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
