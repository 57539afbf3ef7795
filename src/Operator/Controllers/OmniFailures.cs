using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Omni;

namespace OmniScale.Operator.Controllers;

/// <summary>What a failed call to Omni means for an object: the one table from errors to facts.</summary>
internal static class OmniFailures
{
    /// <summary>A rejection may be about something in Omni that changes, such as the versions that it knows.</summary>
    private static readonly TimeSpan RejectionRecheck = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Omni checks a resource against others that it reads from a cache: right after these were written, or while they are on
    /// their way out, its answer is about a moment that passes.
    /// </summary>
    private static readonly string[] PassingRejections = ["does not exist", "doesn't exist", "is tearing down", "not found"];

    /// <summary>Whether a rejection is about something beside the resource, and likely to pass.</summary>
    public static bool IsPassing(OmniException e) =>
        e.Kind == OmniError.ValidationFailed && PassingRejections.Any(text => e.Message.Contains(text, StringComparison.Ordinal));

    /// <summary>What the step that failed has found out already stays.</summary>
    public static void Record(PassFacts facts, OmniException e)
    {
        if (facts.Outcome is not null)
        {
            return;
        }

        var words = Sentence(e);
        facts.OmniReachable = e.Kind == OmniError.PermissionDenied ? Reachable(e) : facts.OmniReachable;
        facts.Synced ??= Finding.False(IsPassing(e) ? CommonReasons.Progressing
            : e.Kind == OmniError.ValidationFailed ? CommonReasons.RejectedByOmni
            : CommonReasons.ProgressingWithRetry, words);
        facts.Outcome = e.Kind switch
        {
            OmniError.PermissionDenied => Outcome.Retry(OmniReasons.PermissionDenied, words),
            OmniError.ValidationFailed when IsPassing(e) => Outcome.Retry(CommonReasons.Progressing, words),
            OmniError.ValidationFailed => Rejected(words),
            OmniError.OwnerConflict => Outcome.Stalled(CommonReasons.NameConflict, words, RejectionRecheck),
            _ => Outcome.Retry(CommonReasons.ProgressingWithRetry, words),
        };
    }

    /// <summary>The connection failed, of which this is to be said.</summary>
    public static void Record(PassFacts facts, Finding reachable)
    {
        facts.OmniReachable = reachable;
        facts.Synced ??= Finding.False(CommonReasons.ProgressingWithRetry, reachable.Message);
        facts.Outcome ??= Outcome.Retry(reachable.Reason, reachable.Message);
    }

    /// <summary>What a failure says of the connection.</summary>
    public static Finding Reachable(OmniException e) => Reachable(e.Kind, e.Message);

    /// <inheritdoc cref="Reachable(OmniException)"/>
    public static Finding Reachable(OmniError kind, string words) => Finding.False(ConnectionReason(kind) ?? OmniReasons.Unreachable, Advice(kind, words));

    /// <summary>The reason of OmniReachable, when the failure is about the connection and not about the resource.</summary>
    private static string? ConnectionReason(OmniError kind) => kind switch
    {
        OmniError.Unavailable or OmniError.DeadlineExceeded => OmniReasons.Unreachable,
        OmniError.TlsFailed => OmniReasons.TlsFailed,
        OmniError.Unauthenticated => OmniReasons.Unauthenticated,
        OmniError.PermissionDenied => OmniReasons.PermissionDenied,
        OmniError.EulaNotAccepted => OmniReasons.EulaNotAccepted,
        _ => null,
    };

    /// <summary>What to do about a connection that fails, where the failure's own words do not say it.</summary>
    private static string Advice(OmniError kind, string words) => kind switch
    {
        OmniError.PermissionDenied => $"the service account's role does not suffice (Operator is needed): {words}",
        OmniError.Unauthenticated => "Omni does not accept the service account key: it was renewed, destroyed or made for another Omni, or the clocks differ by minutes; "
            + $"put a valid one into the Secret (omnictl serviceaccount renew): {words}",
        OmniError.EulaNotAccepted => $"nobody has accepted Omni's licence terms yet: sign in to its UI and accept them: {words}",
        _ => words,
    };

    public static Outcome Rejected(string words) => Outcome.Stalled(CommonReasons.RejectedByOmni, words, RejectionRecheck);

    private static string Sentence(OmniException e) => e.Kind switch
    {
        OmniError.ValidationFailed => $"Omni rejects it: {e.Message}",
        OmniError.VersionConflict or OmniError.PhaseConflict or OmniError.AlreadyExists or OmniError.NotFound or OmniError.HasFinalizers =>
            $"Omni changed it at the same time, trying again: {e.Message}",
        _ => Advice(e.Kind, e.Message),
    };
}
