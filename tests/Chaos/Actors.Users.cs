using System.Net;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using OmniScale.Core;
using OmniScale.Core.Classes;
using OmniScale.Core.Clusters;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Runtime;
using OmniScale.TestKit;

namespace OmniScale.Chaos;

/// <summary>What users do in the bootstrap cluster.</summary>
internal sealed partial class Actors
{
    private static readonly string[] Clusters = ["red", "blue"];
    private static readonly string[] Classes = ["small", "large"];
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly string[] Sets = ["workers", "gpu"];

    /// <summary>Names in Omni by place and name of the object: the first namespace's are its own, the second's collide with them or not.</summary>
    private readonly Dictionary<(int, string), string> names = Clusters.Concat(Classes)
        .SelectMany(name => new[] { ((0, name), name), ((1, name), random.Next(10) < 4 ? name : $"{name}-two") })
        .ToDictionary(pair => pair.Item1, pair => pair.Item2);

    public async Task PrepareAsync()
    {
        HandWasHereFirst();
        foreach (var @namespace in world.Namespaces)
        {
            await world.ApplyOmniSecretAsync(@namespace);
            await world.ApplyProxmoxSecretAsync(@namespace);
            await ApplyProviderAsync(@namespace, suspend: false);
        }

        await world.Operators.StartAsync();
        foreach (var place in (int[])[0, 1])
        {
            foreach (var name in Classes)
            {
                await ApplyClassAsync(place, name, suspend: false);
            }

            await ApplyClusterAsync(place, Clusters[0], suspend: false);
        }

        await ApplyClusterAsync();
        // An operator that has not begun cannot be disturbed.
        await Eventually.TrueAsync(() => world.Omni.Writes.Count > 0, "the operator has written something to Omni", StartLimit);
    }

    private Task ApplyClusterAsync() => ApplyClusterAsync(random.Next(2), Pick(Clusters), suspend: random.Next(10) == 0);

    private async Task ApplyClusterAsync(int place, string name, bool suspend)
    {
        var spec = new JsonObject
        {
            ["clusterName"] = names[(place, name)],
            ["kubernetes"] = new JsonObject { ["version"] = "v1.36.2" },
            ["talos"] = new JsonObject { ["version"] = "v1.13.6" },
            ["labels"] = Maybe(new JsonObject { ["tier"] = Pick(["a", "b"]) }),
            ["systemExtensions"] = Maybe(new JsonArray("siderolabs/iscsi-tools")),
            ["patches"] = Maybe(new JsonArray(Patch("cni", "{\"cluster\":{\"network\":{\"cni\":{\"name\":\"none\"}}}}"))),
            ["controlPlane"] = MachineSet(Pick([1, 1, 3])),
            ["workers"] = new JsonArray([.. Sets.Where(_ => random.Next(3) > 0).Select(set =>
            {
                var workers = MachineSet(random.Next(3));
                workers["name"] = set;
                return (JsonNode)workers;
            })]),
            ["deletionPolicy"] = Policy(),
            ["adoptionPolicy"] = Adoption(),
            ["suspend"] = suspend,
        };
        var confirmed = Maybe(string.Join(',', Sets));
        await ApplyAsync("TalosCluster", "talosclusters", place, name, spec, confirmed is null ? [] : new JsonObject { [UserAnnotations.ConfirmRemoval] = confirmed });
    }

    private Task ApplyClassAsync() => ApplyClassAsync(random.Next(2), Pick(Classes), suspend: random.Next(15) == 0);

    private async Task ApplyClassAsync(int place, string name, bool suspend) =>
        await ApplyAsync("MachineClass", "machineclasses", place, name, new JsonObject
        {
            ["omniName"] = names[(place, name)],
            ["providerRef"] = new JsonObject { ["name"] = World.Provider },
            ["cores"] = Pick([2, 4]),
            ["memoryMiB"] = 8192,
            ["diskSizeGiB"] = 40,
            ["storageSelector"] = "name == \"local-lvm\"",
            ["deletionPolicy"] = Policy(),
            ["adoptionPolicy"] = Adoption(),
            ["suspend"] = suspend,
        }, []);

