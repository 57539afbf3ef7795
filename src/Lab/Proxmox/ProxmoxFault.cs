using System.IO.Enumeration;

namespace OmniScale.Lab.Proxmox;

/// <summary>What goes wrong with matching requests: first the delay, then a reset or a made-up answer; a delay alone is followed by the true answer.</summary>
public sealed record ProxmoxFault
{
    /// <summary>Pattern with <c>*</c> and <c>?</c> for the path after <c>/api2/json</c>, for example <c>/nodes/golf/*</c>.</summary>
    public string Path { get; init; } = "*";

    /// <summary>How many requests it hits; null for all until it is cleared.</summary>
    public int? Count { get; init; }

    /// <summary>A negative delay hangs until the client gives up.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The connection is aborted without an answer.</summary>
    public bool Reset { get; init; }

    public int? Status { get; init; }

    public string? Reason { get; init; }

    /// <summary>Sent as it is; with no <see cref="Status"/> the status is 200.</summary>
    public string? Body { get; init; }

    public string ContentType { get; init; } = "application/json;charset=UTF-8";

    /// <summary>Further response headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    internal bool Matches(string path) => FileSystemName.MatchesSimpleExpression(Path, path, ignoreCase: false);
}

/// <summary>The faults in force; the first one that matches a request and has hits left applies.</summary>
public sealed class FaultInjector
{
    private readonly Lock gate = new();
    private readonly List<(ProxmoxFault Fault, int? Left)> faults = [];

    public void Add(ProxmoxFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        lock (gate)
            faults.Add((fault, fault.Count));
    }

    public void Clear()
    {
        lock (gate)
            faults.Clear();
    }

    internal ProxmoxFault? Take(string path)
    {
        lock (gate)
        {
            var index = faults.FindIndex(f => f.Fault.Matches(path));
            if (index < 0)
                return null;
            var (fault, left) = faults[index];
            if (left is 1)
                faults.RemoveAt(index);
            else
                faults[index] = (fault, left - 1);
            return fault;
        }
    }
}
