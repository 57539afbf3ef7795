using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OmniScale.Crds;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Proxmox;
using OmniScale.Omni;
using OmniScale.Operator;
using OmniScale.Operator.Connections;
using OmniScale.Operator.Hosting;
using OmniScale.Operator.Tests;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.Endurance;

/// <summary>
/// An operator whose clock runs ten times as fast as others', with a provider, a class and a cluster in each of two namespaces. The API
/// server ends each watch after a second.
/// </summary>
internal sealed class LongLife : IAsyncDisposable
{
    private const string Provider = "matrix-cluster";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private static readonly (string Name, string Secret)[] Tokens = [("one", Guid.NewGuid().ToString()), ("two", Guid.NewGuid().ToString())];

    private readonly Installation installation;
    private readonly OmniSimulator omni;
    private readonly ProxmoxSimulator proxmox;
    private readonly KubeClient client;
    private readonly KubeClient administrator;
    private readonly WebApplication app;
    private long omniWatches;
    private readonly Dictionary<string, int> rotations = [];

    private LongLife(Installation installation, IReadOnlyList<string> namespaces, OmniSimulator omni, ProxmoxSimulator proxmox, TimeProvider time)
    {
        (this.installation, Namespaces, this.omni, this.proxmox) = (installation, namespaces, omni, proxmox);
        administrator = new KubeClient(installation.ControlPlane.CreateConfiguration(), "test", TimeProvider.System);
        client = new KubeClient(KubeConfiguration.Load(installation.OperatorKubeconfig), "omniscale-operator", time);
        var options = new OperatorOptions
        {
            Namespaces = namespaces,
            ClusterId = "test",
            HealthAddress = "http://127.0.0.1:0",
            LogLevel = LogLevel.Error,
            Watches = new() { ShortestWatch = TimeSpan.FromSeconds(1), LongestWatch = TimeSpan.FromSeconds(1) },
        };
        app = OperatorHost.Build(options, client, time);
    }

    public IReadOnlyList<string> Namespaces { get; }

    /// <summary>Watches that had to be opened anew, on both sides.</summary>
    public long Expiries => OmniWatches() + Reflectors().Sum(count => count);

    /// <summary>What was written to Omni since the clusters were ready, as far as it was collected.</summary>
    public List<string> Writes { get; } = [];

    public static async Task<LongLife> StartAsync(Installation installation)
    {
        var time = new FastTimeProvider(10);
        var cluster = MatrixCluster.Create();
        cluster.Users[0].Tokens.AddRange(Tokens.Select(token => new SimulatedToken { Name = token.Name, Secret = token.Secret, PrivilegeSeparation = false }));
        var life = new LongLife(
            installation,
            [await installation.ControlPlane.CreateNamespaceAsync("life"), await installation.ControlPlane.CreateNamespaceAsync("life")],
            await OmniSimulator.StartAsync(new OmniSimulatorOptions { Providers = [Provider], Speed = 300, Time = time }, Ct),
            await ProxmoxSimulator.StartAsync(new ProxmoxSimulatorOptions { Cluster = cluster }, Ct),
            time);
        await life.app.StartAsync(Ct);
        foreach (var @namespace in life.Namespaces)
        {
            await life.RenewKeyAsync(@namespace);
            await life.ApplyTokenAsync(@namespace);
            await life.ApplyObjectsAsync(@namespace);
        }

        await life.ReadyAsync();
        life.ForgetRecords();
        life.Writes.Clear();
        return life;
    }

    /// <summary>Waits until everything is Ready.</summary>
    public async Task ReadyAsync()
    {
        foreach (var @namespace in Namespaces)
        {
            foreach (var value in new[] { $"proxmoxprovider/{Provider}", "machineclass/small", $"taloscluster/{@namespace}" })
            {
                (await installation.ControlPlane.KubectlAsync("-n", @namespace, "wait", value, "--for=condition=Ready", "--timeout=60s")).EnsureSuccess();
            }
        }
    }

    public void ExpireOmniWatches() => omni.Faults.FailWatches();

    /// <summary>Gives a namespace another Proxmox token, and waits until it is used.</summary>
    public async Task RotateTokenAsync(string @namespace)
    {
        var (name, asked) = (await ApplyTokenAsync(@namespace), proxmox.Calls.Count);
        await Eventually.TrueAsync(() => proxmox.Calls.Skip(asked).Any(call => call.Who == $"{MatrixCluster.UserId}!{name}"), "the other token is used", Limit);
    }

