using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using OmniScale.Crds;
using OmniScale.Lab.Omni.Auth;
using OmniScale.TestKit;

namespace OmniScale.Operator.Tests;

/// <summary>What a user does: applies, edits and deletes objects.</summary>
internal sealed partial class Stage
{
    /// <summary>The connection Secret <c>omni</c> and the Proxmox Secret.</summary>
    public async Task ApplySecretsAsync(string? key = null)
    {
        await CreateSecretAsync("omni", ApiGroup.OmniSecretType, OmniSecret(key ?? Omni.CreateServiceAccountKey("omniscale", Role.Operator)));
        await CreateSecretAsync("matrix-proxmox", ApiGroup.ProxmoxSecretType, ProxmoxSecret());
    }

    public Dictionary<string, string> OmniSecret(string key) => new() { ["endpoint"] = OmniAddress.ToString(), ["serviceAccountKey"] = key };

    public static Dictionary<string, string> ProxmoxSecret() => new() { ["tokenID"] = "omni@pve!operator", ["tokenSecret"] = TokenSecret };

    public async Task CreateSecretAsync(string name, string type, Dictionary<string, string> data)
    {
        canaries.AddRange(Canary.Of(data));
        await client.CreateAsync(new V1Secret
        {
            ApiVersion = "v1",
            Kind = "Secret",
            Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = Namespace },
            Type = type,
            Data = data.ToDictionary(pair => pair.Key, pair => Encoding.UTF8.GetBytes(pair.Value)),
        }, Ct);
    }

    /// <summary>Replaces values of a Secret, as a user who rotates a key does.</summary>
    public async Task EditSecretAsync(string name, Dictionary<string, string> data)
    {
        canaries.AddRange(Canary.Of(data));
        await client.MergePatchAsync<V1Secret>(new(Namespace, name), new JsonObject
        {
            ["data"] = new JsonObject(data.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)Convert.ToBase64String(Encoding.UTF8.GetBytes(pair.Value))))),
        }, Ct);
    }

    /// <summary>Applies documents on the server's side, as GitOps tools do.</summary>
    public async Task ApplyAsync(string yaml)
    {
        foreach (var document in yaml.Split("\n---\n"))
        {
            var plural = Regex.Match(document, @"^kind: (\w+)", RegexOptions.Multiline).Groups[1].Value switch
            {
                "ProxmoxProvider" => "proxmoxproviders",
                "MachineClass" => "machineclasses",
                "TalosCluster" => "talosclusters",
                var kind => throw new ArgumentException($"unknown kind '{kind}'"),
            };
            var name = Regex.Match(document, @"^metadata: *\{ *name: ([\w.-]+)", RegexOptions.Multiline).Groups[1].Value;
            var path = $"/apis/{ApiGroup.ApiVersion}/namespaces/{Namespace}/{plural}/{name}?fieldManager=user&force=true&fieldValidation=Strict";
            using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri(installation.ControlPlane.Server, path))
            {
                Content = new StringContent(document, new MediaTypeHeaderValue("application/apply-patch+yaml")),
            };
            using var response = await ((Kubernetes)installation.ControlPlane.Client).HttpClient.SendAsync(request, Ct);
            Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(Ct));
        }
    }

    public Task ApplyProviderAsync(string name = ProviderId, string more = "", string proxmox = "") => ApplyAsync($$"""
        apiVersion: omniscale.dev/v1alpha1
        kind: ProxmoxProvider
        metadata: {name: {{name}}}
        spec:
          proxmox:
            url: {{Proxmox.Url}}
            credentialsSecretRef: {name: matrix-proxmox}
            {{(proxmox.Length > 0 ? proxmox : $"fingerprints: ['{Proxmox.Fingerprint}']")}}
          {{more}}
        """);

    public Task ApplyClassAsync(string name, string more = "", int cores = 4) => ApplyAsync($$"""
        apiVersion: omniscale.dev/v1alpha1
        kind: MachineClass
        metadata: {name: {{name}}}
        spec:
          providerRef: {name: {{ProviderId}}}
          cores: {{cores}}
          memoryMiB: 8192
          diskSizeGiB: 40
          storageSelector: name == "local-lvm"
          {{more}}
        """);

    public Task ApplyClusterAsync(string name, int controlPlanes = 1, int workers = 1, string more = "") => ApplyAsync($$"""
        apiVersion: omniscale.dev/v1alpha1
        kind: TalosCluster
        metadata: {name: {{name}}}
        spec:
          kubernetes: {version: v1.36.2}
          talos: {version: v1.13.6}
          patches:
            - name: cni
              inline: {cluster: {network: {cni: {name: none} } } }
          controlPlane: {machineClass: {name: small, size: {{controlPlanes}} } }
          workers:
            - machineClass: {name: small, size: {{workers}}}
          {{more}}
        """);

    /// <summary>Secrets, provider, class <c>small</c> and a cluster, and waits until the cluster is ready.</summary>
    public async Task<TalosCluster> RunClusterAsync(string name, string more = "")
    {
        await PrepareAsync();
        await ApplyClusterAsync(name, more: more);
        return await ReadyAsync<TalosCluster>(name);
    }

    /// <summary>Secrets, provider and class <c>small</c>.</summary>
    public async Task PrepareAsync()
    {
        await ApplySecretsAsync();
        await ApplyProviderAsync();
        await ApplyClassAsync("small");
        await ReadyAsync<MachineClass>("small");
    }

    /// <summary>Merges fields, given as JSON, into the spec.</summary>
    public Task EditAsync<T>(string name, string spec)
        where T : class, IOmniScaleObject => client.MergePatchAsync<T>(new(Namespace, name), new JsonObject { ["spec"] = JsonNode.Parse(spec) }, Ct);

    public Task AnnotateAsync<T>(string name, string key, string? value)
        where T : class, IOmniScaleObject =>
        client.MergePatchAsync<T>(new(Namespace, name), new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [key] = value } } }, Ct);

    /// <summary>Asks for the deletion and does not wait for it.</summary>
    public Task DeleteAsync<T>(string name)
        where T : class, IKubernetesObject<V1ObjectMeta> => client.DeleteAsync<T>(new(Namespace, name), Ct);

    /// <summary>Takes all finalizers off, as an impatient user does.</summary>
    public Task DropFinalizersAsync<T>(string name)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        client.MergePatchAsync<T>(new(Namespace, name), new JsonObject { ["metadata"] = new JsonObject { ["finalizers"] = new JsonArray() } }, Ct);

    /// <summary>Empties the status, as a restore from a backup does.</summary>
    public Task DropStatusAsync<T>(string name)
        where T : class, IOmniScaleObject => client.MergePatchAsync<T>(new(Namespace, name), new JsonObject { ["status"] = null }, Ct, "status");

    public async Task<T> GetAsync<T>(string name)
        where T : class, IOmniScaleObject => await FindAsync<T>(name) ?? throw new InvalidOperationException($"there is no {typeof(T).Name} {name}");

    /// <summary>Reads an object; what is read must obey the rules of kstatus at any time.</summary>
    public async Task<T?> FindAsync<T>(string name)
        where T : class, IKubernetesObject<V1ObjectMeta>
    {
        var value = await client.FindAsync<T>(new(Namespace, name), Ct);
        if (value is IOmniScaleObject ours)
        {
            Kstatus.AssertLegal(ours);
        }

        return value;
    }

    /// <summary>Asks for a pass by annotation, and waits until the status says that it was made.</summary>
    public async Task<T> HandledAsync<T>(string name)
        where T : class, IOmniScaleObject
    {
        var request = Guid.NewGuid().ToString();
        await AnnotateAsync<T>(name, UserAnnotations.ReconcileRequestedAt, request);
        return (await Eventually.ValueAsync(() => FindAsync<T>(name), value => value?.CommonStatus?.LastHandledReconcileAt == request, $"{name} was handled", Limit))!;
    }

    public Task<T> ReadyAsync<T>(string name)
        where T : class, IOmniScaleObject => ConditionAsync<T>(name, CommonConditions.Ready, "True");

    /// <summary>Waits until a condition of the current generation has a status and, if given, a reason.</summary>
    public async Task<T> ConditionAsync<T>(string name, string type, string status, string? reason = null)
        where T : class, IOmniScaleObject
    {
        try
        {
            return (await Eventually.ValueAsync(
                async () => await FindAsync<T>(name) is { } value ? new Seen<T>(value) : null,
                seen => seen?.Value.CommonStatus?.Conditions?.FirstOrDefault(c => c.Type == type) is { } condition
                    && condition.Status == status && (reason is null || condition.Reason == reason)
                    && condition.ObservedGeneration == seen.Value.Metadata.Generation,
                $"{typeof(T).Name} {name}: {type}={status} {reason}",
                limit: Limit))!.Value;
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\nOmni says: {OmniSays()}", e);
        }
    }

    public Task GoneAsync<T>(string name)
        where T : class, IKubernetesObject<V1ObjectMeta> =>
        Eventually.ValueAsync(
            async () => await FindAsync<T>(name) is IOmniScaleObject value ? new Seen<IOmniScaleObject>(value).ToString() : await FindAsync<T>(name) is null ? "gone" : "there",
            seen => seen == "gone", $"{typeof(T).Name} {name} is gone", Limit);

    /// <summary>Waits until a condition's message contains a text, and returns the message.</summary>
    public async Task<string> ConditionMessageAsync<T>(string name, string type, string part)
        where T : class, IOmniScaleObject =>
        (await Eventually.ValueAsync(
            async () => (await FindAsync<T>(name))?.CommonStatus?.Conditions?.FirstOrDefault(c => c.Type == type)?.Message,
            message => message?.Contains(part, StringComparison.Ordinal) == true, $"{type} of {name} says \"{part}\"", Limit))!;

    public static V1Condition Condition(IOmniScaleObject value, string type) => value.CommonStatus!.Conditions!.Single(c => c.Type == type);

    public static string Message(IOmniScaleObject value, string type) => Condition(value, type).Message;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>An object that shows its conditions when a wait for it fails.</summary>
    private sealed record Seen<T>(T Value)
        where T : IOmniScaleObject
    {
        public override string ToString() => $"generation {Value.Metadata.Generation} {string.Join("; ",
            (Value.CommonStatus?.Conditions ?? []).Select(c => $"{c.Type}={c.Status} {c.Reason} ({c.ObservedGeneration}): {c.Message}"))}";
    }
}
