using Google.Protobuf;
using OmniScale.Lab.Omni.Storage;

namespace OmniScale.Lab.Omni.Services;

/// <summary>The spec of ClusterUUID: one string, in field 1.</summary>
internal static class ClusterUuids
{
    private const int FieldUuid = 1;

    public static ByteString Write(string uuid)
    {
        using var buffer = new MemoryStream();
        using (var output = new CodedOutputStream(buffer, leaveOpen: true))
        {
            output.WriteTag(FieldUuid, WireFormat.WireType.LengthDelimited);
            output.WriteString(uuid);
        }

        return ByteString.CopyFrom(buffer.ToArray());
    }

    public static string Read(StoredResource resource)
    {
        var input = resource.ProtoSpec.CreateCodedInput();
        input.ReadTag();
        return input.ReadString();
    }
}
