using Google.Protobuf;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Omni.Storage;

/// <summary>What identifies a resource.</summary>
internal readonly record struct ResourceKey(string Namespace, string Type, string Id)
{
    public override string ToString() => $"{Type}({Namespace}/{Id})";
}

/// <summary>One version of a resource as it was stored. Never changed afterwards: whoever wants another version stores one.</summary>
internal sealed class StoredResource
{
    private readonly Lazy<Resource> wire;

    /// <exception cref="StateException">The bytes are no message of the type.</exception>
    public StoredResource(Metadata metadata, ByteString protoSpec)
    {
        Metadata = metadata;
        ProtoSpec = protoSpec;
        try
        {
            Spec = KnownTypes.Find(metadata.Type)?.Parser?.ParseFrom(protoSpec);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw StateException.Malformed($"error decoding the spec of {metadata.Type}: {exception.Message}");
        }

        wire = new Lazy<Resource>(() => new Resource
        {
            Metadata = Metadata,
            Spec = new Spec { ProtoSpec = ProtoSpec, YamlSpec = Spec is null ? "" : YamlSpec.Render(Spec) },
        });
    }

    public Metadata Metadata { get; }

    public ByteString ProtoSpec { get; }

    /// <summary>The decoded spec; null for types that pass through as bytes.</summary>
    public IMessage? Spec { get; }

    public string Id => Metadata.Id;

    public bool IsTearingDown => Metadata.Phase == Phases.TearingDown;

    public ResourceKey Key => new(Metadata.Namespace, Metadata.Type, Metadata.Id);

    /// <summary>The resource as answers carry it, with both forms of the spec.</summary>
    public Resource Wire => wire.Value;

    public T SpecAs<T>() where T : class, IMessage => (T)Spec!;

    public string? Label(string key) => Metadata.Labels.TryGetValue(key, out var value) ? value : null;

    public bool HasLabel(string key) => Metadata.Labels.ContainsKey(key);
}

/// <summary>The two phases of a resource.</summary>
internal static class Phases
{
    public const string Running = "running";
    public const string TearingDown = "tearingDown";
}
