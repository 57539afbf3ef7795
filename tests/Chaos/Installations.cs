using System.Collections.Concurrent;
using OmniScale.Chaos;
using OmniScale.Operator.Tests;

[assembly: AssemblyFixture(typeof(Installations))]

namespace OmniScale.Chaos;

/// <summary>
/// Control planes for runs that stop and start theirs: each run has one for itself, and the next one takes it over.
/// There are as many as runs at once.
/// </summary>
public sealed class Installations : IAsyncDisposable
{
    private readonly ConcurrentBag<Installation> idle = [];
    private readonly ConcurrentBag<Installation> started = [];
    private int taken;

    /// <param name="first">The one that the assembly has anyway.</param>
    public async Task<Installation> TakeAsync(Installation first)
    {
        if (Interlocked.Increment(ref taken) == 1)
        {
            return first;
        }

        if (idle.TryTake(out var installation))
        {
            return installation;
        }

        installation = new Installation();
        started.Add(installation);
        await installation.InitializeAsync();
        return installation;
    }

    public void GiveBack(Installation installation) => idle.Add(installation);

    public async ValueTask DisposeAsync()
    {
        foreach (var installation in started)
        {
            await installation.DisposeAsync();
        }
    }
}
