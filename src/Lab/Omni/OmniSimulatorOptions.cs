using OmniScale.Lab.Omni.Lifecycle;

namespace OmniScale.Lab.Omni;

/// <summary>How the simulator is reached.</summary>
public enum OmniTransport
{
    /// <summary>HTTP/2 with prior knowledge.</summary>
    Cleartext,

    /// <summary>TLS with a certificate for the loopback addresses, signed by the simulator's own authority.</summary>
    Tls,

    /// <summary>TLS with a certificate for another name.</summary>
    TlsWithWrongName,

    /// <summary>TLS with a certificate that has expired.</summary>
    TlsWithExpiredCertificate,
}

public sealed record OmniSimulatorOptions
{
    public OmniTransport Transport { get; init; }

    /// <summary>Port on the loopback address; 0 for any that is free.</summary>
    public int Port { get; init; }

    /// <summary>The version that the server says it is, and behaves as.</summary>
    public OmniVersion Version { get; init; } = new(1, 10);

    /// <summary>Resources and accounts to go on with; null to begin with none.</summary>
    public OmniStore? Store { get; init; }

    /// <summary>The clock; ignored when <see cref="Store"/> brings one.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>How far reads and validators are behind the writes.</summary>
    public TimeSpan ReadLag { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>False refuses every call, as a server since 1.7 does until its licence terms are accepted.</summary>
    public bool EulaAccepted { get; init; } = true;

    /// <summary>Whether the server runs an embedded discovery service.</summary>
    public bool EmbeddedDiscovery { get; init; } = true;

    /// <summary>
    /// How many times faster than life clusters come up. At 1 a cluster takes a few minutes, at 20 about twelve seconds.
    /// </summary>
    public double Speed { get; init; } = 20;

    /// <summary>False starts with the server's controllers and the providers at rest.</summary>
    public bool RunLifecycle { get; init; } = true;

    /// <summary>Ids of infra providers that are registered and connected from the start.</summary>
    public IReadOnlyList<string> Providers { get; init; } = [];

    /// <summary>Decides what a provider makes of a machine request; null lets every one succeed.</summary>
    public Func<ProvisionRequest, ProvisionVerdict>? Provision { get; init; }

    /// <summary>Seed of everything random, such as the ids of machine requests.</summary>
    public int Seed { get; init; } = 1;
}
