namespace OmniScale.Crds;

/// <summary>
/// Condition types that every kind has. Ready is always present. Reconciling and Stalled are present only while True, and
/// never both: Reconciling means that the operator goes on trying, Stalled that this object's own spec must change first.
/// </summary>
public static class CommonConditions
{
    public const string Ready = "Ready";
    public const string Reconciling = "Reconciling";
    public const string Stalled = "Stalled";

    /// <summary>Omni answers and accepts the service account. See <see cref="OmniReasons"/>.</summary>
    public const string OmniReachable = "OmniReachable";

    /// <summary>What the spec describes is what Omni holds.</summary>
    public const string Synced = "Synced";
}

/// <summary>Reasons that conditions of several kinds share.</summary>
public static class CommonReasons
{
    /// <summary>Surfaces on Ready and others when all is as it should be.</summary>
    public const string Succeeded = "Succeeded";

    /// <summary>Surfaces while the operator or Omni works towards the spec.</summary>
    public const string Progressing = "Progressing";

    /// <summary>Surfaces when an attempt failed and is repeated.</summary>
    public const string ProgressingWithRetry = "ProgressingWithRetry";

    /// <summary>Surfaces while spec.suspend is true.</summary>
    public const string Suspended = "Suspended";

    /// <summary>Surfaces on conditions that could not be determined yet.</summary>
    public const string Unknown = "Unknown";

    /// <summary>Surfaces while the object is being deleted.</summary>
    public const string Deleting = "Deleting";

    /// <summary>Surfaces when a delete waits since the object is suspended.</summary>
    public const string DeletionSuspended = "DeletionSuspended";

    /// <summary>Surfaces on a delete that waits for objects which refer to this one.</summary>
    public const string InUse = "InUse";

    /// <summary>Surfaces as an event when Omni keeps a resource that another one there still uses.</summary>
    public const string LeftInOmni = "LeftInOmni";

    /// <summary>Surfaces as an event when resources in Omni were let go of.</summary>
    public const string Orphaned = "Orphaned";

    /// <summary>Surfaces when Omni holds a resource of that name which somebody else owns.</summary>
    public const string NameConflict = "NameConflict";

    /// <summary>Surfaces when Omni rejected a resource; the message holds Omni's words.</summary>
    public const string RejectedByOmni = "RejectedByOmni";

    /// <summary>Surfaces when the connection Secret leads to another Omni or account than before.</summary>
    public const string OmniChanged = "OmniChanged";

    /// <summary>Surfaces when the spec contradicts itself in a way that the schema cannot express.</summary>
    public const string InvalidSpec = "InvalidSpec";

    /// <summary>Surfaces when something that the spec refers to does not exist or is not ready.</summary>
    public const string DependencyNotReady = "DependencyNotReady";

    /// <summary>Surfaces when the operator itself failed; its log says more.</summary>
    public const string InternalError = "InternalError";
}

/// <summary>Reasons of OmniReachable.</summary>
public static class OmniReasons
{
    /// <summary>Surfaces on True.</summary>
    public const string Connected = "Connected";

    /// <summary>Surfaces until the first answer.</summary>
    public const string Connecting = "Connecting";

    /// <summary>Surfaces when the connection Secret does not exist.</summary>
    public const string SecretNotFound = "SecretNotFound";

    /// <summary>Surfaces when the connection Secret has the wrong type, lacks a key or holds one that cannot be read.</summary>
    public const string SecretInvalid = "SecretInvalid";

    /// <summary>Surfaces when the service account key is past its lifetime.</summary>
    public const string KeyExpired = "KeyExpired";

    /// <summary>Surfaces on True when the key expires within 30 days; the message says on which day.</summary>
    public const string KeyExpiring = "KeyExpiring";

    /// <summary>Surfaces when Omni does not answer: name, route, port or time.</summary>
    public const string Unreachable = "Unreachable";

    /// <summary>Surfaces when Omni's certificate is not trusted.</summary>
    public const string TlsFailed = "TLSFailed";

    /// <summary>Surfaces when Omni does not know the key.</summary>
    public const string Unauthenticated = "Unauthenticated";

    /// <summary>Surfaces when the service account's role does not suffice.</summary>
    public const string PermissionDenied = "PermissionDenied";

    /// <summary>Surfaces when nobody accepted Omni's licence terms yet.</summary>
    public const string EulaNotAccepted = "EulaNotAccepted";
}
