using OmniScale.Crds;

namespace OmniScale.Core;

/// <summary>How a pass ended. One table (<see cref="ConditionSet"/>) turns it into Ready, Reconciling and Stalled.</summary>
/// <param name="After">When to look again without being woken by an event.</param>
public sealed record Outcome(OutcomeKind Kind, string Reason, string Message, TimeSpan? After = null)
{
    /// <summary>All is as the spec says.</summary>
    public static Outcome Done(string message, TimeSpan? after = null) => new(OutcomeKind.Done, CommonReasons.Succeeded, message, after);

    /// <summary>The work goes on elsewhere, or waits for something that is watched.</summary>
    public static Outcome Waiting(string reason, string message, TimeSpan? after = null) => new(OutcomeKind.Waiting, reason, message, after);

    /// <summary>An attempt failed; it is repeated with growing pauses.</summary>
    public static Outcome Retry(string reason, string message) => new(OutcomeKind.Retry, reason, message);

    /// <summary>This object's own spec must change first.</summary>
    public static Outcome Stalled(string reason, string message, TimeSpan? after = null) => new(OutcomeKind.Stalled, reason, message, after);

    /// <summary>Nothing is done on request.</summary>
    public static Outcome Suspended(string message) => new(OutcomeKind.Suspended, CommonReasons.Suspended, message);
}

/// <summary>Kinds of an <see cref="Outcome"/>.</summary>
public enum OutcomeKind
{
    Done,
    Waiting,
    Retry,
    Stalled,
    Suspended,
}
