using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Bench.Load;

/// <summary>A simulated Omni at rest, a namespace whose Secret leads to it, and the objects in it.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private const int Creators = 16;

    private readonly Kube kube;

    private Stage(Kube kube, string @namespace, OmniSimulator omni, string key, ClusterWatch watch) =>
        (this.kube, Namespace, Omni, Key, Watch) = (kube, @namespace, omni, key, watch);

    public string Namespace { get; }

    public OmniSimulator Omni { get; }

    public string Key { get; }

    public ClusterWatch Watch { get; }

    public static async Task<Stage> StartAsync(Kube kube, string @namespace, TimeSpan readLag, CancellationToken ct)
    {
        var omni = await OmniSimulator.StartAsync(new OmniSimulatorOptions { Providers = [Objects.Provider], Speed = 3000, ReadLag = readLag }, ct);
        omni.Lifecycle.Paused = true;
        omni.State.Put(ResourceTypes.MachineClasses.New(Objects.Class, new MachineClassSpec
        {
            AutoProvision = new MachineClassSpec.Types.Provision { ProviderId = Objects.Provider },
        }));
        var key = omni.CreateServiceAccountKey("omniscale", Role.Operator);
        await kube.CreateAsync("api/v1/namespaces", Objects.Namespace(@namespace), ct);
        await kube.CreateAsync($"api/v1/namespaces/{@namespace}/secrets", Objects.Secret(omni.Endpoint, key), ct);
        return new Stage(kube, @namespace, omni, key, await ClusterWatch.StartAsync(kube, @namespace, ct));
    }

    /// <summary>Creates clusters.</summary>
    /// <returns>Their resourceVersions.</returns>
    public async Task<IReadOnlyDictionary<string, string>> CreateAsync(IReadOnlyList<string> names, CancellationToken ct)
    {
        var versions = new System.Collections.Concurrent.ConcurrentDictionary<string, string>();
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = Creators, CancellationToken = ct }, async (name, token) =>
            versions[name] = (await kube.CreateAsync(Kube.TalosClusters(Namespace), Objects.Cluster(name), token)).Version());
        return versions;
    }

    /// <summary>Deletes clusters, which the operator lets go of, and what is left of them in an Omni at rest.</summary>
    public async Task DeleteAsync(IReadOnlyList<string> names, CancellationToken ct)
    {
        await Parallel.ForEachAsync(names, new ParallelOptions { MaxDegreeOfParallelism = Creators, CancellationToken = ct }, async (name, token) =>
            await kube.SendAsync(HttpMethod.Delete, Kube.TalosClusters(Namespace, name), null, "", token));
        await Watch.WhenAsync(names, value => value["deleted"] is not null, LoadRun.Limit, "the first clusters are gone");
        var doomed = names.ToHashSet(StringComparer.Ordinal);
        foreach (var resource in Omni.State.Everything())
        {
            if (doomed.Contains(resource.Metadata.Labels.TryGetValue(OmniLabels.Cluster, out var cluster) ? cluster : resource.Metadata.Id))
            {
                Omni.State.Remove(resource.Metadata.Type == ResourceTypes.Clusters.Name ? ResourceTypes.Clusters : ResourceTypes.MachineSets, resource.Metadata.Id);
            }
        }
    }

    public async Task<IReadOnlyList<JsonObject>> EventsAsync(CancellationToken ct) =>
        [.. (await kube.ReadAsync($"api/v1/namespaces/{Namespace}/events", ct))["items"]!.AsArray().OfType<JsonObject>()];

    /// <summary>The version of every object that the operator may write.</summary>
    public async Task<IReadOnlyList<string>> VersionsAsync(CancellationToken ct)
    {
        var versions = new List<string>();
        foreach (var path in (string[])[Kube.TalosClusters(Namespace), $"api/v1/namespaces/{Namespace}/secrets", $"api/v1/namespaces/{Namespace}/events"])
        {
            versions.AddRange((await kube.ReadAsync(path, ct))["items"]!.AsArray().OfType<JsonObject>().Select(value => $"{value["metadata"]!["uid"]} {value.Version()}"));
        }

        return versions;
    }

    public async ValueTask DisposeAsync()
    {
        await Watch.DisposeAsync();
        Omni.Faults.WriteStored = null;
        await Omni.DisposeAsync();
    }
}

/// <summary>The bare client's process.</summary>
internal sealed class BareProcess : IAsyncDisposable
{
    private readonly Process process;
    private readonly string folder;

    private BareProcess(Process process, string folder) => (this.process, this.folder) = (process, folder);

    public int Id => process.Id;

    public static async Task<BareProcess> StartAsync(BareTarget target, string folder, CancellationToken ct)
    {
        var file = Path.Combine(folder, "target.json");
        await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(target), ct);
        return new BareProcess(Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["bare", file])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!, folder);
    }

    /// <summary>Gives it what to write, and returns when it could begin.</summary>
    public async Task PrepareAsync(BarePlan plan, CancellationToken ct)
    {
        var file = Path.Combine(folder, "plan.json");
        await File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(plan), ct);
        await process.StandardInput.WriteLineAsync(file.AsMemory(), ct);
        await process.StandardInput.FlushAsync(ct);
        if (await process.StandardOutput.ReadLineAsync(ct) != BareClient.Ready)
        {
            throw new InvalidOperationException("The bare client failed.");
        }
    }

    public void Go()
    {
        process.StandardInput.WriteLine();
        process.StandardInput.Flush();
    }

    public async ValueTask DisposeAsync()
    {
        process.StandardInput.Close();
        if (!process.WaitForExit(TimeSpan.FromSeconds(30)))
        {
            process.Kill();
        }

        await process.WaitForExitAsync();
        process.Dispose();
    }
}
