using Grpc.Core;

namespace OmniScale.Lab.Omni.Storage;

/// <summary>A refusal of the state service, with the status code that its callers get.</summary>
internal sealed class StateException(StatusCode code, string message) : Exception(message)
{
    public StatusCode Code { get; } = code;

    public static StateException NotFound(ResourceKey key) => new(StatusCode.NotFound, $"resource {key} doesn't exist");

    public static StateException AlreadyExists(ResourceKey key) => new(StatusCode.AlreadyExists, $"resource {key} already exists");

    public static StateException VersionConflict(ResourceKey key, string expected, string actual) =>
        new(StatusCode.FailedPrecondition, $"resource {key} update conflict: expected version \"{expected}\", actual version \"{actual}\"");

    public static StateException OwnerConflict(ResourceKey key, string owner) =>
        new(StatusCode.PermissionDenied, $"resource {key} is owned by \"{owner}\"");

    public static StateException PhaseConflict(ResourceKey key, string expected, string actual) =>
        new(StatusCode.InvalidArgument, $"resource {key} is not in phase \"{expected}\": its phase is \"{actual}\"");

    public static StateException PendingFinalizers(ResourceKey key, IEnumerable<string> finalizers) =>
        new(StatusCode.FailedPrecondition, $"resource {key} has pending finalizers [{string.Join(' ', finalizers)}]");

    public static StateException InvalidBookmark(string why) => new(StatusCode.FailedPrecondition, $"invalid watch bookmark: {why}");

    public static StateException Malformed(string message) => new(StatusCode.Unknown, message);
}
