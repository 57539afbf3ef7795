using Grpc.Core;
using OmniScale.Lab.Omni.Storage;
using Metadata = OmniScale.Omni.Api.Cosi.Metadata;

namespace OmniScale.Lab.Omni.Auth;

/// <summary>Which role may do what with which type.</summary>
internal static class AccessRules
{
    private const string ProviderLabel = "omni.sidero.dev/infra-provider-id";

    /// <exception cref="StateException">The caller may not read the type.</exception>
    public static void CheckRead(Caller caller, string type, OmniVersion version)
    {
        var known = Known(type, version);
        var provider = caller.Role == Role.InfraProvider && IsOfProviders(known);
        if (caller.Role < known.Read && !provider)
            throw TooLow(caller);
    }

    /// <exception cref="StateException">The caller may not write the resource.</exception>
    public static void CheckWrite(Caller caller, Metadata metadata, OmniVersion version)
    {
        var known = Known(metadata.Type, version);
        if (caller.ProviderId is { } providerId && IsOfProviders(known) && known.Name != KnownTypes.InfraProviders)
        {
            var own = known.Name is KnownTypes.InfraProviderStatuses or KnownTypes.InfraProviderHealthStatuses
                ? metadata.Id == providerId
                : metadata.Labels.TryGetValue(ProviderLabel, out var label) && label == providerId;
            if (!own)
                throw Denied($"infra provider \"{providerId}\" cannot access {metadata.Type} \"{metadata.Id}\"");
            return;
        }

        if (known.Write is not { } needed)
            throw Denied($"only the server may modify resources of type \"{metadata.Type}\"");
        if (caller.Role < needed)
            throw TooLow(caller);
    }

    /// <exception cref="StateException">The caller's role is below the one needed.</exception>
    public static void CheckRole(Caller caller, Role needed)
    {
        if (caller.Role < needed)
            throw new StateException(StatusCode.PermissionDenied, $"insufficient role: \"{caller.Role}\"");
    }

    private static KnownType Known(string type, OmniVersion version) =>
        KnownTypes.Find(type) is { } known && known.Since <= version ? known : throw Denied("no access is permitted");

    private static bool IsOfProviders(KnownType type) =>
        type.Namespace is KnownTypes.InfraProvider or KnownTypes.InfraProviderEphemeral;

    private static StateException TooLow(Caller caller) => Denied($"insufficient role: \"{caller.Role}\"");

    private static StateException Denied(string message) =>
        new(StatusCode.PermissionDenied, Validation.ValidationErrors.Format([message]));
}
