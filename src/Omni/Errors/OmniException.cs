using Grpc.Core;

namespace OmniScale.Omni;

/// <summary>What went wrong between this process and Omni, by what can be done about it.</summary>
public enum OmniError
{
    Unknown,
    NotFound,

    /// <summary>The id is taken, be it by a resource that is being deleted.</summary>
    AlreadyExists,

    /// <summary>The resource changed since it was read: read it again.</summary>
    VersionConflict,

    /// <summary>The resource cannot be destroyed yet: others still hold finalizers on it.</summary>
    HasFinalizers,

    /// <summary>A watch cannot be resumed from where it stopped; it has to start over.</summary>
    InvalidBookmark,

    /// <summary>This Omni (1.7 and later) refuses everything until its licence terms are accepted.</summary>
    EulaNotAccepted,

    /// <summary>The resource is being deleted and takes no more changes.</summary>
    PhaseConflict,

    /// <summary>Omni's validation refused the resource; <see cref="OmniException.Details"/> holds one entry per problem.</summary>
    ValidationFailed,

    /// <summary>A controller of Omni owns the resource.</summary>
    OwnerConflict,

    /// <summary>The role of the service account is too low.</summary>
    PermissionDenied,
    Unauthenticated,

    /// <summary>Omni, or what stands in front of it, could not be reached or did not answer as Omni.</summary>
    Unavailable,
    DeadlineExceeded,

    /// <summary>Omni limits writes and this one did not fit.</summary>
    ResourceExhausted,

    /// <summary>The server is older than the method.</summary>
    Unimplemented,

    /// <summary>The certificate was not accepted, or the endpoint does not speak TLS.</summary>
    TlsFailed,
    Internal,
}

/// <summary>A call or a watch that failed. <see cref="Exception.Message"/> holds Omni's own words where Omni answered.</summary>
public sealed class OmniException(OmniError kind, string message, StatusCode statusCode, IReadOnlyList<string>? details = null, Exception? inner = null)
    : Exception(message, inner)
{
    public OmniError Kind { get; } = kind;

    public StatusCode StatusCode { get; } = statusCode;

    /// <summary>The single problems of a validation that found several, word for word; else the message alone.</summary>
    public IReadOnlyList<string> Details { get; } = details ?? [message];

    /// <summary>Whether the connection as a whole is at fault and not this call: nothing else will succeed either.</summary>
    public bool IsConnectionFailure => Kind is OmniError.Unavailable or OmniError.DeadlineExceeded or OmniError.TlsFailed
        or OmniError.Unauthenticated or OmniError.EulaNotAccepted;
}
