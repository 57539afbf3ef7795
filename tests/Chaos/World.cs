using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using OmniScale.Core;
using OmniScale.Crds;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Proxmox;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Operator.Tests;
using OmniScale.Runtime;
using OmniScale.TestKit.Faults;

namespace OmniScale.Chaos;

/// <summary>Two namespaces, one Omni, one Proxmox and an operator that can be killed; and what was done to them that the end depends on.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string Provider = "matrix-cluster";
    public const string ClusterId = "test";

    private const string TokenSecret = "5ca1ab1e-c0de-4a11-b0a7-0ddba11c0c0a";

    private static readonly string[] Milestones = ["  prepared", "  calm", "  settled"];

    private readonly long started = TimeProvider.System.GetTimestamp();
    private readonly Lock logGate = new();
    private readonly List<string> log = [];

    private World(Installation installation, IReadOnlyList<string> namespaces, OmniSimulator omni, ProxmoxSimulator proxmox, Proxies proxies, bool pair)
    {
        (Installation, Namespaces, Omni, Proxmox, Proxies) = (installation, namespaces, omni, proxmox, proxies);
        Client = new KubeClient(installation.ControlPlane.CreateConfiguration(), "chaos", TimeProvider.System);
        Operators = new Operators(proxies.Kube?.WriteKubeconfig(installation.ControlPlane) ?? installation.OperatorKubeconfig, string.Join(',', namespaces), pair, Note);
        Election = new Election(this);
        omni.Faults.WriteStored = async call =>
        {
            if (call is { Method: "Create", Request: CreateRequest create })
            {
                Creations.Stored(create);
            }

            await Election.StoredAsync(call);
        };
    }

    public Installation Installation { get; }

    public Operators Operators { get; }

    /// <summary>How the leader of two replicas changed; without content when there is one.</summary>
    public Election Election { get; }

    public IKubernetes Kubernetes => Installation.ControlPlane.Client;

    public IReadOnlyList<string> Namespaces { get; }

    public OmniSimulator Omni { get; }

    public ProxmoxSimulator Proxmox { get; }

    public Proxies Proxies { get; }

    public KubeClient Client { get; }

    public IReadOnlyList<string> Log
    {
        get
        {
            lock (logGate)
            {
                return [.. log];
            }
        }
    }

    /// <summary>What the operator created in Omni, and what it had reasons to.</summary>
    public Creations Creations { get; } = new();

    /// <summary>Owners whose object may have let go of what it had in Omni.</summary>
    public HashSet<string> LetGo { get; } = [];

    /// <summary>Clusters that another hand or an object tore down at some time.</summary>
    public HashSet<string> TornDown { get; } = [];

    /// <summary>Names in Omni for which an object had the permission to adopt.</summary>
    public HashSet<string> Adoptable { get; } = [];

    /// <summary>What belongs to nobody here, as it was put there.</summary>
    public List<OmniResource> Foreign { get; } = [];

    public List<Task> Background { get; } = [];

    public static async Task<World> StartAsync(Installation installation, int seed, bool pair, Ways ways)
    {
        var omni = await OmniSimulator.StartAsync(new OmniSimulatorOptions { Providers = [Provider], Speed = 3000, Seed = seed }, Ct);
        var cluster = MatrixCluster.Create();
        cluster.Users[0].Tokens[0].Secret = TokenSecret;
        var world = new World(
            installation,
            [await installation.ControlPlane.CreateNamespaceAsync("chaos"), await installation.ControlPlane.CreateNamespaceAsync("chaos")],
            omni,
            await ProxmoxSimulator.StartAsync(new ProxmoxSimulatorOptions { Cluster = cluster }, Ct),
            await Proxies.StartAsync(installation, omni.Endpoint, ways),
            pair);
        if (pair)
        {
            await world.Election.StartAsync();
        }

        return world;
    }

    public void Note(string step)
    {
        var time = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        var text = Namespaces.Index().Aggregate(step, (text, ns) => text.Replace(ns.Item, $"ns{ns.Index}", StringComparison.Ordinal));
        lock (logGate)
        {
            log.Add($"{log.Count,4} {time,7:0.000} s  {text}");
        }
    }

    /// <summary>Leaves in the test's output what happened, and one line that sums it up.</summary>
    public void Report(string what) => TestContext.Current.TestOutputHelper?.WriteLine(
        $"{string.Join('\n', Log)}\n{what}: {string.Join(", ", Log.Where(line => Milestones.Any(line.Contains)).Select(line => line[5..].Trim()))}");

    public static Owner OwnerIn(string @namespace, string name) => new(ClusterId, @namespace, name);

    public static string OwnerOf(string @namespace, string name) => OwnerIn(@namespace, name).Mark;

    public async Task<IReadOnlyList<T>> ListAsync<T>()
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        [.. (await Task.WhenAll(Namespaces.Select(ns => Client.ListAsync<T>(ns, Ct)))).SelectMany(list => list)];

    /// <summary>Applies an object on the server's side, as GitOps tools do, and returns it.</summary>
    public async Task<JsonNode> ApplyAsync(string @namespace, string plural, JsonObject value)
    {
        var (group, name) = (value["apiVersion"]!.GetValue<string>(), value["metadata"]!["name"]!.GetValue<string>());
        var path = $"{(group == "v1" ? "/api/v1" : $"/apis/{group}")}/namespaces/{@namespace}/{plural}/{name}?fieldManager=user&force=true&fieldValidation=Strict";
        using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri(Installation.ControlPlane.Server, path))
        {
            Content = new StringContent(value.ToJsonString(), new MediaTypeHeaderValue("application/apply-patch+yaml")),
        };
        using var response = await ((Kubernetes)Kubernetes).HttpClient.SendAsync(request, Ct);
        var text = await response.Content.ReadAsStringAsync(Ct);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    public async Task DeleteAsync<T>(string @namespace, string name)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        try
        {
            await Client.DeleteAsync<T>(new(@namespace, name), Ct);
        }
        catch (ApiException e) when (e.Code == (int)HttpStatusCode.NotFound)
        {
            // Gone already.
        }
    }

    public async Task<bool> CanWriteAsync()
    {
        foreach (var @namespace in Namespaces)
        {
            await ApplyProxmoxSecretAsync(@namespace);
        }

        return true;
    }

    public async Task ApplyOmniSecretAsync(string @namespace) => await ApplyAsync(@namespace, "secrets", new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = "omni" },
        ["type"] = ApiGroup.OmniSecretType,
        ["stringData"] = new JsonObject { ["endpoint"] = (Proxies.Omni?.Address ?? Omni.Endpoint).ToString(), ["serviceAccountKey"] = Omni.CreateServiceAccountKey("omniscale", Role.Operator) },
    });

    public async Task ApplyProxmoxSecretAsync(string @namespace) => await ApplyAsync(@namespace, "secrets", new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = "matrix-proxmox" },
        ["type"] = ApiGroup.ProxmoxSecretType,
        ["stringData"] = new JsonObject { ["tokenID"] = "omni@pve!operator", ["tokenSecret"] = TokenSecret },
    });

    /// <summary>Ends all that goes wrong, and lets what was begun in the background end.</summary>
    public async Task CalmAsync()
    {
        Note($"calm, {Proxies.Hits} requests went wrong on their way");
        Proxies.Clear();
        Omni.Faults.Clear();
        Proxmox.Faults.Clear();
        await Operators.StartAsync();
        await Task.WhenAll(Background);
    }

    public async ValueTask DisposeAsync()
    {
        await Operators.DisposeAsync();
        if (Operators.IsPair)
        {
            await Election.DisposeAsync();
        }

        await Proxies.DisposeAsync();
        await Omni.DisposeAsync();
        await Proxmox.DisposeAsync();
        Client.Dispose();
    }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;
}
