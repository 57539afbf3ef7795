using Grpc.Core;
using OmniScale.Lab.Omni.Storage;

namespace OmniScale.Lab.Omni.Faults;

/// <summary>What is made to go wrong at the server's doorstep.</summary>
public sealed class OmniFaults
{
    private readonly Lock gate = new();
    private readonly List<Active> active = [];
    private readonly OmniStore store;
    private readonly Action<string?> dropConnections;

    internal OmniFaults(OmniStore store, Action<string?> dropConnections)
    {
        this.store = store;
        this.dropConnections = dropConnections;
    }

    /// <summary>Called when a write came, before anything is done about it.</summary>
    public Func<RecordedCall, Task>? WriteBegun { get; set; }

    /// <summary>Called when a write has been stored, before it is answered. A client killed here does not learn of its write.</summary>
    public Func<RecordedCall, Task>? WriteStored { get; set; }

    /// <summary>Called when the answer to a write has been sent.</summary>
    public Func<RecordedCall, Task>? WriteAnswered { get; set; }

    /// <summary>The faults that still apply.</summary>
    public IReadOnlyList<OmniFault> Current
    {
        get
        {
            lock (gate)
                return [.. active.Select(entry => entry.Fault)];
        }
    }

    public void Add(OmniFault fault)
    {
        lock (gate)
            active.Add(new Active(fault));
    }

    /// <summary>Removes all faults; calls that are stalled go on.</summary>
    public void Clear()
    {
        lock (gate)
        {
            active.ForEach(entry => entry.Removed.TrySetResult());
            active.Clear();
        }
    }

    /// <summary>Sends an ERRORED event to the open watches of a type (null: of all types), which ends them. Returns how many there were.</summary>
    public int FailWatches(string? type = null, string error = "buffer overrun") =>
        store.Table.FailSubscriptions(type is null ? null : KnownTypes.FullName(type) ?? type, error);

    /// <summary>Cuts all connections that are open now.</summary>
    public void DropConnections() => dropConnections(null);

    internal async Task ApplyAsync(RecordedCall call, bool afterStoring, string connectionId, CancellationToken cancellationToken)
    {
        foreach (var entry in Hit(call, afterStoring))
        {
            switch (entry.Fault.Kind)
            {
                case OmniFaultKind.Fail:
                    throw new StateException(entry.Fault.Code, entry.Fault.Message);
                case OmniFaultKind.Delay:
                    await Task.Delay(entry.Fault.Delay, store.Time, cancellationToken);
                    break;
                case OmniFaultKind.Stall:
                    await entry.Removed.Task.WaitAsync(cancellationToken);
                    break;
                case OmniFaultKind.Reset:
                    dropConnections(connectionId);
                    throw new StateException(StatusCode.Unavailable, "connection reset");
            }
        }
    }

    private List<Active> Hit(RecordedCall call, bool afterStoring)
    {
        lock (gate)
        {
            var hit = new List<Active>();
            foreach (var entry in active.Where(entry => entry.Fault.AfterStoring == afterStoring && Applies(entry.Fault, call)).ToList())
            {
                entry.Seen++;
                if (entry.Seen <= entry.Fault.Skip)
                    continue;
                hit.Add(entry);
                // A stalled call is released by Clear, so its fault stays listed.
                if (entry.Seen - entry.Fault.Skip >= entry.Fault.Times && entry.Fault.Kind != OmniFaultKind.Stall)
                    active.Remove(entry);
            }

            return [.. hit.Where(entry => entry.Fault.Times is not { } times || entry.Seen - entry.Fault.Skip <= times)];
        }
    }

    private static bool Applies(OmniFault fault, RecordedCall call) =>
        (fault.Method is null || fault.Method == call.Method) &&
        (fault.Type is null || call.Type == (KnownTypes.FullName(fault.Type) ?? fault.Type)) &&
        (fault.Id is null || fault.Id == call.Id);

    private sealed class Active(OmniFault fault)
    {
        public OmniFault Fault { get; } = fault;

        public int Seen { get; set; }

        public TaskCompletionSource Removed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
