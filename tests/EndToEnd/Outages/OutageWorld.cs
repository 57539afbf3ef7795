using k8s.Models;
using OmniScale.Crds;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Proxmox;
using OmniScale.Omni.Api;
using OmniScale.Operator.Tests;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.EndToEnd;

/// <summary>A running cluster with all that belongs to it, and the operator as a process that looks after it.</summary>
internal sealed class OutageWorld : IAsyncDisposable
{
    private const string Provider = "matrix-cluster";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Installation installation;
    private readonly string[] arguments;
    private readonly HttpClient http = new();

    private OutageWorld(Installation installation, string[] arguments, string @namespace, OmniSimulator omni, ProxmoxSimulator proxmox)
    {
        (this.installation, this.arguments, Namespace, Omni, Proxmox) = (installation, arguments, @namespace, omni, proxmox);
        Client = new KubeClient(installation.ControlPlane.CreateConfiguration(), "test", TimeProvider.System);
        Health = new Uri($"http://127.0.0.1:{Ports.Free()}");
    }

    public string Namespace { get; }

    public OmniSimulator Omni { get; }

    public ProxmoxSimulator Proxmox { get; }

    /// <summary>The administrator's.</summary>
    public KubeClient Client { get; }

    public ControlPlane ControlPlane => installation.ControlPlane;

    public ServerProcess Operator { get; private set; } = null!;

