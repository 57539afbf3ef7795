using Google.Protobuf;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni.Api;

/// <summary>
/// A COSI resource: its metadata as it travels, and its decoded spec. Fields of the spec that this version does not
/// know stay in the message, so that a resource which is read, changed and written back loses none.
/// </summary>
public abstract class OmniResource(ResourceType type, Metadata metadata)
{
    /// <summary>The phase of a resource that is not being deleted.</summary>
    public const string Running = "running";

    /// <summary>The phase of a resource whose finalizers are awaited.</summary>
    public const string TearingDown = "tearingDown";

    /// <summary>The version of a resource that was never stored.</summary>
    public const string UndefinedVersion = "undefined";

    public ResourceType Type { get; } = type;

    public Metadata Metadata { get; } = metadata;

    public string Id => Metadata.Id;

    public bool IsTearingDown => Metadata.Phase == TearingDown;

    /// <summary>The decoded spec. Treat it as immutable unless you made the resource.</summary>
    public abstract IMessage RawSpec { get; }

    /// <summary>A copy that can be changed without the original noticing.</summary>
    public abstract OmniResource Clone();

    /// <summary>A resource of the same type with other content.</summary>
    /// <exception cref="InvalidCastException">The spec is of another type.</exception>
    public abstract OmniResource With(Metadata metadata, IMessage spec);

    public override string ToString() => $"{Type.Name}/{Id}";
}

/// <inheritdoc/>
public sealed class OmniResource<TSpec>(ResourceType<TSpec> type, Metadata metadata, TSpec spec) : OmniResource(type, metadata)
    where TSpec : class, IMessage<TSpec>, new()
{
    /// <inheritdoc cref="OmniResource.RawSpec"/>
    public TSpec Spec { get; } = spec;

    public override IMessage RawSpec => Spec;

    public override OmniResource<TSpec> Clone() => new((ResourceType<TSpec>)Type, Metadata.Clone(), Spec.Clone());

    public override OmniResource<TSpec> With(Metadata metadata, IMessage spec) => new((ResourceType<TSpec>)Type, metadata, (TSpec)spec);
}
