using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni;

/// <inheritdoc cref="IOmniState"/>
internal sealed class OmniState(Api.Cosi.State.StateClient client, OmniCalls calls, OmniCache cache, OmniConnectionSettings settings) : IOmniState
{
    private volatile bool teardownIsMissing;

    public async Task<OmniResource<TSpec>?> GetAsync<TSpec>(ResourceType<TSpec> type, string id, CancellationToken cancellationToken)
        where TSpec : class, IMessage<TSpec>, new()
    {
        try
        {
            return ResourceCodec.Decode(type, await GetWireAsync(type, id, cancellationToken).ConfigureAwait(false));
        }
        catch (OmniException e) when (e.Kind == OmniError.NotFound)
        {
            return null;
        }
    }

    public async IAsyncEnumerable<OmniResource<TSpec>> ListAsync<TSpec>(
        ResourceType<TSpec> type, IReadOnlyDictionary<string, string>? labels, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TSpec : class, IMessage<TSpec>, new()
    {
        var request = new ListRequest { Namespace = type.Namespace, Type = type.Name, Options = new ListOptions() };
        if (labels is { Count: > 0 })
        {
            var query = new LabelQuery();
            query.Terms.AddRange(labels.Select(l => new LabelTerm { Key = l.Key, Op = LabelTerm.Types.Operation.Equal, Value = { l.Value } }));
            request.Options.LabelQuery.Add(query);
        }

        using var call = client.List(request, OmniCalls.Options(settings.CallTimeout * 4, null, cancellationToken));
        while (await NextAsync(call.ResponseStream, cancellationToken).ConfigureAwait(false))
        {
            yield return ResourceCodec.Decode(type, call.ResponseStream.Current.Resource);
        }
    }

    public Task<OmniResource> CreateAsync(OmniResource resource, CancellationToken cancellationToken) => cache.WriteAsync(resource.Type, resource.Id, async () =>
    {
        var request = new CreateRequest { Resource = ResourceCodec.Encode(resource), Options = new CreateOptions() };
        var response = await calls.UnaryAsync(OmniOperation.Create, resource.Type.Name, o => client.CreateAsync(request, o), cancellationToken).ConfigureAwait(false);
        return ResourceCodec.Stored(resource, response.Resource.Metadata);
    });

    public Task<OmniResource> UpdateAsync(OmniResource resource, CancellationToken cancellationToken) => cache.WriteAsync(resource.Type, resource.Id, async () =>
    {
        var stored = await UpdateWireAsync(resource.Type, ResourceCodec.Encode(resource), cancellationToken).ConfigureAwait(false);
        return ResourceCodec.Stored(resource, stored.Metadata);
    });

    public async Task<bool> TeardownAsync(ResourceType type, string id, CancellationToken cancellationToken)
    {
        var known = cache.IncarnationOf(type, id);
        var ready = await TeardownAnywhereAsync(type, id, cancellationToken).ConfigureAwait(false);
        cache.TornDown(type, id, known);
        return ready;
    }

    public async Task DestroyAsync(ResourceType type, string id, CancellationToken cancellationToken)
    {
        var known = cache.IncarnationOf(type, id);
        var request = new DestroyRequest { Namespace = type.Namespace, Type = type.Name, Id = id, Options = new DestroyOptions() };
        await calls.UnaryAsync(OmniOperation.Destroy, type.Name, o => client.DestroyAsync(request, o), cancellationToken).ConfigureAwait(false);
        cache.Destroyed(type, id, known);
    }

    private async Task<bool> TeardownAnywhereAsync(ResourceType type, string id, CancellationToken cancellationToken)
    {
        if (!teardownIsMissing)
        {
            try
            {
                var request = new TeardownRequest { Namespace = type.Namespace, Type = type.Name, Id = id, Options = new TeardownOptions() };
                var response = await calls.UnaryAsync(OmniOperation.Teardown, type.Name, o => client.TeardownAsync(request, o), cancellationToken).ConfigureAwait(false);
                return response.DestroyReady;
            }
            catch (OmniException e) when (e.Kind == OmniError.Unimplemented)
            {
                // Omni before 1.8. A connection does not see its server grow older, and on a newer one the other way works as well.
                teardownIsMissing = true;
            }
        }

        var resource = await GetWireAsync(type, id, cancellationToken).ConfigureAwait(false);
        if (resource.Metadata.Phase != OmniResource.TearingDown)
        {
            resource.Metadata.Phase = OmniResource.TearingDown;
            resource.Spec.YamlSpec = "";
            resource = await UpdateWireAsync(type, resource, cancellationToken).ConfigureAwait(false);
        }

        return resource.Metadata.Finalizers.Count == 0;
    }

    private async Task<Resource> GetWireAsync(ResourceType type, string id, CancellationToken cancellationToken)
    {
        var request = new GetRequest { Namespace = type.Namespace, Type = type.Name, Id = id, Options = new GetOptions() };
        return (await calls.UnaryAsync(OmniOperation.Get, type.Name, o => client.GetAsync(request, o), cancellationToken).ConfigureAwait(false)).Resource;
    }

    private async Task<Resource> UpdateWireAsync(ResourceType type, Resource resource, CancellationToken cancellationToken)
    {
        // An absent expected_phase means any phase, which would let a resource be changed while it is being deleted.
        var request = new UpdateRequest { NewResource = resource, Options = new UpdateOptions { ExpectedPhase = OmniResource.Running } };
        return (await calls.UnaryAsync(OmniOperation.Update, type.Name, o => client.UpdateAsync(request, o), cancellationToken).ConfigureAwait(false)).Resource;
    }

    private async Task<bool> NextAsync<TMessage>(IAsyncStreamReader<TMessage> stream, CancellationToken cancellationToken)
    {
        try
        {
            return await stream.MoveNext(cancellationToken).ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            throw calls.Translate(e, OmniOperation.List, cancellationToken);
        }
    }
}
