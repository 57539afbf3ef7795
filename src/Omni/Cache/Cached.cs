using Google.Protobuf;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni;

/// <summary>Declares that a resource type is cached, what is kept of each resource, and by what it can be found.</summary>
public abstract class Cached
{
    private protected Cached(ResourceType type) => Type = type;

    public ResourceType Type { get; }

    internal abstract OmniStore CreateStore();

    /// <summary>Keeps whole resources, fields that this version does not know included: for types that are also written.</summary>
    public static Cached<OmniResource<TSpec>> Of<TSpec>(ResourceType<TSpec> type)
        where TSpec : class, IMessage<TSpec>, new() =>
        new(type, wire => ResourceCodec.Decode(type, wire), static resource => (OmniResource<TSpec>)resource, [OmniLabels.Cluster]);

    /// <summary>Keeps resources without the fields that this version does not know: for types that are only read.</summary>
    public static Cached<OmniResource<TSpec>> ReadOnly<TSpec>(ResourceType<TSpec> type)
        where TSpec : class, IMessage<TSpec>, new() => Of(type, static resource => resource);

    /// <summary>Keeps what the projection makes of a resource: for types of which little is read.</summary>
    /// <param name="type">What is cached.</param>
    /// <param name="project">Called once per version of a resource; must be pure and should hold on to nothing else of it.</param>
    public static Cached<TEntry> Of<TSpec, TEntry>(ResourceType<TSpec> type, Func<OmniResource<TSpec>, TEntry> project)
        where TSpec : class, IMessage<TSpec>, new()
        where TEntry : class
    {
        var parser = new MessageParser<TSpec>(() => new TSpec()).WithDiscardUnknownFields(true);
        return new(type, wire => ResourceCodec.Decode(type, wire, parser), resource => project((OmniResource<TSpec>)resource), [OmniLabels.Cluster]);
    }
}

/// <inheritdoc/>
/// <typeparam name="TEntry">What is kept of each resource.</typeparam>
public sealed class Cached<TEntry> : Cached
    where TEntry : class
{
    internal Cached(ResourceType type, Func<Resource, OmniResource> decode, Func<OmniResource, TEntry> project, IReadOnlyList<string> labels)
        : base(type)
    {
        Decode = decode;
        Project = project;
        Labels = labels;
    }

    internal Func<Resource, OmniResource> Decode { get; }

    internal Func<OmniResource, TEntry> Project { get; }

    /// <summary>The labels by whose value entries can be found.</summary>
    internal IReadOnlyList<string> Labels { get; }

    /// <summary>Also finds entries by the value of this label; the cluster label is always there.</summary>
    public Cached<TEntry> IndexedBy(string label) => new(Type, Decode, Project, [.. Labels, label]);

    internal override OmniStore CreateStore() => new OmniStore<TEntry>(this);
}

/// <summary>The types that a connection caches. Each is watched from the first time it is asked for.</summary>
public sealed class OmniCacheSet(IEnumerable<Cached> types)
{
    internal IReadOnlyList<Cached> Types { get; } = [.. types];
}
