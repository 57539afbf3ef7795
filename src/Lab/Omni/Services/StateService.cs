using System.Globalization;
using Grpc.Core;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Hosting;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Lab.Omni.Validation;
using OmniScale.Omni.Api.Cosi;
using CosiMetadata = OmniScale.Omni.Api.Cosi.Metadata;

namespace OmniScale.Lab.Omni.Services;

/// <summary>The COSI state service. Reads and validators see the cache, writes and watches the table.</summary>
internal sealed class StateService(
    OmniStore store, ReadCache cache, Validator validator, OmniSimulatorOptions options, IHostApplicationLifetime lifetime)
    : OmniScale.Omni.Api.Cosi.State.StateBase
{
    private readonly ResourceTable table = store.Table;

    public override Task<GetResponse> Get(GetRequest request, ServerCallContext context)
    {
        AccessRules.CheckRead(CallerOf(context), request.Type, options.Version);
        var key = new ResourceKey(request.Namespace, request.Type, request.Id);
        var found = cache.Find(key) ?? throw StateException.NotFound(key);
        return Task.FromResult(new GetResponse { Resource = found.Wire });
    }

    public override async Task List(ListRequest request, IServerStreamWriter<ListResponse> responseStream, ServerCallContext context)
    {
        AccessRules.CheckRead(CallerOf(context), request.Type, options.Version);
        var query = new ResourceQuery(request.Options?.LabelQuery ?? [], request.Options?.IdQuery);
        foreach (var resource in cache.List(request.Namespace, request.Type).Where(query.Matches))
            await responseStream.WriteAsync(new ListResponse { Resource = resource.Wire }, context.CancellationToken);
    }

    public override Task<CreateResponse> Create(CreateRequest request, ServerCallContext context)
    {
        var (metadata, resource) = Decode(request.Resource);
        AccessRules.CheckWrite(CallerOf(context), metadata, options.Version);
        validator.CheckCreate(resource);
        return Task.FromResult(new CreateResponse
        {
            Resource = table.Create(metadata, resource.ProtoSpec, request.Options?.Owner ?? "").Wire,
        });
    }

    public override Task<UpdateResponse> Update(UpdateRequest request, ServerCallContext context)
    {
        var (metadata, resource) = Decode(request.NewResource);
        AccessRules.CheckWrite(CallerOf(context), metadata, options.Version);
        var existing = cache.Find(resource.Key) ?? throw StateException.NotFound(resource.Key);
        validator.CheckUpdate(existing, resource);
        // Setting the phase in an update is a teardown like any other.
        if (resource.IsTearingDown && !existing.IsTearingDown)
            validator.CheckDestroy(existing);
        var updated = table.Update(
            metadata, resource.ProtoSpec, request.Options?.Owner ?? "",
            request.Options is { HasExpectedPhase: true } with ? with.ExpectedPhase : null);
        return Task.FromResult(new UpdateResponse { Resource = updated.Wire });
    }

    public override Task<DestroyResponse> Destroy(DestroyRequest request, ServerCallContext context)
    {
        var key = new ResourceKey(request.Namespace, request.Type, request.Id);
        CheckDestroy(key, context);
        table.Destroy(key, request.Options?.Owner ?? "");
        return Task.FromResult(new DestroyResponse());
    }

    public override Task<TeardownResponse> Teardown(TeardownRequest request, ServerCallContext context)
    {
        RequireTeardown();
        var key = new ResourceKey(request.Namespace, request.Type, request.Id);
        CheckDestroy(key, context);
        return Task.FromResult(new TeardownResponse { DestroyReady = table.Teardown(key, request.Options?.Owner ?? "") });
    }

    public override async Task<TeardownAndDestroyResponse> TeardownAndDestroy(TeardownAndDestroyRequest request, ServerCallContext context)
    {
        RequireTeardown();
        var key = new ResourceKey(request.Namespace, request.Type, request.Id);
        var owner = request.Options?.Owner ?? "";
        CheckDestroy(key, context);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var changes = table.Subscribe(key.Namespace, key.Type, after: null);
        var ready = table.Teardown(key, owner);
        while (!ready && table.Find(key) is { } current)
        {
            ready = current.Metadata.Finalizers.Count == 0;
            if (!ready)
                await changes.Events.ReadAsync(stop.Token);
        }

        if (ready)
            table.Destroy(key, owner);
        return new TeardownAndDestroyResponse();
    }

    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchResponse> responseStream, ServerCallContext context)
    {
        AccessRules.CheckRead(CallerOf(context), request.Type, options.Version);
        var watch = new WatchSession(request, responseStream);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        using var changes = table.Subscribe(request.Namespace, request.Type, watch.ResumeAfter);
        await watch.RunAsync(changes, stop.Token);
    }

    private static Caller CallerOf(ServerCallContext context) => CallInterceptor.CallerOf(context);

    private void CheckDestroy(ResourceKey key, ServerCallContext context)
    {
        var existing = cache.Find(key);
        AccessRules.CheckWrite(
            CallerOf(context), existing?.Metadata ?? new CosiMetadata { Type = key.Type, Id = key.Id }, options.Version);
        validator.CheckDestroy(existing ?? throw StateException.NotFound(key));
    }

    private void RequireTeardown()
    {
        if (!options.Version.IsAtLeast(1, 8))
            throw new StateException(StatusCode.Unimplemented, "unknown method for service cosi.resource.State");
    }

    /// <summary>Only proto_spec is read; what stands in yaml_spec is ignored.</summary>
    private static (CosiMetadata Metadata, StoredResource Resource) Decode(Resource? resource)
    {
        if (resource?.Metadata is not { } metadata)
            throw StateException.Malformed("metadata is missing");
        if (resource.Spec is not { } spec)
            throw StateException.Malformed("spec is missing");
        if (metadata.Version != "undefined" && !ulong.TryParse(metadata.Version, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            throw StateException.Malformed($"error parsing version \"{metadata.Version}\"");
        if (metadata.Phase is not (Phases.Running or Phases.TearingDown))
            throw StateException.Malformed($"unknown phase: \"{metadata.Phase}\"");
        return (metadata, new StoredResource(metadata, spec.ProtoSpec));
    }
}
