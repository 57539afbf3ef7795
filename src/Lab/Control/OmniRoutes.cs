using System.Globalization;
using Google.Protobuf.Collections;
using OmniScale.Lab.Omni;
using OmniScale.Lab.Omni.Faults;
using OmniScale.Lab.Omni.Lifecycle;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using Stage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;

namespace OmniScale.Lab.Control;

/// <summary>A resource as the control endpoint shows it.</summary>
public sealed record ResourceView(
    string Type, string Id, string Namespace, string Version, string Phase, string Owner, IReadOnlyList<string> Finalizers,
    IReadOnlyDictionary<string, string> Labels, IReadOnlyDictionary<string, string> Annotations, string Spec);

/// <summary>A call as the control endpoint shows it.</summary>
public sealed record CallView(long Sequence, DateTimeOffset Time, string Method, string? Type, string? Id, string? Identity, string? Code, string? Detail);

/// <summary>What is edited in a resource: labels and annotations are merged, null removes one; finalizers are replaced.</summary>
public sealed record ResourceEdit(
    IReadOnlyDictionary<string, string?>? Labels = null, IReadOnlyDictionary<string, string?>? Annotations = null, IReadOnlyList<string>? Finalizers = null);

/// <summary>What is wrong with a machine.</summary>
public sealed record MachineHealth(bool Healthy, bool Disconnected = false, string? Stage = null, string ConfigError = "");

/// <summary>A machine to add that no provider made.</summary>
public sealed record NewMachine(string Uuid, IReadOnlyDictionary<string, string>? Labels = null, string TalosVersion = "1.13.6");

/// <summary>What a provider process does; what is null stays as it is.</summary>
public sealed record ProviderEdit(bool? Connected = null, string? Error = null);

/// <summary>How the inside of Omni runs; what is null stays as it is.</summary>
public sealed record LifecycleEdit(double? Speed = null, bool? Paused = null, double? ReadLagMilliseconds = null);

/// <summary>The part of the control endpoint that is about Omni.</summary>
internal static class OmniRoutes
{
    public static void Map(WebApplication control, OmniSimulator omni)
    {
        var routes = control.MapGroup("/omni");
        MapResources(routes, omni);
        MapLifecycle(routes, omni);
        MapFaults(routes, omni);
    }

    private static void MapResources(RouteGroupBuilder routes, OmniSimulator omni)
    {
        routes.MapGet("/resources", (string? type) => omni.State.Everything()
            .Where(resource => type is null || resource.Metadata.Type == Named(type))
            .Select(View));
        routes.MapGet("/resources/{type}/{id}", (string type, string id) => View(Stored(omni, type, id).Wire));
        routes.MapPatch("/resources/{type}/{id}", (string type, string id, ResourceEdit edit) =>
        {
            omni.State.Table.Modify(Stored(omni, type, id).Key, (metadata, _) => Apply(metadata, edit));
            return View(Stored(omni, type, id).Wire);
        });
        routes.MapPost("/resources/{type}/{id}/teardown", (string type, string id) =>
        {
            omni.State.Table.Modify(Stored(omni, type, id).Key, (metadata, _) => metadata.Phase = Phases.TearingDown);
            return View(Stored(omni, type, id).Wire);
        });
        routes.MapDelete("/resources/{type}/{id}", (string type, string id) =>
        {
            omni.State.Table.Remove(Stored(omni, type, id).Key);
            return Results.NoContent();
        });
        // As by another user: everything goes in its order, which the answer does not wait for.
        routes.MapDelete("/clusters/{id}", (string id, IHostApplicationLifetime lifetime) =>
        {
            _ = Stored(omni, KnownTypes.Clusters, id);
            _ = omni.State.DeleteAsync(ResourceTypes.Clusters, id, TimeSpan.FromHours(1), lifetime.ApplicationStopping);
            return Results.Accepted();
        });
        routes.MapPost("/compact", () =>
        {
            omni.State.Compact();
            return Results.NoContent();
        });
        routes.MapPost("/accounts/{name}/expire", (string name) => omni.ExpireKeys(name) ? Results.NoContent() : Results.NotFound());
    }

