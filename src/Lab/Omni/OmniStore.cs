using Google.Protobuf;
using OmniScale.Lab.Omni.Auth;
using OmniScale.Lab.Omni.Lifecycle;
using OmniScale.Lab.Omni.Storage;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Omni;

/// <summary>
/// What an Omni keeps: its resources and its accounts. It outlives a restart of the server, and can be read and
/// changed past the API, as by another hand.
/// </summary>
public sealed class OmniStore
{
    public OmniStore(TimeProvider? time = null)
    {
        Time = time ?? TimeProvider.System;
        Table = new ResourceTable(Time);
        Accounts = new AccountRegistry(Time);
    }

    /// <summary>Counts every change of every resource.</summary>
    public long Revision => Table.Revision;

    internal TimeProvider Time { get; }

    internal ResourceTable Table { get; }

    internal AccountRegistry Accounts { get; }

    internal World World { get; } = new();

    public OmniResource<TSpec>? Get<TSpec>(ResourceType<TSpec> type, string id)
        where TSpec : class, IMessage<TSpec>, new() =>
        Table.Find(new ResourceKey(type.Namespace, type.Name, id)) is { } stored ? Decode(type, stored) : null;

    /// <summary>The resources of a type, ordered by id.</summary>
    public IReadOnlyList<OmniResource<TSpec>> List<TSpec>(ResourceType<TSpec> type)
        where TSpec : class, IMessage<TSpec>, new() =>
        [.. Table.List(type.Namespace, type.Name).Select(stored => Decode(type, stored))];

    /// <summary>Every resource, ordered by type and id.</summary>
    public IReadOnlyList<Resource> Everything() =>
        [.. Table.Everything()
            .OrderBy(stored => stored.Metadata.Type, StringComparer.Ordinal)
            .ThenBy(stored => stored.Id, StringComparer.Ordinal)
            .Select(stored => stored.Wire.Clone())];

    /// <summary>Creates or replaces a resource as it is given, owner and all, without any check.</summary>
    public OmniResource<TSpec> Put<TSpec>(OmniResource<TSpec> resource)
        where TSpec : class, IMessage<TSpec>, new()
    {
        Put(resource.Metadata, resource.Spec.ToByteString());
        return Get((ResourceType<TSpec>)resource.Type, resource.Id)!;
    }

    /// <summary>Changes a resource whoever owns it. False when it does not exist.</summary>
    public bool Edit<TSpec>(ResourceType<TSpec> type, string id, Action<OmniResource<TSpec>> change)
        where TSpec : class, IMessage<TSpec>, new()
    {
        var key = new ResourceKey(type.Namespace, type.Name, id);
        Table.Modify(key, (metadata, spec) => change(new OmniResource<TSpec>(type, metadata, (TSpec)spec!)));
        return Table.Find(key) is not null;
    }

    /// <summary>Marks a resource as being torn down, whoever owns it, as by a user of Omni's own UI. False when it does not exist.</summary>
    public bool TearDown(ResourceType type, string id)
    {
        var key = new ResourceKey(type.Namespace, type.Name, id);
        Table.Modify(key, (metadata, _) => metadata.Phase = Phases.TearingDown);
        return Table.Find(key) is not null;
    }

    /// <summary>Removes a resource whatever holds it. False when it does not exist.</summary>
    public bool Remove(ResourceType type, string id) => Table.Remove(new ResourceKey(type.Namespace, type.Name, id));

    /// <summary>Deletes a resource as another user would: marks it, waits until nothing holds it, and destroys it.</summary>
    /// <exception cref="TimeoutException">Something still held it at the limit.</exception>
    public async Task DeleteAsync(ResourceType type, string id, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var key = new ResourceKey(type.Namespace, type.Name, id);
        TearDown(type, id);
        await WaitAsync(store => store.Table.Find(key) is null or { Metadata.Finalizers.Count: 0 }, limit, cancellationToken);
        Remove(type, id);
    }

    /// <summary>Forgets the history: no watch can resume from a bookmark that was given out before.</summary>
    public void Compact() => Table.Compact();

    /// <summary>
    /// Waits until a condition on the store holds. It is evaluated at every single change, so that what holds only for
    /// a moment is seen too; it may look at nothing but the store.
    /// </summary>
    /// <exception cref="TimeoutException">It did not within the limit.</exception>
    public async Task WaitAsync(Func<OmniStore, bool> condition, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Evaluate(StoreEvent change)
        {
            try
            {
                if (!held.Task.IsCompleted && condition(this))
                    held.TrySetResult();
            }
            catch (Exception exception)
            {
                held.TrySetException(exception);
            }
        }

        Table.Committed += Evaluate;
        try
        {
            if (!condition(this))
                await held.Task.WaitAsync(limit, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The condition did not hold within {limit}.");
        }
        finally
        {
            Table.Committed -= Evaluate;
        }
    }

    internal void Put(Metadata metadata, ByteString spec)
    {
        var key = new ResourceKey(metadata.Namespace, metadata.Type, metadata.Id);
        if (Table.Find(key) is null)
            Table.Create(metadata, spec, metadata.Owner);
        else
            Table.Replace(key, metadata, spec);
    }

    private static OmniResource<TSpec> Decode<TSpec>(ResourceType<TSpec> type, StoredResource stored)
        where TSpec : class, IMessage<TSpec>, new() => new(type, stored.Metadata.Clone(), (TSpec)type.ParseSpec(stored.ProtoSpec));
}
