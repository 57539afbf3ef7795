using Grpc.Core;

namespace OmniScale.TestKit.Faults;

internal enum CutKind
{
    Reset,
    Stall,
    End,
    Truncate,
}

/// <summary>An answer that breaks off.</summary>
/// <param name="Kind">How.</param>
/// <param name="After">How many whole lines or messages come through before.</param>
internal sealed record Cut(CutKind Kind, int After)
{
    /// <summary>Sent before the end.</summary>
    public ReadOnlyMemory<byte> Last { get; init; }

    /// <summary>The gRPC status that the answer ends with.</summary>
    public (StatusCode Code, string Message)? Status { get; init; }
}
