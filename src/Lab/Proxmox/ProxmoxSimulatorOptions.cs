using System.Net;

namespace OmniScale.Lab.Proxmox;

public sealed class ProxmoxSimulatorOptions
{
    /// <summary>The state to start from; by default the demo's cluster. An inventory file is read with <see cref="ProxmoxInventoryModel.Parse"/>.</summary>
    public SimulatedCluster Cluster { get; init; } = MatrixCluster.Create();

    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0 takes a free port; a real server listens on 8006.</summary>
    public int Port { get; init; }

    /// <summary>The DNS names and IP addresses in the server certificate.</summary>
    public IReadOnlyList<string> CertificateNames { get; init; } = ["localhost", "127.0.0.1", "::1"];

    /// <summary>The end of the server certificate's validity, by the machine's clock; null is two years from now.</summary>
    public DateTimeOffset? CertificateNotAfter { get; init; }

    /// <summary>How long a failed login is held back. A real server takes three seconds.</summary>
    public TimeSpan AuthenticationDelay { get; init; }

    /// <summary>The order of lists is random with this seed, as on the real server; null keeps the inventory's order.</summary>
    public int? ShuffleSeed { get; init; } = 1;

    /// <summary>Sends every number as a string, the worst that the real server's untyped answers can do.</summary>
    public bool NumbersAsStrings { get; init; }

    /// <summary>The clock of tickets, token expiry and delays.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
