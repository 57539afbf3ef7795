using Grpc.Core;

namespace OmniScale.Omni;

/// <summary>What was asked of Omni; the same status code means different things for different calls.</summary>
internal enum OmniOperation
{
    Get,
    List,
    Create,
    Update,
    Teardown,
    Destroy,
    Watch,
    Manage,
}

/// <summary>From gRPC status codes to <see cref="OmniException"/>.</summary>
internal static class OmniErrors
{
    private const string ValidationPrefix = "failed to validate: ";

    public static OmniException From(RpcException exception, OmniOperation operation, OmniEndpoint endpoint)
    {
        if (TransportFailure.Find(exception.Status, endpoint) is var (kind, message))
        {
            return new OmniException(kind, message, exception.StatusCode, inner: exception);
        }

        var words = exception.Status.Detail;
        kind = Kind(exception.StatusCode, words, operation);
        if (words.StartsWith(ValidationPrefix, StringComparison.Ordinal))
        {
            words = words[ValidationPrefix.Length..];
        }

        if (words.Length == 0)
        {
            words = exception.StatusCode == StatusCode.DeadlineExceeded ? $"{endpoint} did not answer in time" : $"{endpoint} answered {exception.StatusCode}";
        }

        return new OmniException(kind, words, exception.StatusCode, Problems(words), exception);
    }

    private static OmniError Kind(StatusCode code, string words, OmniOperation operation) => code switch
    {
        StatusCode.NotFound => OmniError.NotFound,
        StatusCode.AlreadyExists => OmniError.AlreadyExists,
        StatusCode.FailedPrecondition when words.Contains("EULA", StringComparison.Ordinal) => OmniError.EulaNotAccepted,
        StatusCode.FailedPrecondition => operation switch
        {
            OmniOperation.Update => OmniError.VersionConflict,
            OmniOperation.Destroy or OmniOperation.Teardown => OmniError.HasFinalizers,
            OmniOperation.Watch => OmniError.InvalidBookmark,
            _ => OmniError.Unknown,
        },
        StatusCode.InvalidArgument when operation == OmniOperation.Update && !words.StartsWith(ValidationPrefix, StringComparison.Ordinal) => OmniError.PhaseConflict,
        StatusCode.InvalidArgument => OmniError.ValidationFailed,

        // The code is the same as for a role that is too low; only COSI's wording tells an owner conflict apart.
        StatusCode.PermissionDenied when words.Contains("is owned by \"", StringComparison.Ordinal) => OmniError.OwnerConflict,
        StatusCode.PermissionDenied => OmniError.PermissionDenied,
        StatusCode.Unauthenticated => OmniError.Unauthenticated,
        StatusCode.Unavailable => OmniError.Unavailable,

        // Not by us, whose cancellations are no errors: a server that is shutting down gives up what it was doing.
        StatusCode.Cancelled => OmniError.Unavailable,
        StatusCode.DeadlineExceeded => OmniError.DeadlineExceeded,
        StatusCode.ResourceExhausted => OmniError.ResourceExhausted,
        StatusCode.Unimplemented => OmniError.Unimplemented,
        StatusCode.Internal => OmniError.Internal,
        _ => OmniError.Unknown,
    };

    /// <summary>Go's multierror writes <c>N errors occurred:</c> and one line <c>\t* problem</c> each; a problem may span lines.</summary>
    private static string[] Problems(string words)
    {
        const string Bullet = "\t* ";
        var first = words.IndexOf(Bullet, StringComparison.Ordinal);
        if (first < 0 || !words[..first].TrimEnd().EndsWith("occurred:", StringComparison.Ordinal))
        {
            return [words];
        }

        return words[first..].Split('\n' + Bullet).Select((problem, i) => (i == 0 ? problem[Bullet.Length..] : problem).Trim()).ToArray();
    }
}
