using OmniScale.Operator.Tests;
using OmniScale.TestKit.Faults;

namespace OmniScale.Chaos;

/// <summary>What the operator has to get through on its way to its servers.</summary>
internal enum Ways
{
    /// <summary>Nothing. Only so a server that is away refuses connections: a proxy takes them, and resets them.</summary>
    Direct,

    /// <summary>A proxy in front of the API server. Who writes to Omni is told by sockets, which a proxy would hide.</summary>
    ProxiedKube,

    /// <summary>A proxy in front of each.</summary>
    Proxied,
}

/// <summary>Stand between the operator's processes, and them alone, and the servers. Their addresses are the same for a whole run.</summary>
internal sealed class Proxies : IAsyncDisposable
{
    /// <summary>Null when the operator goes to the API server directly.</summary>
    public FaultProxy? Kube { get; private init; }

    /// <summary>Null when the operator goes to Omni directly.</summary>
    public FaultProxy? Omni { get; private init; }

    /// <summary>How many requests faults have hit.</summary>
    public int Hits => ((FaultProxy?[])[Kube, Omni]).Sum(proxy => proxy?.Requests.Count(request => request.Fault is not null) ?? 0);

    public static async Task<Proxies> StartAsync(Installation installation, Uri omni, Ways ways) => new()
    {
        Kube = ways == Ways.Direct ? null : await FaultProxies.StartAsync(installation.ControlPlane, installation.OperatorKubeconfig),
        Omni = ways == Ways.Proxied ? await FaultProxies.StartAsync(omni) : null,
    };

    public void Clear()
    {
        Kube?.Clear();
        Omni?.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await (Kube?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Omni?.DisposeAsync() ?? ValueTask.CompletedTask);
    }
}
