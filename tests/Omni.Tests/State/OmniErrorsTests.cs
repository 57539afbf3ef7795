using Grpc.Core;

namespace OmniScale.Omni.Tests;

public class OmniErrorsTests
{
    private static readonly OmniEndpoint Endpoint = OmniEndpoint.Parse("https://omni.example.com");

    public static TheoryData<StatusCode, string, string, OmniError> Codes => new()
    {
        { StatusCode.NotFound, "Get", "resource Clusters(default/one@undefined) doesn't exist", OmniError.NotFound },
        { StatusCode.AlreadyExists, "Create", "resource Clusters(default/one@1) already exists", OmniError.AlreadyExists },
        { StatusCode.FailedPrecondition, "Update", "update conflict: expected version \"1\", actual version \"2\"", OmniError.VersionConflict },
        { StatusCode.FailedPrecondition, "Destroy", "has pending finalizers [a]", OmniError.HasFinalizers },
        { StatusCode.FailedPrecondition, "Teardown", "racing teardown", OmniError.HasFinalizers },
        { StatusCode.FailedPrecondition, "Watch", "invalid bookmark", OmniError.InvalidBookmark },
        { StatusCode.FailedPrecondition, "Update", "EULA has not been accepted", OmniError.EulaNotAccepted },
        { StatusCode.FailedPrecondition, "Watch", "EULA has not been accepted", OmniError.EulaNotAccepted },
        { StatusCode.FailedPrecondition, "Manage", "something else", OmniError.Unknown },
        { StatusCode.InvalidArgument, "Update", "phase conflict: expected running, actual tearingDown", OmniError.PhaseConflict },
        { StatusCode.InvalidArgument, "Update", "failed to validate: 1 error occurred:\n\t* no\n\n", OmniError.ValidationFailed },
        { StatusCode.InvalidArgument, "Create", "failed to validate: no", OmniError.ValidationFailed },
        { StatusCode.InvalidArgument, "Manage", "service account lifetime is too long", OmniError.ValidationFailed },
        { StatusCode.PermissionDenied, "Update", "resource MachineSets(default/x@2) is owned by \"Controller\"", OmniError.OwnerConflict },
        { StatusCode.PermissionDenied, "Create", "failed to validate: insufficient role: \"Reader\"", OmniError.PermissionDenied },
        { StatusCode.Unauthenticated, "Get", "invalid signature", OmniError.Unauthenticated },
        { StatusCode.Unavailable, "Get", "transport is closing", OmniError.Unavailable },
        { StatusCode.Cancelled, "Get", "context canceled", OmniError.Unavailable },
        { StatusCode.DeadlineExceeded, "Update", "waited for more than 30s", OmniError.DeadlineExceeded },
        { StatusCode.ResourceExhausted, "Update", "larger than burst", OmniError.ResourceExhausted },
        { StatusCode.Unimplemented, "Teardown", "unknown method Teardown", OmniError.Unimplemented },
        { StatusCode.Internal, "Update", "panic", OmniError.Internal },
        { StatusCode.Unknown, "Create", "strconv.ParseUint: parsing \"\": invalid syntax", OmniError.Unknown },
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public void Status_BecomesWhatCanBeDoneAboutIt(StatusCode code, string operation, string words, OmniError expected)
    {
        var error = From(code, words, Enum.Parse<OmniOperation>(operation));
        Assert.Equal((expected, code), (error.Kind, error.StatusCode));
    }

    [Fact]
    public void Message_IsOmnisOwnWordByWord() =>
        Assert.Equal("no such thing: \"x\"", From(StatusCode.NotFound, "no such thing: \"x\"", OmniOperation.Get).Message);

    [Fact]
    public void Validation_LosesItsPrefixAndNothingElse_AndListsItsProblems()
    {
        var error = From(
            StatusCode.InvalidArgument,
            "failed to validate: 2 errors occurred:\n\t* machine class with name \"x\" doesn't exist\n\t* patch is wrong:\n  line 2: unknown key\n\n",
            OmniOperation.Create);
        Assert.Equal("2 errors occurred:\n\t* machine class with name \"x\" doesn't exist\n\t* patch is wrong:\n  line 2: unknown key\n\n", error.Message);
        Assert.Equal(["machine class with name \"x\" doesn't exist", "patch is wrong:\n  line 2: unknown key"], error.Details);
    }

    [Fact]
    public void Validation_WhenItIsASingleSentence_IsItsOnlyProblem() =>
        Assert.Equal(["- cores: must be at least 1\n\t* not a list"], From(StatusCode.InvalidArgument, "failed to validate: - cores: must be at least 1\n\t* not a list", OmniOperation.Create).Details);

    [Fact]
    public void Status_WithoutWords_NamesTheCode() =>
        Assert.Equal("https://omni.example.com answered Internal", From(StatusCode.Internal, "", OmniOperation.Get).Message);

    private static OmniException From(StatusCode code, string words, OmniOperation operation) =>
        OmniErrors.From(new RpcException(new Status(code, words)), operation, Endpoint);
}
