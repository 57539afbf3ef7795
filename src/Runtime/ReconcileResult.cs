namespace OmniScale.Runtime;

/// <summary>What a pass asks for after it ended without an exception.</summary>
public readonly record struct ReconcileResult
{
    private ReconcileResult(TimeSpan? requeueAfter, bool isRetry)
    {
        RequeueAfter = requeueAfter;
        IsRetry = isRetry;
    }

    /// <summary>Nothing to do until something changes.</summary>
    public static ReconcileResult Done => default;

    /// <summary>The pass failed and said so itself: look again with the key's exponential backoff. Counted as an error, but not logged.</summary>
    public static ReconcileResult Retry => new(null, true);

    public TimeSpan? RequeueAfter { get; }

    public bool IsRetry { get; }

    /// <summary>Look again after <paramref name="delay"/>, or earlier if something changes.</summary>
    public static ReconcileResult After(TimeSpan delay) => new(delay, false);

    public override string ToString() => IsRetry ? "Retry" : RequeueAfter is { } delay ? $"After {delay}" : "Done";
}
