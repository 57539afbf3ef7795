using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni;

// What the watch and this connection's own writes do to the entries.
public sealed partial class OmniStore<TEntry>
{
    internal override void BeginBootstrap()
    {
        lock (gate)
        {
            staged = new(StringComparer.Ordinal);
            writtenSinceBootstrap.Clear();
        }
    }

    internal override void Stage(Resource wire)
    {
        strings.Share(wire.Metadata);
        var resource = declaration.Decode(wire);
        staged![resource.Id] = resource;
    }

    internal override bool FinishBootstrap()
    {
        List<OmniChange> changes = [];
        lock (gate)
        {
            var listed = staged!;
            var accepted = listed.Values.Select(Accept).OfType<Held>().ToArray();
            foreach (var id in acknowledged.Keys.Where(id => !listed.ContainsKey(id)).ToArray())
            {
                acknowledged.Remove(id);
            }

            foreach (var (id, held) in entries.Where(e => !listed.ContainsKey(e.Key) && !writtenSinceBootstrap.Contains(e.Key)).ToArray())
            {
                entries.Remove(id);
                changes.Add(new OmniChange(Type, id, held.Labels, null));
            }

            changes.AddRange(accepted.Select(next => Store(next)).OfType<OmniChange>());
            foreach (var index in indexes)
            {
                index.Rebuild(entries.Select(e => (e.Key, e.Value.Labels.GetValueOrDefault(index.Label), e.Value.Entry)));
            }

            staged = null;
            writtenSinceBootstrap.Clear();
        }

        var first = MarkSynced();
        Raise(changes);
        return first;
    }

    internal override void Apply(Resource wire)
    {
        strings.Share(wire.Metadata);
        var resource = declaration.Decode(wire);
        OmniChange? change;
        lock (gate)
        {
            change = Accept(resource) is { } next ? StoreIndexed(next) : null;
        }

        Raise(change);
    }

    internal override void Remove(Metadata metadata)
    {
        OmniChange? change = null;
        lock (gate)
        {
            var gone = Incarnation.Of(metadata);
            if (underWay.TryGetValue(metadata.Id, out var write))
            {
                underWay[metadata.Id] = write with { EndedLife = Math.Max(write.EndedLife, gone.CreatedNanoseconds) };
            }

            if (acknowledged.TryGetValue(metadata.Id, out var ack) && gone.CreatedNanoseconds <= ack.Life.CreatedNanoseconds)
            {
                acknowledged.Remove(metadata.Id);
            }

            // The end of a former life says nothing about a newer one of our own making.
            if (entries.TryGetValue(metadata.Id, out var held) && !(held.IsOwnWrite && gone.CreatedNanoseconds < held.Incarnation.CreatedNanoseconds))
            {
                change = Drop(metadata.Id, held);
            }
        }

        Raise(change);
    }

    internal override void BeginWrite(string id)
    {
        lock (gate)
        {
            var (calls, endedLife) = underWay.GetValueOrDefault(id, (0, -1));
            underWay[id] = (calls + 1, endedLife);
        }
    }

    internal override void EndWrite(string id)
    {
        lock (gate)
        {
            if (underWay[id] is { Calls: > 1 } others)
            {
                underWay[id] = others with { Calls = others.Calls - 1 };
            }
            else
            {
                underWay.Remove(id);
            }
        }
    }

    internal override void Written(OmniResource resource)
    {
        OmniChange? change = null;
        lock (gate)
        {
            var incarnation = Incarnation.Of(resource.Metadata);
            var overtaken = entries.TryGetValue(resource.Id, out var held) && incarnation.IsOlderThan(held.Incarnation);
            var alreadyDestroyed = acknowledged.TryGetValue(resource.Id, out var ack) && ack.IsDestroyed && incarnation.CreatedNanoseconds <= ack.Life.CreatedNanoseconds;
            var alreadyEnded = underWay.TryGetValue(resource.Id, out var write) && incarnation.CreatedNanoseconds <= write.EndedLife;
            if (!overtaken && !alreadyDestroyed && !alreadyEnded)
            {
                if (staged is not null)
                {
                    writtenSinceBootstrap.Add(resource.Id);
                }

                change = StoreIndexed(new Held(resource.Id, incarnation, true, resource.Metadata.Labels, declaration.Project(resource)));
            }
        }

        Raise(change);
    }

