using Google.Protobuf;
using Grpc.Core;

namespace OmniScale.Lab.Omni.Faults;

/// <summary>A call that a client made.</summary>
public sealed class RecordedCall
{
    /// <summary>Counts the calls from 1, in the order in which they came.</summary>
    public required long Sequence { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>The method's name without its service, such as <c>Create</c>.</summary>
    public required string Method { get; init; }

    /// <summary>Full name of the resource type; null for calls that are about none.</summary>
    public string? Type { get; init; }

    /// <summary>Id of the resource, or the name of the account or cluster that the call is about.</summary>
    public string? Id { get; init; }

    /// <summary>Whether the call would change something.</summary>
    public required bool IsWrite { get; init; }

    /// <summary>The message as it came.</summary>
    public required IMessage Request { get; init; }

    /// <summary>The port of the client's end of the connection.</summary>
    public required int PeerPort { get; init; }

    /// <summary>Identity of the key that signed the call; null when there is none.</summary>
    public string? Identity { get; internal set; }

    /// <summary>How the call ended; null while it is under way.</summary>
    public StatusCode? Code { get; internal set; }

    /// <summary>The status message of a call that failed, or why its signature was not accepted.</summary>
    public string? Detail { get; internal set; }

    public override string ToString() => $"#{Sequence} {Method} {Type} {Id} {Code}";
}

/// <summary>The calls that came, the latest of them at least.</summary>
internal sealed class CallLog(TimeProvider time)
{
    private const int Limit = 20_000;

    private static readonly HashSet<string> WriteMethods = new(StringComparer.Ordinal)
    {
        "Create", "Update", "Destroy", "Teardown", "TeardownAndDestroy", "CreateServiceAccount", "RenewServiceAccount", "DestroyServiceAccount",
    };

    private readonly Lock gate = new();
    private readonly Queue<RecordedCall> calls = new();
    private long sequence;

    public IReadOnlyList<RecordedCall> Calls
    {
        get
        {
            lock (gate)
                return [.. calls];
        }
    }

    public RecordedCall Begin(string method, IMessage request, string? context, int peerPort)
    {
        var name = method[(method.LastIndexOf('/') + 1)..];
        var (type, id) = RequestSubject.Of(request);
        lock (gate)
        {
            var call = new RecordedCall
            {
                Sequence = ++sequence,
                Time = time.GetUtcNow(),
                Method = name,
                Type = type,
                Id = id ?? context,
                IsWrite = WriteMethods.Contains(name),
                Request = request,
                PeerPort = peerPort,
            };
            calls.Enqueue(call);
            if (calls.Count > Limit)
                calls.Dequeue();
            return call;
        }
    }

    public void Clear()
    {
        lock (gate)
            calls.Clear();
    }
}
