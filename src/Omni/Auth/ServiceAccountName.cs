namespace OmniScale.Omni;

/// <summary>The name of an Omni service account as it stands in a key: plain, or <c>infra-provider:&lt;id&gt;</c>.</summary>
public readonly record struct ServiceAccountName
{
    private const string InfraProviderPrefix = "infra-provider:";
    private const string Domain = "serviceaccount.omni.sidero.dev";

    public ServiceAccountName(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        Value = value;
    }

    public string Value { get; }

    public bool IsInfraProvider => Value.StartsWith(InfraProviderPrefix, StringComparison.Ordinal);

    /// <summary>The name without the prefix of infra providers.</summary>
    public string ShortName => IsInfraProvider ? Value[InfraProviderPrefix.Length..] : Value;

    /// <summary>The e-mail-like identity that Omni knows the account by.</summary>
    public string Identity => $"{ShortName}@{(IsInfraProvider ? "infra-provider." : "")}{Domain}";

    /// <summary>The account of the infra provider with this id.</summary>
    public static ServiceAccountName ForInfraProvider(string providerId) => new(InfraProviderPrefix + providerId);

    public override string ToString() => Value;
}
