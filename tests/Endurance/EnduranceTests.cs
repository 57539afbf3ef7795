using System.Globalization;
using OmniScale.Operator.Tests;

namespace OmniScale.Endurance;

/// <summary>
/// Much of what a process lives through in months, in minutes. <c>OMNISCALE_ENDURANCE_ROUNDS</c> says how much: in each round ten
/// watches expire and a Secret is rotated, each tenth of which is the renewal of a service account's key.
/// </summary>
public sealed class EnduranceTests(Installation installation, ITestOutputHelper output)
{
    private const int ExpiriesPerRound = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    [Fact]
    public async Task Memory_and_connections_are_at_the_end_what_they_were_after_a_tenth()
    {
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("OMNISCALE_ENDURANCE_ROUNDS"), CultureInfo.InvariantCulture, out var value) ? value : 60;
        await using var life = await LongLife.StartAsync(installation);
        var (began, measured) = (life.Expiries, new List<(double Megabytes, int Connections)>());
        for (var tenth = 0; tenth < 10; tenth++)
        {
            await RunAsync(life, began, rounds * tenth / 10, rounds * (tenth + 1) / 10);
            measured.Add(await MeasureAsync(life, $"after {rounds * (tenth + 1) / 10} rotations, one in ten of them a renewed key, and {life.Expiries - began} expiries"));
        }

        var (most, mostConnections) = (measured[0].Megabytes * 1.1, measured[0].Connections * 1.1);
        for (var i = 0; i < 5 && (measured[^1].Megabytes > most || measured[^1].Connections > mostConnections); i++)
        {
            // What was being closed just then is gone a moment later; a leak is not.
            await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System, TestContext.Current.CancellationToken);
            measured.Add(await MeasureAsync(life, "once more"));
        }

        await life.ReadyAsync();
        Assert.Empty(life.Writes);
        Assert.InRange(measured[^1].Megabytes, 0, most);
        Assert.InRange(measured[^1].Connections, 0, mostConnections);
    }

    private static async Task RunAsync(LongLife life, long began, int from, int to)
    {
        for (var round = from; round < to; round++)
        {
            var @namespace = life.Namespaces[round / 2 % life.Namespaces.Count];
            await (round % 10 == 9 ? life.RenewKeyAsync(@namespace) : life.RotateTokenAsync(@namespace));
            while (life.Expiries - began < (round + 1) * ExpiriesPerRound)
            {
                life.ExpireOmniWatches();
                await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
            }

            if (round % 7 == 0)
            {
                life.ForgetRecords();
            }
        }
    }

    private async Task<(double Megabytes, int Connections)> MeasureAsync(LongLife life, string when)
    {
        await life.SettleAsync();
        await life.ReadyAsync();
        life.ForgetRecords();
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        var measured = (GC.GetTotalMemory(forceFullCollection: true) / 1e6, Directory.GetFiles("/proc/self/fd").Count(IsSocket));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{when}: {measured.Item1:0.0} MB, {measured.Item2} sockets"));
        return measured;
    }

    private static bool IsSocket(string descriptor) =>
        new FileInfo(descriptor).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) ?? false;
}
