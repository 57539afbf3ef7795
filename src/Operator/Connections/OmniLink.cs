using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Omni;

namespace OmniScale.Operator.Connections;

/// <summary>How an object stands to its Omni in this pass.</summary>
internal sealed record OmniLink(Finding Reachable)
{
    private readonly OmniConnection? connection;

    /// <summary>Set when the connection can be used: Omni answered lately and its caches are complete.</summary>
    public OmniConnection? Connection
    {
        init => connection = value;
    }

    public bool IsUsable => connection is not null;

    public IOmniState State => connection!.State;

    public OmniCache Cache => connection!.Cache;

    public OmniBinding? Binding { get; init; }

    /// <summary>Why the Secret leads to another Omni than the one that the object was reconciled with before.</summary>
    public string? Changed { get; init; }

    /// <summary>The first answer is still out.</summary>
    public bool IsConnecting { get; init; }

    public TimeSpan? RecheckAfter { get; init; }

    /// <summary>How long others have their turn to say that Omni is away.</summary>
    public TimeSpan UntilTurn { get; init; }
}