    /// <summary>Where the operator says how it is doing.</summary>
    public Uri Health { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Everything applied, and everything ready.</summary>
    public static async Task<OutageWorld> StartAsync(Installation installation, params string[] arguments)
    {
        var world = new OutageWorld(
            installation,
            arguments,
            await installation.ControlPlane.CreateNamespaceAsync("outage"),
            await OmniSimulator.StartAsync(new OmniSimulatorOptions { Providers = [Provider], Speed = 3000, Port = Ports.Free() }, Ct),
            await ProxmoxSimulator.StartAsync(new ProxmoxSimulatorOptions { Port = Ports.Free() }, Ct));
        try
        {
            await world.StartOperatorAsync();
            await world.ApplySecretsAsync();
            await world.ApplyAsync();
            await Eventually.ValueAsync(world.DescribeAsync, text => text == Well(workers: 1), "all is ready", Limit);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Operator?.Dispose();
        http.Dispose();
        Client.Dispose();
        await Omni.DisposeAsync();
        await Proxmox.DisposeAsync();
    }

    /// <summary>Starts the operator, or starts it again after it exited, as kubelet does.</summary>
    public async Task StartOperatorAsync()
    {
        Operator?.Dispose();
        Operator = await StartReplicaAsync(Health);
    }

    /// <summary>Starts one more, and waits until it is ready.</summary>
    public async Task<ServerProcess> StartStandbyAsync()
    {
        var health = new Uri($"http://127.0.0.1:{Ports.Free()}");
        var standby = await StartReplicaAsync(health);
        await Eventually.TrueAsync(async () => (await http.GetAsync(new Uri(health, "/readyz"), Ct)).IsSuccessStatusCode, "the standby is ready", Limit);
        return standby;
    }

    /// <summary>Applies all objects, as GitOps tools do.</summary>
    public Task ApplyAsync(int workers = 1, int cores = 4) => installation.ControlPlane.ApplyAsync($$"""
        apiVersion: omniscale.dev/v1alpha1
        kind: ProxmoxProvider
        metadata: {name: {{Provider}}}
        spec:
          checkInterval: 10s
          proxmox:
            url: {{Proxmox.Url}}
            credentialsSecretRef: {name: matrix-proxmox}
            fingerprints: ['{{Proxmox.Fingerprint}}']
        ---
        apiVersion: omniscale.dev/v1alpha1
        kind: MachineClass
        metadata: {name: small}
        spec:
          providerRef: {name: {{Provider}}}
          cores: {{cores}}
          memoryMiB: 8192
          diskSizeGiB: 40
          storageSelector: name == "local-lvm"
        ---
        apiVersion: omniscale.dev/v1alpha1
        kind: TalosCluster
        metadata: {name: first}
        spec:
          kubernetes: {version: v1.36.2}
          talos: {version: v1.13.6}
          controlPlane: {machineClass: {name: small, size: 1} }
          workers:
            - machineClass: {name: small, size: {{workers}} }
        """, Namespace);

    public Task<TalosCluster> ClusterAsync() => Client.GetAsync<TalosCluster>(new(Namespace, "first"), Ct);

    public Task<MachineClass> ClassAsync() => Client.GetAsync<MachineClass>(new(Namespace, "small"), Ct);

    public Task<ProxmoxProvider> ProviderAsync() => Client.GetAsync<ProxmoxProvider>(new(Namespace, Provider), Ct);

    /// <summary>What users and Omni see of it all, in one line.</summary>
    public async Task<string> DescribeAsync()
    {
        var (cluster, machineClass, provider) = (await ClusterAsync(), await ClassAsync(), await ProviderAsync());
        return $"control plane {Condition(cluster, TalosClusterConditions.ControlPlaneReady)}, workers {cluster.Status?.WorkersReady}, "
            + $"{Omni.State.Get(ResourceTypes.MachineSets, "first-workers")?.Spec.MachineAllocation.MachineCount} in Omni, "
            + $"cluster {Kstatus.Of(cluster)}, class {Kstatus.Of(machineClass)}, provider {Kstatus.Of(provider)}";
    }

    /// <summary>What <see cref="DescribeAsync"/> says when all is well.</summary>
    public static string Well(int workers) =>
        $"control plane True {TalosClusterReasons.Healthy}, workers {workers}/{workers}, {workers} in Omni, cluster Current, class Current, provider Current";

    /// <summary>The status of a condition and its reason.</summary>
    public static string Condition(IOmniScaleObject value, string type) =>
        value.CommonStatus?.Conditions?.FirstOrDefault(c => c.Type == type) is { } condition ? $"{condition.Status} {condition.Reason}" : "none";

    /// <summary>
    /// Whether the API server is whole. It has three clients of etcd, for its own types, for custom ones and for its readiness; after an
    /// outage of a minute each finds etcd again by itself, up to fifteen seconds apart.
    /// </summary>
    public async Task<bool> HasWholeApiServerAsync() =>
        await Client.FindUnreadinessAsync(TimeSpan.FromSeconds(3), Ct) is null
        && await Client.FindAsync<TalosCluster>(new(Namespace, "first"), Ct) is not null
        && await Client.FindAsync<V1Secret>(new(Namespace, "omni"), Ct) is not null;

    /// <summary>What the operator answers to kubelet: the code and the words.</summary>
    public async Task<string> AskAsync(string path)
    {
        using var response = await http.GetAsync(new Uri(Health, path), Ct);
        return $"{(int)response.StatusCode} {(await response.Content.ReadAsStringAsync(Ct)).Trim()}";
    }

    /// <summary>What the operator's objects are in Omni, without what only Omni says.</summary>
    public IReadOnlyList<string> Rendered() =>
    [
        .. Omni.State.Everything()
            .Where(r => r.Metadata.Annotations.ContainsKey(OwnershipAnnotations.Owner))
            .Select(r => $"{r.Metadata.Type} {r.Metadata.Id} {r.Metadata.Phase} {r.Metadata.Labels} {r.Metadata.Annotations} {r.Spec.ProtoSpec.ToBase64()}")
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>What was created in Omni more than once.</summary>
    public IEnumerable<string> CreatedTwice() => Omni.Calls
        .Where(call => call is { Method: "Create", Code: Grpc.Core.StatusCode.OK })
        .GroupBy(call => $"{call.Type} {call.Id}")
        .Where(calls => calls.Count() > 1)
        .Select(calls => calls.Key);

    private Task<ServerProcess> StartReplicaAsync(Uri health) =>
        OperatorProcess.StartAsync(installation, Namespace, ["--health-address", health.GetLeftPart(UriPartial.Authority), .. arguments]);

    private async Task ApplySecretsAsync()
    {
        await CreateSecretAsync("omni", ApiGroup.OmniSecretType, ("endpoint", Omni.Endpoint.ToString()), ("serviceAccountKey", Omni.CreateServiceAccountKey("omniscale", Role.Operator)));
        await CreateSecretAsync("matrix-proxmox", ApiGroup.ProxmoxSecretType, ("tokenID", MatrixCluster.TokenId), ("tokenSecret", MatrixCluster.TokenSecret));
    }

    private Task CreateSecretAsync(string name, string type, params (string Key, string Value)[] data) => Client.CreateAsync(new V1Secret
    {
        ApiVersion = "v1",
        Kind = "Secret",
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = Namespace },
        Type = type,
        StringData = data.ToDictionary(pair => pair.Key, pair => pair.Value),
    }, Ct);
}
