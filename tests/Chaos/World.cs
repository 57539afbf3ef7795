using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using OmniScale.Crds;
using OmniScale.EndToEnd;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Proxmox;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Operator.Tests;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.Chaos;

/// <summary>Two namespaces, one Omni, one Proxmox and an operator that can be killed; and what was done to them that the end depends on.</summary>
internal sealed class World : IAsyncDisposable
{
    public const string Provider = "matrix-cluster";
    public const string ClusterId = "test";

    private const string TokenSecret = "5ca1ab1e-c0de-4a11-b0a7-0ddba11c0c0a";

    private readonly Installation installation;
    private readonly long started = TimeProvider.System.GetTimestamp();
    private ServerProcess? process;

    private World(Installation installation, IReadOnlyList<string> namespaces, OmniSimulator omni, ProxmoxSimulator proxmox)
    {
        (this.installation, Namespaces, Omni, Proxmox) = (installation, namespaces, omni, proxmox);
        Client = new KubeClient(installation.ControlPlane.CreateConfiguration(), "chaos", TimeProvider.System);
        omni.Faults.WriteStored = call =>
        {
            if (call is { Method: "Create", Request: CreateRequest create } && call.Type == ResourceTypes.Clusters.Name)
            {
                Builds.AddOrUpdate((create.Resource.Metadata.Annotations[OwnershipAnnotations.Owner], call.Id!), 1, (_, count) => count + 1);
            }

            return Task.CompletedTask;
        };
    }

    public IReadOnlyList<string> Namespaces { get; }

    public OmniSimulator Omni { get; }

    public ProxmoxSimulator Proxmox { get; }

    public KubeClient Client { get; }

    public List<string> Log { get; } = [];

    /// <summary>How often a Cluster of an owner was created in Omni.</summary>
    public ConcurrentDictionary<(string Owner, string Id), int> Builds { get; } = new();

    /// <summary>By owner: the uids of its objects and the permissions to build anew, each of which allows for one creation.</summary>
    public Dictionary<string, HashSet<string>> BuildsAllowed { get; } = [];

    /// <summary>Owners whose object may have let go of what it had in Omni.</summary>
    public HashSet<string> LetGo { get; } = [];

    /// <summary>Clusters that another hand or an object tore down at some time.</summary>
    public HashSet<string> TornDown { get; } = [];

    /// <summary>Names in Omni for which an object had the permission to adopt.</summary>
    public HashSet<string> Adoptable { get; } = [];

    /// <summary>What belongs to nobody here, as it was put there.</summary>
    public List<OmniResource> Foreign { get; } = [];

    public List<Task> Background { get; } = [];

    public bool IsRunning => process is not null;

    public bool IsPaused { get; private set; }

    public static async Task<World> StartAsync(Installation installation, int seed)
    {
        var ct = TestContext.Current.CancellationToken;
        var cluster = MatrixCluster.Create();
        cluster.Users[0].Tokens[0].Secret = TokenSecret;
        return new World(
            installation,
            [await installation.ControlPlane.CreateNamespaceAsync("chaos"), await installation.ControlPlane.CreateNamespaceAsync("chaos")],
            await OmniSimulator.StartAsync(new OmniSimulatorOptions { Providers = [Provider], Speed = 3000, Seed = seed }, ct),
            await ProxmoxSimulator.StartAsync(new ProxmoxSimulatorOptions { Cluster = cluster }, ct));
    }

    public void Note(string step) =>
        Log.Add($"{Log.Count,4} {TimeProvider.System.GetElapsedTime(started).TotalSeconds,7:0.000} s  {Namespaces.Index().Aggregate(step, (text, ns) => text.Replace(ns.Item, $"ns{ns.Index}", StringComparison.Ordinal))}");

    public static string OwnerOf(string @namespace, string name) => $"{ClusterId}/{@namespace}/{name}";

    public async Task StartOperatorAsync() => process ??= await OperatorProcess.StartAsync(
        installation, string.Join(',', Namespaces), "--health-address", "http://127.0.0.1:0", "--leader-elect=false");

    public async Task KillOperatorAsync()
    {
        if (process is { } running)
        {
            process = null;
            IsPaused = false;
            await running.KillAsync();
            running.Dispose();
        }
    }

    public async Task PauseOperatorAsync(bool pause)
    {
        if (process is not null && pause != IsPaused)
        {
            await process.SignalAsync(pause ? "STOP" : "CONT");
            IsPaused = pause;
        }
    }

    /// <summary>Applies an object on the server's side, as GitOps tools do, and returns it.</summary>
    public async Task<JsonNode> ApplyAsync(string @namespace, string plural, JsonObject value)
    {
        var (group, name) = (value["apiVersion"]!.GetValue<string>(), value["metadata"]!["name"]!.GetValue<string>());
        var path = $"{(group == "v1" ? "/api/v1" : $"/apis/{group}")}/namespaces/{@namespace}/{plural}/{name}?fieldManager=user&force=true&fieldValidation=Strict";
        using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri(installation.ControlPlane.Server, path))
        {
            Content = new StringContent(value.ToJsonString(), new MediaTypeHeaderValue("application/apply-patch+yaml")),
        };
        using var response = await ((Kubernetes)installation.ControlPlane.Client).HttpClient.SendAsync(request, Ct);
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

    public async Task ApplyOmniSecretAsync(string @namespace) => await ApplyAsync(@namespace, "secrets", new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = "omni" },
        ["type"] = ApiGroup.OmniSecretType,
        ["stringData"] = new JsonObject { ["endpoint"] = Omni.Endpoint.ToString(), ["serviceAccountKey"] = Omni.CreateServiceAccountKey("omniscale", Role.Operator) },
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
        Note("calm");
        Omni.Faults.Clear();
        await PauseOperatorAsync(false);
        await StartOperatorAsync();
        await Task.WhenAll(Background);
    }

    public async ValueTask DisposeAsync()
    {
        await KillOperatorAsync();
        await Omni.DisposeAsync();
        await Proxmox.DisposeAsync();
        Client.Dispose();
    }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;
}
