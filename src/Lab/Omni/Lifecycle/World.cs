using OmniScale.Omni.Api.Specs;
using Stage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>What exists outside of Omni: machines and provider processes. Guarded by <see cref="Gate"/>.</summary>
internal sealed class World
{
    public Lock Gate { get; } = new();

    public SortedDictionary<string, SimMachine> Machines { get; } = new(StringComparer.Ordinal);

    public SortedDictionary<string, ProviderProcess> Providers { get; } = new(StringComparer.Ordinal);

    /// <summary>Machines that nobody will remove, since their requests lost the provider's finalizer.</summary>
    public List<string> Leaked { get; } = [];
}

/// <summary>A process that provides machines for one infra provider.</summary>
internal sealed class ProviderProcess(string id)
{
    public string Id { get; } = id;

    public bool Connected { get; set; } = true;

    /// <summary>Counts the heartbeats.</summary>
    public int Beats { get; set; }

    /// <summary>Error that the process reports with its heartbeats.</summary>
    public string Error { get; set; } = "";

    /// <summary>How far each request has got, by its id.</summary>
    public Dictionary<string, Provisioning> Requests { get; } = new(StringComparer.Ordinal);
}

/// <summary>How far a provider is with a request.</summary>
internal sealed class Provisioning
{
    public int Step { get; set; }

    public string Uuid { get; set; } = "";
}

/// <summary>A machine, as it is; what Omni says of it is derived from this.</summary>
internal sealed class SimMachine(string uuid)
{
    public string Uuid { get; } = uuid;

    public required string Hostname { get; init; }

    public required string Address { get; init; }

    /// <summary>Labels of its own, such as those of hardware.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public string ProviderId { get; init; } = "";

    public string RequestId { get; init; } = "";

    public string RequestSetId { get; init; } = "";

    public required string TalosVersion { get; set; }

    public required string InitialTalosVersion { get; init; }

    public string KubernetesVersion { get; set; } = "";

    public IReadOnlyList<string> Extensions { get; set; } = [];

    /// <summary>Stage within its cluster.</summary>
    public Stage Stage { get; set; }

    public string ConfigHash { get; set; } = "";

    public ConfigApplyStatus ConfigStatus { get; set; }

    /// <summary>What is wrong with it by the lab's hand; null when nothing is.</summary>
    public MachineTrouble? Trouble { get; set; }

    public bool IsReady => Stage == Stage.Running && Trouble is null;

    public bool IsConnected => Trouble is not { Disconnected: true };
}

/// <summary>Something wrong with a machine.</summary>
/// <param name="Stage">The stage it shows; null leaves its own.</param>
/// <param name="Disconnected">Whether it lost its connection to Omni.</param>
/// <param name="ConfigError">Why its configuration cannot be applied; empty when it can.</param>
public sealed record MachineTrouble(Stage? Stage = null, bool Disconnected = false, string ConfigError = "");