    private async Task ApplyAsync(string kind, string plural, int place, string name, JsonObject spec, JsonObject annotations)
    {
        foreach (var unset in spec.Where(field => field.Value is null).Select(field => field.Key).ToList())
        {
            spec.Remove(unset);
        }

        var @namespace = world.Namespaces[place];
        var owner = World.OwnerOf(@namespace, name);
        world.Note($"apply {kind} {@namespace}/{name} {spec.ToJsonString()} {annotations.ToJsonString()}");
        if (spec["adoptionPolicy"]!.GetValue<string>() == "Adopt")
        {
            world.Adoptable.Add(names[(place, name)]);
        }

        var applied = await world.ApplyAsync(@namespace, plural, new JsonObject
        {
            ["apiVersion"] = ApiGroup.ApiVersion,
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["annotations"] = annotations },
            ["spec"] = spec,
        });
        world.Creations.Applied(owner, applied["metadata"]!["uid"]!.GetValue<string>(), Wanted(kind, applied.ToJsonString(), World.OwnerIn(@namespace, name)));
        if (applied["metadata"]!["deletionTimestamp"] is not null)
        {
            // The policy can still be changed, and it may be too late for that.
            if (spec["deletionPolicy"]!.GetValue<string>() == "Orphan")
            {
                world.LetGo.Add(owner);
            }
            else
            {
                world.TornDown.Add(names[(place, name)]);
            }
        }
    }

    private Task DeleteClusterAsync() => DeleteAsync<TalosCluster>(random.Next(2), Pick(Clusters), cluster => cluster.Spec.DeletionPolicy);

    private Task DeleteClassAsync() => DeleteAsync<MachineClass>(random.Next(2), Pick(Classes), machineClass => machineClass.Spec.DeletionPolicy);

    private async Task DeleteAsync<T>(int place, string name, Func<T, DeletionPolicy> policy)
        where T : class, IOmniScaleObject
    {
        var @namespace = world.Namespaces[place];
        if (await world.Client.FindAsync<T>(new(@namespace, name), World.Ct) is not { } value)
        {
            world.Note($"delete {typeof(T).Name} {@namespace}/{name}, which is not there");
            return;
        }

        world.Note($"delete {typeof(T).Name} {@namespace}/{name}, policy {policy(value)}");
        var owner = World.OwnerOf(@namespace, name);
        if (policy(value) == DeletionPolicy.Orphan)
        {
            world.LetGo.Add(owner);
        }
        else
        {
            world.TornDown.Add(names[(place, name)]);
            if (value.Metadata.Finalizers?.Contains(ApiGroup.Finalizer) == true)
            {
                // Else no operator has seen it yet, and it may go as though it had never been there.
                world.LetGo.Remove(owner);
            }
        }

        await world.DeleteAsync<T>(@namespace, name);
    }

    private async Task ProviderAsync()
    {
        var (@namespace, deletes, suspend) = (world.Namespaces[random.Next(2)], random.Next(2) == 0, random.Next(3) == 0);
        if (deletes)
        {
            world.Note($"delete and apply ProxmoxProvider {@namespace}");
            await world.DeleteAsync<ProxmoxProvider>(@namespace, World.Provider);
        }

        await ApplyProviderAsync(@namespace, suspend);
    }

    private async Task ApplyProviderAsync(string @namespace, bool suspend)
    {
        world.Note($"apply ProxmoxProvider {@namespace} suspend={suspend}");
        await world.ApplyAsync(@namespace, "proxmoxproviders", new JsonObject
        {
            ["apiVersion"] = ApiGroup.ApiVersion,
            ["kind"] = "ProxmoxProvider",
            ["metadata"] = new JsonObject { ["name"] = World.Provider },
            ["spec"] = new JsonObject
            {
                ["suspend"] = suspend,
                ["proxmox"] = new JsonObject
                {
                    ["url"] = world.Proxmox.Url.ToString(),
                    ["credentialsSecretRef"] = new JsonObject { ["name"] = "matrix-proxmox" },
                    ["fingerprints"] = new JsonArray(world.Proxmox.Fingerprint),
                },
            },
        });
    }

    private async Task SecretAsync()
    {
        var (@namespace, deletes) = (world.Namespaces[random.Next(2)], random.Next(2) == 0);
        world.Note($"{(deletes ? "delete" : "apply, with another key,")} Secret {@namespace}/omni");
        if (deletes)
        {
            await world.DeleteAsync<V1Secret>(@namespace, "omni");
        }
        else
        {
            await world.ApplyOmniSecretAsync(@namespace);
        }
    }

    /// <summary>Asks for the cluster that was lost to be built anew.</summary>
    private async Task RecreateAsync()
    {
        var (@namespace, name) = (world.Namespaces[random.Next(2)], Pick(Clusters));
        var lost = (await world.Client.FindAsync<TalosCluster>(new(@namespace, name), World.Ct))?.Status?.CreatedInOmni is { } created ? Stamp(created) : null;
        world.Note($"annotate TalosCluster {@namespace}/{name}: recreate {lost ?? "nothing"}");
        if (lost is not null)
        {
            world.Creations.MayBuildAnew(World.OwnerOf(@namespace, name), $"recreate {lost}");
            var annotation = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [UserAnnotations.Recreate] = lost } } };
            try
            {
                await world.Client.MergePatchAsync<TalosCluster>(new(@namespace, name), annotation, World.Ct);
            }
            catch (ApiException e) when (e.Code == (int)HttpStatusCode.NotFound)
            {
                // Gone meanwhile.
            }
        }
    }

    /// <summary>What an object has in Omni, but for the names of its classes there.</summary>
    private static IReadOnlyList<OmniResource> Wanted(string kind, string json, Owner owner) => kind == "MachineClass"
        ? [MachineClassRenderer.Render(KubernetesJson.Deserialize<MachineClass>(json), World.Provider, owner)]
        : ClusterRenderer.Render(KubernetesJson.Deserialize<TalosCluster>(json), owner, name => name, _ => null);

    private JsonObject MachineSet(int size)
    {
        var set = new JsonObject { ["machineClass"] = new JsonObject { ["name"] = Classes[random.Next(4) == 0 ? 1 : 0], ["size"] = size } };
        if (Maybe(new JsonArray(Patch("zone", $"{{\"machine\":{{\"nodeLabels\":{{\"zone\":\"{Pick(["a", "b"])}\"}}}}}}"))) is { } patches)
        {
            set["patches"] = patches;
        }

        return set;
    }

    private static JsonObject Patch(string name, string inline) => new() { ["name"] = name, ["inline"] = JsonNode.Parse(inline) };

    private string Policy() => random.Next(3) == 0 ? "Orphan" : "Delete";

    private string Adoption() => random.Next(4) == 0 ? "Adopt" : "Never";

    private T? Maybe<T>(T value)
        where T : class => random.Next(2) == 0 ? value : null;

    internal static string Stamp(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