    /// <summary>Gives a namespace another key of its service account, and waits until Omni is followed with it.</summary>
    public async Task RenewKeyAsync(string @namespace)
    {
        var key = omni.CreateServiceAccountKey(@namespace, Role.Operator);
        var fingerprint = ServiceAccountKey.Parse(key).Fingerprint;
        await PutSecretAsync(@namespace, "omni", ApiGroup.OmniSecretType, new() { ["endpoint"] = omni.Endpoint.ToString(), ["serviceAccountKey"] = key });
        if (rotations.ContainsKey(@namespace))
        {
            await Eventually.TrueAsync(
                () => Pool.Connections.Any(c => c.Settings.Key.Fingerprint == fingerprint && c.Health.Reachable == true && c.Cache.Follow(OmniCaches.Types)),
                "Omni is followed with the other key", Limit);
        }
    }

    /// <summary>Omni forgets its history, so that watches cannot be resumed; what the simulators remember is no part of the operator's memory.</summary>
    public void ForgetRecords()
    {
        omniWatches += omni.Calls.Count(call => call.Method == "Watch");
        Writes.AddRange(omni.Writes.Select(call => $"{call.Method} {call.Type}/{call.Id}"));
        omni.ClearCalls();
        omni.State.Compact();
        proxmox.ClearCalls();
    }

    /// <summary>Waits until connections that nobody needs are closed.</summary>
    public Task SettleAsync() => Eventually.TrueAsync(() => Pool.Connections.Count == Namespaces.Count, "unused connections are closed", Limit);

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        client.Dispose();
        administrator.Dispose();
        await omni.DisposeAsync();
        await proxmox.DisposeAsync();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private OmniConnectionPool Pool => app.Services.GetRequiredService<OmniConnectionPool>();

    private long OmniWatches() => omniWatches + omni.Calls.Count(call => call.Method == "Watch");

    private IEnumerable<long> Reflectors() =>
    [
        .. app.Services.GetRequiredService<Controller<ProxmoxProvider>>().Reflectors.Select(r => r.Watches),
        .. app.Services.GetRequiredService<Controller<MachineClass>>().Reflectors.Select(r => r.Watches),
        .. app.Services.GetRequiredService<Controller<TalosCluster>>().Reflectors.Select(r => r.Watches),
    ];

    private async Task<string> ApplyTokenAsync(string @namespace)
    {
        var token = Tokens[rotations[@namespace] = (rotations.GetValueOrDefault(@namespace) + 1) % Tokens.Length];
        await PutSecretAsync(@namespace, "proxmox", ApiGroup.ProxmoxSecretType, new() { ["tokenID"] = $"{MatrixCluster.UserId}!{token.Name}", ["tokenSecret"] = token.Secret });
        return token.Name;
    }

    /// <summary>Without kubectl, whose start would take most of the time.</summary>
    private async Task PutSecretAsync(string @namespace, string name, string type, Dictionary<string, string> data)
    {
        if (await administrator.FindAsync<V1Secret>(new(@namespace, name), Ct) is null)
        {
            var secret = new V1Secret { ApiVersion = "v1", Kind = "Secret", Metadata = new() { Name = name, NamespaceProperty = @namespace }, Type = type, StringData = data };
            await administrator.CreateAsync(secret, Ct);
            return;
        }

        await administrator.MergePatchAsync<V1Secret>(new(@namespace, name), new JsonObject { ["stringData"] = JsonSerializer.SerializeToNode(data) }, Ct);
    }

    private Task ApplyObjectsAsync(string @namespace) => installation.ControlPlane.ApplyAsync($$"""
        apiVersion: omniscale.dev/v1alpha1
        kind: ProxmoxProvider
        metadata: {name: {{Provider}}}
        spec:
          proxmox: {url: "{{proxmox.Url}}", fingerprints: ['{{proxmox.Fingerprint}}'], credentialsSecretRef: {name: proxmox} }
        ---
        apiVersion: omniscale.dev/v1alpha1
        kind: MachineClass
        metadata: {name: small}
        spec:
          omniName: {{@namespace}}
          providerRef: {name: {{Provider}}}
          cores: 4
          memoryMiB: 8192
          diskSizeGiB: 40
          storageSelector: name == "local-lvm"
        ---
        apiVersion: omniscale.dev/v1alpha1
        kind: TalosCluster
        metadata: {name: {{@namespace}}}
        spec:
          kubernetes: {version: v1.36.2}
          talos: {version: v1.13.6}
          controlPlane: {machineClass: {name: small, size: 1} }
          workers:
            - machineClass: {name: small, size: 2}
        """, @namespace);
}
