using System.Text;
using k8s;
using k8s.Models;
using OmniScale.Crds;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Proxmox;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests;

/// <summary>One test's world: a namespace, a simulated Omni and Proxmox, and an operator that follows the namespace.</summary>
internal sealed class Stage : IAsyncDisposable
{
    public const string ProviderId = "matrix-cluster";

    private readonly Installation installation;
    private readonly KubeClient client;

    private Stage(Installation installation, string @namespace, OmniSimulator omni, ProxmoxSimulator proxmox)
    {
        (this.installation, Namespace, Omni, Proxmox) = (installation, @namespace, omni, proxmox);
        client = new KubeClient(installation.ControlPlane.CreateConfiguration(), "test", TimeProvider.System);
    }

    public string Namespace { get; }

    public OmniSimulator Omni { get; private set; }

    public ProxmoxSimulator Proxmox { get; }

    public RunningOperator? Operator { get; private set; }

    public KubeClient Client => client;

    public static async Task<Stage> StartAsync(Installation installation, OmniSimulatorOptions? omni = null, bool startOperator = true)
    {
        var ct = TestContext.Current.CancellationToken;
        var stage = new Stage(
            installation,
            await installation.ControlPlane.CreateNamespaceAsync(),
            await OmniSimulator.StartAsync(omni ?? new OmniSimulatorOptions { Providers = [ProviderId], Speed = 2000 }, ct),
            await ProxmoxSimulator.StartAsync(new ProxmoxSimulatorOptions(), ct));
        if (startOperator)
        {
            await stage.StartOperatorAsync();
        }

        return stage;
    }

    public async Task StartOperatorAsync() => Operator = await RunningOperator.StartAsync(installation, Namespace);

    public async Task StopOperatorAsync()
    {
        if (Operator is { } running)
        {
            Operator = null;
            await running.DisposeAsync();
        }
    }

    public async Task<string> ApplyAsync(string yaml) => await installation.ControlPlane.ApplyAsync(yaml, Namespace);

    public Task<CommandResult> KubectlAsync(params string[] arguments) => installation.ControlPlane.KubectlAsync(["-n", Namespace, .. arguments], input: null);

    /// <summary>The connection Secret <c>omni</c> and the Proxmox Secret.</summary>
    public async Task ApplySecretsAsync(string? key = null)
    {
        await CreateSecretAsync("omni", ApiGroup.OmniSecretType, new() { ["endpoint"] = Omni.Endpoint.ToString(), ["serviceAccountKey"] = key ?? Omni.CreateServiceAccountKey("omniscale", Role.Operator) });
        await CreateSecretAsync("matrix-proxmox", ApiGroup.ProxmoxSecretType, new() { ["tokenID"] = "omni@pve!operator", ["tokenSecret"] = "00000000-0000-0000-0000-000000000000" });
    }

    public Task CreateSecretAsync(string name, string type, Dictionary<string, string> data) => client.CreateAsync(new V1Secret
    {
        ApiVersion = "v1",
        Kind = "Secret",
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = Namespace },
        Type = type,
        Data = data.ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetBytes(pair.Value)),
    }, TestContext.Current.CancellationToken);

    public Task<string> ApplyProviderAsync() => ApplyAsync($"""
        apiVersion: omniscale.dev/v1alpha1
        kind: ProxmoxProvider
        metadata: {"{"}name: {ProviderId}{"}"}
        spec:
          proxmox:
            url: {Proxmox.Url}
            credentialsSecretRef: {"{"}name: matrix-proxmox{"}"}
            fingerprints: ["{Proxmox.Fingerprint}"]
        """);

    public Task<string> ApplyClassAsync(string name, string more = "") => ApplyAsync($"""
        apiVersion: omniscale.dev/v1alpha1
        kind: MachineClass
        metadata: {"{"}name: {name}{"}"}
        spec:
          providerRef: {"{"}name: {ProviderId}{"}"}
          cores: 4
          memoryMiB: 8192
          diskSizeGiB: 40
          storageSelector: name == "local-lvm"
          {more}
        """);

    public Task<string> ApplyClusterAsync(string name, int controlPlanes = 1, int workers = 1, string more = "") => ApplyAsync($"""
        apiVersion: omniscale.dev/v1alpha1
        kind: TalosCluster
        metadata: {"{"}name: {name}{"}"}
        spec:
          kubernetes: {"{"}version: v1.36.2{"}"}
          talos: {"{"}version: v1.13.6{"}"}
          patches:
            - name: cni
              inline: {"{"}cluster: {"{"}network: {"{"}cni: {"{"}name: none{"}}}}"}
          controlPlane: {"{"}machineClass: {"{"}name: small, size: {controlPlanes}{"}}"}
          workers:
            - machineClass: {"{"}name: small, size: {workers}{"}"}
          {more}
        """);

    /// <summary>Secrets, provider, class <c>small</c> and a cluster, and waits until the cluster is ready.</summary>
    public async Task<TalosCluster> RunClusterAsync(string name, string more = "")
    {
        await ApplySecretsAsync();
        await ApplyProviderAsync();
        await ApplyClassAsync("small");
        await ApplyClusterAsync(name, more: more);
        return await ReadyAsync<TalosCluster>(name);
    }

    public Task<T> GetAsync<T>(string name)
        where T : class, IOmniScaleObject => client.GetAsync<T>(new(Namespace, name), TestContext.Current.CancellationToken);

    public Task<T?> FindAsync<T>(string name)
        where T : class, IKubernetesObject<V1ObjectMeta> => client.FindAsync<T>(new(Namespace, name), TestContext.Current.CancellationToken);

    public Task<T> ReadyAsync<T>(string name)
        where T : class, IOmniScaleObject => ConditionAsync<T>(name, CommonConditions.Ready, "True");

    /// <summary>Waits until a condition of the current generation has a status and, if given, a reason.</summary>
    public async Task<T> ConditionAsync<T>(string name, string type, string status, string? reason = null)
        where T : class, IOmniScaleObject =>
        (await Eventually.ValueAsync(
            () => FindAsync<T>(name),
            value => value?.CommonStatus?.Conditions?.FirstOrDefault(c => c.Type == type) is { } condition
                && condition.Status == status && (reason is null || condition.Reason == reason)
                && condition.ObservedGeneration == value.Metadata.Generation,
            $"{typeof(T).Name} {name}: {type}={status} {reason}",
            limit: TimeSpan.FromSeconds(30)))!;

    public Task GoneAsync<T>(string name)
        where T : class, IOmniScaleObject =>
        Eventually.TrueAsync(async () => await FindAsync<T>(name) is null, $"{typeof(T).Name} {name} is gone", TimeSpan.FromSeconds(30));

    public static string Message(IOmniScaleObject value, string type) => value.CommonStatus!.Conditions!.Single(c => c.Type == type).Message;

    public async ValueTask DisposeAsync()
    {
        await StopOperatorAsync();
        await Omni.DisposeAsync();
        await Proxmox.DisposeAsync();
        client.Dispose();
    }
}
