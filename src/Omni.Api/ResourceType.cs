using Google.Protobuf;

namespace OmniScale.Omni.Api;

/// <summary>A type of COSI resource: its full name, the namespace its resources live in, and how its spec is decoded.</summary>
public abstract class ResourceType
{
    private protected ResourceType(string name, string @namespace)
    {
        Name = name;
        Namespace = @namespace;
    }

    /// <summary>Full type name, such as <c>Clusters.omni.sidero.dev</c>.</summary>
    public string Name { get; }

    public string Namespace { get; }

    /// <exception cref="InvalidProtocolBufferException">The bytes are no message of this type.</exception>
    public abstract IMessage ParseSpec(ByteString protoSpec);

    public override string ToString() => Name;
}

/// <inheritdoc cref="ResourceType"/>
/// <typeparam name="TSpec">The message in <c>Spec.proto_spec</c>.</typeparam>
public sealed class ResourceType<TSpec> : ResourceType
    where TSpec : class, IMessage<TSpec>, new()
{
    private static readonly MessageParser<TSpec> Parser = new(() => new TSpec());

    internal ResourceType(string name, string @namespace)
        : base(name, @namespace)
    {
    }

    public override IMessage ParseSpec(ByteString protoSpec) => Parser.ParseFrom(protoSpec);

    /// <summary>A new running resource of this type without labels, annotations or an owner.</summary>
    public OmniResource<TSpec> New(string id, TSpec spec) => new(this, new Cosi.Metadata
    {
        Namespace = Namespace,
        Type = Name,
        Id = id,
        Version = OmniResource.UndefinedVersion,
        Phase = OmniResource.Running,
    }, spec);
}
