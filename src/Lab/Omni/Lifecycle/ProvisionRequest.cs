namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>A machine that a provider is asked for.</summary>
/// <param name="ProviderData">The class's provider data: YAML.</param>
public sealed record ProvisionRequest(string ProviderId, string RequestId, string MachineSetId, string ProviderData, string TalosVersion);

/// <summary>What a provider makes of a request.</summary>
/// <param name="Error">Null when the machine can be made; else the provider's error, and it tries again a minute later.</param>
public sealed record ProvisionVerdict(string? Error)
{
    public static readonly ProvisionVerdict Success = new((string?)null);

    public static ProvisionVerdict Failure(string error) => new(error);
}
