using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.Chaos;

/// <summary>How a leader comes to be replaced.</summary>
internal enum LeaderChange
{
    /// <summary>Killed at any moment.</summary>
    Killed,

    /// <summary>Asked to end.</summary>
    Terminated,

    /// <summary>Stopped by a signal at any moment, until another one leads.</summary>
    Frozen,

    /// <summary>Stopped by a signal while a write of its own is stored and not yet answered, until another one leads.</summary>
    FrozenInAWrite,

    /// <summary>Another hand writes somebody's name into the lease.</summary>
    RobbedByHand,
}

/// <summary>
/// The lease that two replicas share, as a watch saw it, and who wrote to Omni meanwhile. Both are by this machine's clock: a replica
/// notes the time before it asks for the lease.
/// </summary>
internal sealed class Election(World world) : IAsyncDisposable
{
    public const string Namespace = "omniscale-system";

    private const string Thief = "somebody-else";
    private static readonly NamespacedName Lease = new(Namespace, "omniscale-operator");
    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(60);

    /// <summary>A write is recorded when the simulator gets to it, which on a busy machine is later than it began.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(500);

    private readonly Lock gate = new();
    private readonly List<Tenure> tenures = [];
    private readonly ConcurrentQueue<(DateTimeOffset Time, int Process, string Call)> writes = new();
    private readonly ConcurrentDictionary<int, string> frozen = new();
    private readonly CancellationTokenSource end = new();
    private Task watch = Task.CompletedTask;
    private Func<int, Task>? whenStored;

    /// <summary>How often the lease passed from one replica to another.</summary>
    public int Changes
    {
        get
        {
            lock (gate)
            {
                return Math.Max(0, tenures.Count - 1);
            }
        }
    }

    /// <summary>Writes that a replaced leader landed since it was frozen just before they left it.</summary>
    public int Landed { get; private set; }

    public int Writes => writes.Count;

    public async Task StartAsync()
    {
        await world.DeleteAsync<V1Lease>(Lease.Namespace!, Lease.Name);
        watch = WatchAsync();
        world.Omni.Faults.WriteBegun = call =>
        {
            if (world.Operators.ProcessAt(call.PeerPort) is { } process)
            {
                writes.Enqueue((call.Time, process, call.ToString()));
            }

            return Task.CompletedTask;
        };
    }

    /// <summary>To be called when a write has been stored, before it is answered.</summary>
    public async Task StoredAsync(RecordedCall call)
    {
        if (whenStored is { } action && world.Operators.ProcessAt(call.PeerPort) is { } process)
        {
            await action(process);
        }
    }

    /// <summary>Replaces the leader, and waits until another one leads.</summary>
    public async Task ChangeAsync(LeaderChange how)
    {
        var leader = (await Eventually.ValueAsync(world.Operators.LeaderAsync, process => process is not null, "a leader", Takeover))!;
        var before = Changes;
        switch (how)
        {
            case LeaderChange.Killed:
                await world.Operators.SignalAsync(leader, "KILL");
                break;
            case LeaderChange.Terminated:
                await world.Operators.SignalAsync(leader, "TERM");
                break;
            case LeaderChange.Frozen:
                frozen[leader.Id] = "";
                await world.Operators.SignalAsync(leader, "STOP");
                break;
            case LeaderChange.FrozenInAWrite:
                frozen[leader.Id] = "";
                await DuringWriteAsync(leader.Id, () => world.Operators.SignalAsync(leader, "STOP"));
                break;
            case LeaderChange.RobbedByHand:
                await Eventually.TrueAsync(RobAsync, "the lease can be written", Takeover);
                break;
        }

        await Eventually.TrueAsync(() => Changes > before, "another leader", Takeover);
        await world.Operators.SignalAsync(leader, "CONT");
        await Eventually.TrueAsync(() => !world.Operators.Running.Contains(leader), "the former leader has ended", Takeover);
        world.Note($"another one leads, the former one was {how}");
    }

    /// <summary>Ends the watch, and says what is wrong: in each tenure one process writes, and it writes in no other.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync()
    {
        await StopAsync();
        List<string> wrong = [.. tenures.Zip(tenures.Skip(1)).Where(pair => pair.Second.Transitions != pair.First.Transitions + 1)
            .Select(pair => $"the watch missed a holder between {pair.First} and {pair.Second}")];
        Dictionary<int, int> tenureOf = [];
        Landed = 0;
        foreach (var (time, process, call) in writes.OrderBy(write => write.Time))
        {
            if (!tenureOf.TryGetValue(process, out var own))
            {
                own = tenures.FindLastIndex(tenure => tenure.From <= time);
                if (tenureOf.ContainsValue(own))
                {
                    wrong.Add($"{call} at {time:O} came from process {process}, and another one led");
                }

                tenureOf[process] = own;
            }

            if (own < 0 || time < (tenures[own].Until ?? tenures.ElementAtOrDefault(own + 1)?.From ?? DateTimeOffset.MaxValue) + Slack)
            {
                continue;
            }

            // What had passed the check of the lease when the process was stopped leaves it when it goes on.
            Landed++;
            if (!frozen.TryUpdate(process, call, ""))
            {
                wrong.Add($"{call} at {time:O} was begun by process {process}, whose {tenures[own]} was over");
            }
        }

        return wrong;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        end.Dispose();
        // The next run shall not wait for the holder of this one.
        await world.DeleteAsync<V1Lease>(Lease.Namespace!, Lease.Name);
    }

    private async Task StopAsync()
    {
        await end.CancelAsync();
        await watch;
    }

    private async Task DuringWriteAsync(int process, Func<Task> action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        whenStored = async writer =>
        {
            if (writer == process && Interlocked.Exchange(ref whenStored, null) is not null)
            {
                await action();
                done.SetResult();
            }
        };
        // Without edits there may be no write to wait for.
        await Task.WhenAny(done.Task, Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, World.Ct));
        if (Interlocked.Exchange(ref whenStored, null) is not null)
        {
            await action();
        }
    }

    private async Task<bool> RobAsync()
    {
        await world.Client.MergePatchAsync<V1Lease>(Lease, new JsonObject { ["spec"] = new JsonObject { ["holderIdentity"] = Thief } }, World.Ct);
        return true;
    }

    private async Task WatchAsync()
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await foreach (var (_, lease) in world.Kubernetes.CoordinationV1.WatchListNamespacedLeaseAsync(
                    Lease.Namespace, fieldSelector: $"metadata.name={Lease.Name}", cancellationToken: end.Token))
                {
                    Keep(lease.Spec);
                }
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                // The API server is away, or the run is over. While it is away the lease does not change.
                await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, end.Token));
            }
        }
    }

    private void Keep(V1LeaseSpec spec)
    {
        lock (gate)
        {
            switch (spec.HolderIdentity)
            {
                case Thief:
                    // The leader learns of it when it renews the lease next. Until another replica leads nobody else acts.
                    break;
                case null or "":
                    if (tenures.Count > 0)
                    {
                        tenures[^1] = tenures[^1] with { Until = tenures[^1].Until ?? spec.RenewTime };
                    }

                    break;
                case { } holder when tenures.Count == 0 || tenures[^1].Holder != holder:
                    tenures.Add(new Tenure(holder, spec.AcquireTime!.Value, null, spec.LeaseTransitions ?? 0));
                    break;
            }
        }
    }

    /// <param name="Until">When the lease was given back; null for one that ended as the next one began.</param>
    private sealed record Tenure(string Holder, DateTimeOffset From, DateTimeOffset? Until, int Transitions);
}
