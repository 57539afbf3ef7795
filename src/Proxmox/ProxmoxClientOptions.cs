namespace OmniScale.Proxmox;

public sealed record ProxmoxClientOptions
{
    /// <summary>For one request. It must leave room for the three seconds by which Proxmox delays a refused login.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>For a whole inventory. Nodes that were not read by then are recorded as such.</summary>
    public TimeSpan InventoryTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many requests are under way at once.</summary>
    public int Parallelism { get; init; } = 4;
}
