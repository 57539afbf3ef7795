using Grpc.Core;
using OmniScale.Lab.Omni.Storage;

namespace OmniScale.Lab.Omni.Validation;

/// <summary>The layout in which Omni reports what is wrong with a resource.</summary>
internal static class ValidationErrors
{
    public static string Format(IReadOnlyCollection<string> errors) =>
        $"failed to validate: {(errors.Count == 1 ? "1 error" : $"{errors.Count} errors")} occurred:\n\t{string.Join("\n\t", errors.Select(error => $"* {error}"))}\n\n";

    /// <exception cref="StateException">There are errors.</exception>
    public static void ThrowIfAny(IReadOnlyCollection<string> errors)
    {
        if (errors.Count > 0)
            throw new StateException(StatusCode.InvalidArgument, Format(errors));
    }
}
