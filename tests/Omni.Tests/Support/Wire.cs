using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Omni.Api.Specs;

namespace OmniScale.Omni.Tests;

/// <summary>Config patches as a watch or an answer brings them.</summary>
internal static class Wire
{
    /// <remarks>The life counts how often the id was created anew.</remarks>
    public static Resource Patch(string id, int version = 1, int life = 1, string? cluster = "one", string data = "", string phase = OmniResource.Running)
    {
        var metadata = ResourceTypes.ConfigPatches.New(id, new()).Metadata;
        metadata.Version = version.ToString(System.Globalization.CultureInfo.InvariantCulture);
        metadata.Created = new Timestamp { Seconds = 1_788_000_000 + life, Nanos = 500 };
        metadata.Phase = phase;
        if (cluster is not null)
        {
            metadata.Labels[OmniLabels.Cluster] = cluster;
        }

        return new Resource { Metadata = metadata, Spec = new Spec { ProtoSpec = new ConfigPatchSpec { Data = data }.ToByteString() } };
    }

    public static OmniResource Own(Resource wire) => ResourceCodec.Decode(ResourceTypes.ConfigPatches, wire);

    public static WatchResponse Event(EventType type, Resource? resource = null, string? bookmark = null, string? error = null)
    {
        var happened = new Event { EventType = type, Resource = resource };
        if (bookmark is not null)
        {
            happened.Bookmark = ByteString.CopyFromUtf8(bookmark);
        }

        if (error is not null)
        {
            happened.Error = error;
        }

        return new WatchResponse { Event = { happened } };
    }
}
