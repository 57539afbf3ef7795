using Google.Protobuf;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace OmniScale.Omni;

/// <summary>From and to the resources of the wire.</summary>
internal static class ResourceCodec
{
    /// <exception cref="InvalidProtocolBufferException">The spec is no message of this type.</exception>
    public static OmniResource<TSpec> Decode<TSpec>(ResourceType<TSpec> type, Resource wire, MessageParser<TSpec>? parser = null)
        where TSpec : class, IMessage<TSpec>, new()
    {
        var bytes = wire.Spec?.ProtoSpec ?? ByteString.Empty;
        var spec = parser is null ? (TSpec)type.ParseSpec(bytes) : parser.ParseFrom(bytes);
        if (spec is ConfigPatchSpec patch)
        {
            Decompress(patch, wire.Spec!.YamlSpec);
        }

        // The strings of a type are the same for each of its resources; one copy is enough.
        wire.Metadata.Namespace = type.Namespace;
        wire.Metadata.Type = type.Name;
        return new OmniResource<TSpec>(type, wire.Metadata, spec);
    }

    /// <remarks>The spec message is present even if it is empty: without it Omni answers "spec is missing".</remarks>
    public static Resource Encode(OmniResource resource) => new()
    {
        Metadata = resource.Metadata,
        Spec = new Spec { ProtoSpec = resource.RawSpec.ToByteString() },
    };

    /// <summary>The resource with the metadata of Omni's answer to a write, which otherwise repeats what was sent.</summary>
    public static OmniResource Stored(OmniResource sent, Metadata answer)
    {
        var stored = sent.Clone();
        var metadata = stored.Metadata;
        metadata.Version = answer.Version;
        metadata.Owner = answer.Owner;
        metadata.Phase = answer.Phase;
        metadata.Created = answer.Created;
        metadata.Updated = answer.Updated;
        metadata.Finalizers.Clear();
        metadata.Finalizers.Add(answer.Finalizers);
        metadata.Labels.Clear();
        metadata.Labels.Add(answer.Labels);
        metadata.Annotations.Clear();
        metadata.Annotations.Add(answer.Annotations);
        return stored;
    }

    /// <summary>
    /// Omni compresses larger patches with zstd and a dictionary of its own, and shows them in the YAML form decompressed:
    /// that form is read instead. What is written back is the plain text, which Omni accepts and compresses again.
    /// </summary>
    private static void Decompress(ConfigPatchSpec patch, string yaml)
    {
        if (patch.Data.Length > 0 || patch.CompressedData.IsEmpty)
        {
            return;
        }

        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents is [{ RootNode: YamlMappingNode root }, ..] && root.Children.TryGetValue("data", out var data) && data is YamlScalarNode { Value: { } text })
            {
                patch.Data = text;
                patch.CompressedData = ByteString.Empty;
            }
        }
        catch (YamlException)
        {
            // The patch stays compressed, which whoever compares it can see.
        }
    }
}
