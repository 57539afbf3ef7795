namespace OmniScale.Runtime;

/// <summary>Which lease is contended for, and how fast. All times follow from <see cref="LeaseDuration"/>.</summary>
public sealed record LeaderElectionOptions
{
    /// <summary>The Lease object.</summary>
    public required NamespacedName Lease { get; init; }

    /// <summary>Who this process is; no other process, not even the next one in the same pod, may ever have the same.</summary>
    public required string Identity { get; init; }

    /// <summary>How long others leave the lease alone after they saw it renewed. The lease counts whole seconds.</summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A leader that has not renewed the lease for this long gives up. Errors before that are only tried again.</summary>
    public TimeSpan RenewDeadline => LeaseDuration / 2;

    /// <summary>
    /// The longest a write of the leader may take. It begins within the <see cref="RenewDeadline"/>, and so it ends before anybody
    /// else may lead.
    /// </summary>
    public TimeSpan WriteTimeout => LeaseDuration / 3;

    /// <summary>About how often the lease is renewed, or looked at.</summary>
    public TimeSpan RetryPeriod => LeaseDuration / 15;

    /// <summary>The longest that one request about the lease may take, so that one that gets no answer leaves time for others.</summary>
    public TimeSpan RequestTimeout => RenewDeadline / 3;
}
