namespace OmniScale.Crds;

/// <summary>Condition types of a ProxmoxProvider, beside the common ones.</summary>
public static class ProxmoxProviderConditions
{
    /// <summary>Proxmox answers and accepts the credentials. See <see cref="ProxmoxReasons"/>.</summary>
    public const string ProviderReachable = "ProviderReachable";

    /// <summary>The credentials may read what the checks need.</summary>
    public const string PermissionsSufficient = "PermissionsSufficient";

    /// <summary>Omni knows an infrastructure provider of this id.</summary>
    public const string ProviderRegistered = "ProviderRegistered";

    /// <summary>The provider process is connected to Omni and healthy.</summary>
    public const string ProviderConnected = "ProviderConnected";
}

/// <summary>Reasons of a ProxmoxProvider's conditions.</summary>
public static class ProxmoxReasons
{
    /// <summary>Surfaces on ProviderReachable when Proxmox answered.</summary>
    public const string Reachable = "Reachable";

    /// <summary>Surfaces when the credentials Secret or the CA Secret does not exist.</summary>
    public const string SecretNotFound = "SecretNotFound";

    /// <summary>Surfaces when a Secret has the wrong type, lacks a key, or binds its credentials to another address.</summary>
    public const string SecretInvalid = "SecretInvalid";

    /// <summary>Surfaces when the host's name does not resolve.</summary>
    public const string DnsFailed = "DNSFailed";

    /// <summary>Surfaces when nothing listens on that port.</summary>
    public const string ConnectionRefused = "ConnectionRefused";

    /// <summary>Surfaces when no answer came in time.</summary>
    public const string Timeout = "Timeout";

    /// <summary>Surfaces when there is no route to the host, or the connection broke.</summary>
    public const string Unreachable = "Unreachable";

    /// <summary>Surfaces when the certificate is not trusted; the message shows its fingerprint.</summary>
    public const string TlsFailed = "TLSFailed";

    /// <summary>Surfaces when Proxmox does not accept the credentials.</summary>
    public const string Unauthorized = "Unauthorized";

    /// <summary>Surfaces when the credentials may not read what is needed.</summary>
    public const string Forbidden = "Forbidden";

    /// <summary>Surfaces when Proxmox answered with an error of its own.</summary>
    public const string ServerError = "ServerError";

    /// <summary>Surfaces when what answers is no Proxmox VE.</summary>
    public const string UnexpectedAnswer = "UnexpectedAnswer";

    /// <summary>Surfaces when the Proxmox cluster has no quorum.</summary>
    public const string NoQuorum = "NoQuorum";

    /// <summary>Surfaces on PermissionsSufficient when nothing is missing.</summary>
    public const string Sufficient = "Sufficient";

    /// <summary>Surfaces when privileges are missing; the message names them.</summary>
    public const string Insufficient = "Insufficient";

    /// <summary>Surfaces when a token has no privileges of its own at all.</summary>
    public const string PrivilegeSeparation = "PrivilegeSeparation";

    /// <summary>Surfaces on ProviderRegistered.</summary>
    public const string Registered = "Registered";

    /// <summary>Surfaces when Omni knows no provider of this id.</summary>
    public const string NotRegistered = "NotRegistered";

    /// <summary>Surfaces when Omni knows a provider whose id differs in upper and lower case only.</summary>
    public const string WrongCase = "WrongCase";

    /// <summary>Surfaces on ProviderConnected.</summary>
    public const string Connected = "Connected";

    /// <summary>Surfaces when the provider process has never connected to Omni.</summary>
    public const string NeverConnected = "NeverConnected";

    /// <summary>Surfaces when the provider process stopped sending heartbeats.</summary>
    public const string Disconnected = "Disconnected";

    /// <summary>Surfaces when the provider process reports an error.</summary>
    public const string ProviderError = "ProviderError";
}
