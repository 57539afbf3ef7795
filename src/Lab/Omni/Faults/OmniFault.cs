using Grpc.Core;

namespace OmniScale.Lab.Omni.Faults;

/// <summary>What happens to a call that a fault applies to.</summary>
public enum OmniFaultKind
{
    /// <summary>It fails with <see cref="OmniFault.Code"/>.</summary>
    Fail,

    /// <summary>It goes on after <see cref="OmniFault.Delay"/>.</summary>
    Delay,

    /// <summary>Nothing comes back until the client gives up or the fault is removed.</summary>
    Stall,

    /// <summary>The connection is cut.</summary>
    Reset,
}

/// <summary>Something that goes wrong with the calls it applies to.</summary>
public sealed record OmniFault
{
    public OmniFaultKind Kind { get; init; }

    /// <summary>Name of the method without its service; null for all.</summary>
    public string? Method { get; init; }

    /// <summary>Resource type, with or without its domain; null for all.</summary>
    public string? Type { get; init; }

    /// <summary>Id of the resource; null for all.</summary>
    public string? Id { get; init; }

    /// <summary>How many matching calls pass before the first one is hit.</summary>
    public int Skip { get; init; }

    /// <summary>How many calls are hit; null for as many as come until the fault is removed.</summary>
    public int? Times { get; init; } = 1;

    public StatusCode Code { get; init; } = StatusCode.Unavailable;

    public string Message { get; init; } = "injected by the lab";

    public TimeSpan Delay { get; init; }

    /// <summary>Hit the call after it has taken effect, so that only its answer is lost.</summary>
    public bool AfterStoring { get; init; }
}