    private static void MapLifecycle(RouteGroupBuilder routes, OmniSimulator omni)
    {
        routes.MapGet("/machines", () => omni.Lifecycle.Machines());
        routes.MapPost("/machines", (NewMachine machine) =>
        {
            omni.Lifecycle.AddMachine(machine.Uuid, machine.Labels, machine.TalosVersion);
            return Results.Created();
        });
        routes.MapPut("/machines/{machine}/health", (string machine, MachineHealth health) =>
        {
            var trouble = health.Healthy
                ? null
                : new MachineTrouble(health.Stage is null ? null : Enum.Parse<Stage>(health.Stage, ignoreCase: true), health.Disconnected, health.ConfigError);
            return omni.Lifecycle.Trouble(machine, trouble) ?? throw new KeyNotFoundException($"'{machine}' is not the beginning of one machine's UUID or host name.");
        });
        routes.MapGet("/providers", () => omni.Lifecycle.Providers);
        routes.MapPut("/providers/{id}", (string id, ProviderEdit edit) =>
        {
            if (edit.Connected == true)
                omni.Lifecycle.ConnectProvider(id);
            if (!omni.Lifecycle.Providers.ContainsKey(id))
                throw new KeyNotFoundException($"There is no provider '{id}'.");
            if (edit.Connected == false)
                omni.Lifecycle.DisconnectProvider(id);
            if (edit.Error is { } error)
                omni.Lifecycle.SetProviderError(id, error);
            return omni.Lifecycle.Providers;
        });
        routes.MapGet("/lifecycle", () => Lifecycle(omni));
        routes.MapPut("/lifecycle", (LifecycleEdit edit) =>
        {
            if (edit.Speed is not null and not > 0)
                throw new ArgumentException("The speed must be above zero.");
            omni.Lifecycle.Speed = edit.Speed ?? omni.Lifecycle.Speed;
            omni.Lifecycle.Paused = edit.Paused ?? omni.Lifecycle.Paused;
            omni.ReadLag = edit.ReadLagMilliseconds is { } lag ? TimeSpan.FromMilliseconds(lag) : omni.ReadLag;
            return Lifecycle(omni);
        });
    }

    private static void MapFaults(RouteGroupBuilder routes, OmniSimulator omni)
    {
        routes.MapGet("/calls", () => omni.Calls.Select(View));
        routes.MapGet("/writes", () => omni.Writes.Select(View));
        routes.MapDelete("/calls", () =>
        {
            omni.ClearCalls();
            return Results.NoContent();
        });
        routes.MapGet("/faults", () => omni.Faults.Current);
        routes.MapPost("/faults", (OmniFault fault) =>
        {
            omni.Faults.Add(fault);
            return omni.Faults.Current;
        });
        routes.MapDelete("/faults", () =>
        {
            omni.Faults.Clear();
            return Results.NoContent();
        });
        routes.MapPost("/watches/fail", (string? type, string? error) => omni.Faults.FailWatches(type, error ?? "buffer overrun"));
        routes.MapPost("/connections/drop", () =>
        {
            omni.Faults.DropConnections();
            return Results.NoContent();
        });
    }

    private static LifecycleEdit Lifecycle(OmniSimulator omni) =>
        new(omni.Lifecycle.Speed, omni.Lifecycle.Paused, omni.ReadLag.TotalMilliseconds);

    private static string Named(string type) =>
        KnownTypes.FullName(type) ?? throw new KeyNotFoundException($"There is no resource type '{type}'.");

    private static StoredResource Stored(OmniSimulator omni, string type, string id)
    {
        var full = Named(type);
        return omni.State.Table.Find(new ResourceKey(KnownTypes.NamespaceOf(full), full, id)) ??
            throw new KeyNotFoundException($"There is no {type} '{id}'.");
    }

    private static void Apply(Metadata metadata, ResourceEdit edit)
    {
        Merge(metadata.Labels, edit.Labels);
        Merge(metadata.Annotations, edit.Annotations);
        if (edit.Finalizers is not null)
        {
            metadata.Finalizers.Clear();
            metadata.Finalizers.AddRange(edit.Finalizers);
        }
    }

    private static void Merge(MapField<string, string> map, IReadOnlyDictionary<string, string?>? edits)
    {
        foreach (var (key, value) in edits ?? new Dictionary<string, string?>())
        {
            if (value is null)
                map.Remove(key);
            else
                map[key] = value;
        }
    }

    private static ResourceView View(Resource resource) => new(
        resource.Metadata.Type, resource.Metadata.Id, resource.Metadata.Namespace, resource.Metadata.Version, resource.Metadata.Phase,
        resource.Metadata.Owner, [.. resource.Metadata.Finalizers], new Dictionary<string, string>(resource.Metadata.Labels),
        new Dictionary<string, string>(resource.Metadata.Annotations), resource.Spec.YamlSpec);

    private static CallView View(RecordedCall call) => new(
        call.Sequence, call.Time, call.Method, call.Type, call.Id, call.Identity, call.Code?.ToString(),
        call.Detail?.Replace("\n", "\\n", false, CultureInfo.InvariantCulture));
}
