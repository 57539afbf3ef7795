using System.Text.Json.Nodes;
using Google.Protobuf;
using OmniScale.Lab.Omni;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;
using OmniScale.Runtime;

namespace OmniScale.Bench.Load;

/// <summary>One write: a merge patch of the object, or a creation in Omni.</summary>
/// <param name="Before">The patch up to the resourceVersion, which is known only when it is sent.</param>
/// <param name="Create">The CreateRequest, for Omni.</param>
internal sealed record Write(string? Subresource, string? Before, string? After, byte[]? Create);

/// <summary>The writes that one object takes, in their order, and the Events about it.</summary>
internal sealed record ObjectWrites(string Name, IReadOnlyList<Write> Writes, IReadOnlyList<string> Events);

/// <summary>
/// What the operator writes for each object until it is Synced. Omni's side is recorded as it comes. A patch follows from two
/// versions of the object, since the operator's merge patches say exactly what differs.
/// </summary>
internal sealed class Recording
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, JsonObject> last = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Write>> patches = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Write>> creates = new(StringComparer.Ordinal);

    public Recording(ClusterWatch watch, OmniSimulator omni)
    {
        watch.Seen += Patched;
        omni.Faults.WriteStored = call =>
        {
            if (call.Request is not CreateRequest create)
            {
                throw new NotSupportedException($"The operator was expected to create only, and did {call}");
            }

            Created(create);
            return Task.CompletedTask;
        };
    }

    /// <summary>The writes of some of the objects.</summary>
    /// <param name="names">Of which objects.</param>
    /// <param name="events">The Events in their namespace.</param>
    public IReadOnlyList<ObjectWrites> Of(IEnumerable<string> names, IEnumerable<JsonObject> events)
    {
        var told = events.ToLookup(e => (string)e["involvedObject"]!["name"]!, Bare);
        lock (gate)
        {
            return [.. names.Select(name =>
            {
                // The first patches announce the work and add the finalizer; nothing is written to Omni before.
                var first = patches[name].FindIndex(write => write.Subresource is null) + 1;
                return new ObjectWrites(name, [.. patches[name][..first], .. creates[name], .. patches[name][first..]], [.. told[name]]);
            })];
        }
    }

    private void Patched(string name, JsonObject value)
    {
        lock (gate)
        {
            var writes = Of(patches, name);
            if (last.TryGetValue(name, out var before) && !before.Has("Synced", "True"))
            {
                var status = MergePatch.Between(before["status"] as JsonObject ?? [], value["status"] as JsonObject ?? []);
                if (status.Count > 0)
                {
                    writes.Add(Patch("status", new JsonObject(), status));
                }

                if (!JsonNode.DeepEquals(before["metadata"]!["finalizers"], value["metadata"]!["finalizers"]))
                {
                    writes.Add(Patch(null, new JsonObject { ["finalizers"] = value["metadata"]!["finalizers"]?.DeepClone() }, null));
                }
            }

            last[name] = value;
        }
    }

    private void Created(CreateRequest create)
    {
        var metadata = create.Resource.Metadata;
        lock (gate)
        {
            Of(creates, metadata.Labels.TryGetValue(OmniLabels.Cluster, out var cluster) ? cluster : metadata.Id)
                .Add(new Write(null, null, null, create.ToByteArray()));
        }
    }

    private static List<Write> Of(Dictionary<string, List<Write>> writes, string name) =>
        writes.TryGetValue(name, out var known) ? known : writes[name] = [];

    private static Write Patch(string? subresource, JsonObject metadata, JsonObject? status)
    {
        const string Placeholder = "\u0001";
        metadata["resourceVersion"] = Placeholder;
        var body = new JsonObject { ["metadata"] = metadata };
        if (status is not null)
        {
            body["status"] = status;
        }

        var parts = body.ToJsonString().Split("\\u0001");
        return new Write(subresource, parts[0], parts[1], null);
    }

    private static string Bare(JsonObject recorded)
    {
        var copy = recorded.DeepClone().AsObject();
        copy["metadata"] = new JsonObject { ["name"] = recorded.Name() };
        copy["involvedObject"]!.AsObject().Remove("namespace");
        return copy.ToJsonString();
    }
}
