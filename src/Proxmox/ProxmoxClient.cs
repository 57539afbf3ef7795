using System.Collections.Concurrent;
using System.Globalization;

namespace OmniScale.Proxmox;

/// <inheritdoc cref="IProxmoxClient"/>
public sealed class ProxmoxClient : IProxmoxClient
{
    private const int NotImplemented = 501;
    private readonly ProxmoxClientOptions options;
    private readonly TimeProvider time;
    private readonly ProxmoxHttp http;
    private readonly ProxmoxSession session;
    private readonly InventoryReader reader;

    public ProxmoxClient(ProxmoxEndpoint endpoint, ProxmoxClientOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        this.options = options ?? new();
        this.time = time ?? TimeProvider.System;
        http = new ProxmoxHttp(endpoint.Url, endpoint.Tls, this.options.RequestTimeout, this.time);
        session = new ProxmoxSession(endpoint.Credentials, http, this.time);
        reader = new InventoryReader(session);
    }

    public Task<ProxmoxVersion> GetVersionAsync(CancellationToken cancellationToken) => reader.ReadVersionAsync(cancellationToken);

    public async Task<EffectivePermissions> GetPermissionsAsync(IReadOnlyCollection<string> paths, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(paths);
        var byPath = new ConcurrentDictionary<string, IReadOnlySet<string>>();
        await ForEachAsync(paths.Distinct(), async (path, token) =>
            byPath[path] = (await reader.ReadPermissionsAsync(path, token)).Values.FirstOrDefault() ?? new HashSet<string>(), cancellationToken);
        return new EffectivePermissions(byPath);
    }

    public async Task<EffectivePermissions> GetPermissionsAsync(CancellationToken cancellationToken) =>
        new(await reader.ReadPermissionsAsync(path: null, cancellationToken));

    public async Task<ProxmoxInventory> ReadInventoryAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.InventoryTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        try
        {
            // First, and alone: with wrong credentials or a wrong address everything else would fail alike.
            var version = await reader.ReadVersionAsync(linked.Token);
            var errors = new ConcurrentBag<string>();
            var nodesTask = reader.ReadNodesAsync(linked.Token);
            var statusTask = TolerantAsync(reader.ReadClusterStatusAsync, (Name: null, Quorate: null), errors, linked.Token);
            var mappingsTask = TolerantAsync(reader.ReadPciMappingsAsync, [], errors, linked.Token);
            await Task.WhenAll(nodesTask, statusTask, mappingsTask);
            var nodes = (await nodesTask).ToArray();
            // The deadline ends the single reads and not the loop, so that the nodes read until then are kept.
            await ForEachAsync(
                Enumerable.Range(0, nodes.Length),
                async (index, token) => nodes[index] = await CompleteAsync(nodes[index], deadline.Token, token),
                cancellationToken);
            var (clusterName, quorate) = await statusTask;
            return new ProxmoxInventory(version, clusterName, quorate, [.. nodes], await mappingsTask, [.. errors.Order(StringComparer.Ordinal)]);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProxmoxException(ProxmoxFailure.Timeout, $"The inventory of {http.Server} could not be read within {Seconds(options.InventoryTimeout)}.");
        }
    }

    public void Dispose()
    {
        session.Dispose();
        http.Dispose();
    }

    /// <summary>Adds a node's storages and bridges, or why they are missing.</summary>
    private async Task<ProxmoxNode> CompleteAsync(ProxmoxNode node, CancellationToken deadline, CancellationToken cancellationToken)
    {
        // Asking would only bring the proxying node to try the connection.
        if (node.State == NodeState.Offline)
            return node with { Error = "The node is offline." };
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline);
        try
        {
            node = node with { Storages = await reader.ReadStoragesAsync(node.Name, linked.Token) };
            return node with { Bridges = await reader.ReadBridgesAsync(node.Name, linked.Token) };
        }
        catch (ProxmoxException e) when (IsOfOneRequest(e.Kind))
        {
            return node with { Error = e.Message };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return node with { Error = $"The node was not read within the {Seconds(options.InventoryTimeout)} for the whole inventory." };
        }
    }

    private static async Task<T> TolerantAsync<T>(
        Func<CancellationToken, Task<T>> read, T otherwise, ConcurrentBag<string> errors, CancellationToken cancellationToken)
    {
        try
        {
            return await read(cancellationToken);
        }
        catch (ProxmoxException e) when (IsOfOneRequest(e.Kind))
        {
            // An older Proxmox does not know the path, and has nothing to be listed.
            if (e.StatusCode != NotImplemented)
                errors.Add(e.Message);
            return otherwise;
        }
    }

    /// <summary>The failure concerns one request; the others concern the server or the account as a whole.</summary>
    private static bool IsOfOneRequest(ProxmoxFailure kind) =>
        kind is ProxmoxFailure.Forbidden or ProxmoxFailure.ServerError or ProxmoxFailure.UnexpectedAnswer or ProxmoxFailure.Timeout;

    private Task ForEachAsync<T>(IEnumerable<T> items, Func<T, CancellationToken, Task> action, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        items,
        new ParallelOptions { MaxDegreeOfParallelism = options.Parallelism, CancellationToken = cancellationToken },
        async (item, token) => await action(item, token));

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s");
}
