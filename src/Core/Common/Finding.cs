namespace OmniScale.Core;

/// <summary>What is known of one condition: its status, one of the documented reasons, and a message for the user.</summary>
public sealed record Finding(Verdict Verdict, string Reason, string Message)
{
    public static Finding True(string reason, string message) => new(Verdict.True, reason, message);

    public static Finding False(string reason, string message) => new(Verdict.False, reason, message);

    public static Finding Unknown(string reason, string message) => new(Verdict.Unknown, reason, message);
}

/// <summary>Status of a condition.</summary>
public enum Verdict
{
    True,
    False,
    Unknown,
}
