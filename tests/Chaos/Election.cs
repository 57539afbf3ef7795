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

    private readonly Lock gate = new();
    private readonly List<Tenure> tenures = [];
    private readonly ConcurrentQueue<ObservedWrite> writes = new();
    private readonly ConcurrentBag<int> frozen = [];
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

    /// <summary>How many processes wrote.</summary>
    public int Writers => writes.Select(write => write.Process).Distinct().Count();

    public async Task StartAsync()
    {
        await world.DeleteAsync<V1Lease>(Lease.Namespace!, Lease.Name);
        watch = WatchAsync();
        world.Omni.Faults.WriteBegun = call =>
        {
            if (world.Operators.ProcessAt(call.PeerPort) is { } process)
            {
                writes.Enqueue(new(call.Time, process, call.ToString()));
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
                frozen.Add(leader.Id);
                await world.Operators.FreezeAsync(leader);
                break;
            case LeaderChange.FrozenInAWrite:
                frozen.Add(leader.Id);
                await DuringWriteAsync(leader.Id, () => world.Operators.FreezeAsync(leader));
                break;
            case LeaderChange.RobbedByHand:
                await Eventually.TrueAsync(RobAsync, "the lease can be written", Takeover);
                break;
        }

        await Eventually.TrueAsync(() => Changes > before, "another leader", Takeover);
        if (how is LeaderChange.Frozen or LeaderChange.FrozenInAWrite)
        {
            await world.Operators.ThawAsync(leader);
        }

        await Eventually.TrueAsync(() => !world.Operators.Running.Contains(leader), "the former leader has ended", Takeover);
        world.Note($"another one leads, the former one was {how}");
    }

    /// <summary>Ends the watch, and says what breaks the rule that only the leader writes.</summary>
    public async Task<IReadOnlyList<string>> CheckAsync()
    {
        await StopAsync();
        (var wrong, Landed) = SoleWriter.Check(tenures, writes, frozen);
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
}