    internal override void TornDown(string id, Incarnation known)
    {
        OmniChange? change = null;
        lock (gate)
        {
            if (entries.TryGetValue(id, out var held) && held.Incarnation.IsSameLifeAs(known) && !(held.Entry is OmniResource { IsTearingDown: true }))
            {
                acknowledged[id] = new Acknowledged(known, IsDestroyed: false);
                if (held.Entry is OmniResource resource)
                {
                    var tearingDown = resource.Clone();
                    tearingDown.Metadata.Phase = OmniResource.TearingDown;
                    change = StoreIndexed(held with { IsOwnWrite = true, Entry = declaration.Project(tearingDown) }, evenIfSameVersion: true);
                }
            }
        }

        Raise(change);
    }

    internal override void Destroyed(string id, Incarnation known)
    {
        OmniChange? change = null;
        lock (gate)
        {
            // If the watch was faster, the entry is gone already, or it is a newer life.
            if (entries.TryGetValue(id, out var held) && held.Incarnation.IsSameLifeAs(known))
            {
                acknowledged[id] = new Acknowledged(known, IsDestroyed: true);
                change = Drop(id, held);
            }
        }

        Raise(change);
    }

    /// <summary>What to hold of a resource that the watch tells of; null if an own write or destroy is known to be newer.</summary>
    private Held? Accept(OmniResource resource)
    {
        var incarnation = Incarnation.Of(resource.Metadata);
        if (entries.TryGetValue(resource.Id, out var held) && held.IsOwnWrite && incarnation.IsOlderThan(held.Incarnation))
        {
            return null;
        }

        if (acknowledged.TryGetValue(resource.Id, out var ack))
        {
            if (incarnation.CreatedNanoseconds > ack.Life.CreatedNanoseconds || (!ack.IsDestroyed && resource.IsTearingDown))
            {
                acknowledged.Remove(resource.Id);
            }
            else if (ack.IsDestroyed)
            {
                return null;
            }
            else
            {
                // A version from before our teardown: a resource never runs again once it is torn down.
                resource.Metadata.Phase = OmniResource.TearingDown;
            }
        }

        return new Held(resource.Id, incarnation, false, resource.Metadata.Labels, declaration.Project(resource));
    }

    private OmniChange? StoreIndexed(Held next, bool evenIfSameVersion = false)
    {
        var before = entries.GetValueOrDefault(next.Id);
        var change = Store(next, evenIfSameVersion);
        if (change is not null)
        {
            foreach (var index in indexes)
            {
                index.Move(next.Id, before?.Labels.GetValueOrDefault(index.Label), next.Labels.GetValueOrDefault(index.Label), next.Entry);
            }
        }

        return change;
    }

    private OmniChange? Store(Held next, bool evenIfSameVersion = false)
    {
        var before = entries.GetValueOrDefault(next.Id);
        if (before is not null && before.Incarnation == next.Incarnation && !evenIfSameVersion)
        {
            entries[next.Id] = before with { IsOwnWrite = before.IsOwnWrite && next.IsOwnWrite };
            return null;
        }

        entries[next.Id] = next;
        return new OmniChange(Type, next.Id, before?.Labels, next.Labels);
    }

    private OmniChange Drop(string id, Held held)
    {
        entries.Remove(id);
        foreach (var index in indexes)
        {
            index.Move(id, held.Labels.GetValueOrDefault(index.Label), null, null);
        }

        return new OmniChange(Type, id, held.Labels, null);
    }
}
