using System.Text.Json.Nodes;

namespace OmniScale.Runtime;

/// <summary>RFC 7386 merge patches between JSON trees. In both trees an explicit null means the same as an absent member.</summary>
public static class MergePatch
{
    /// <summary>The patch that turns <paramref name="from"/> into <paramref name="to"/>; empty when they mean the same.</summary>
    public static JsonObject Between(JsonObject from, JsonObject to)
    {
        var patch = new JsonObject();
        foreach ((string name, JsonNode? old) in from)
        {
            if (old is not null && to[name] is null)
            {
                patch[name] = null;
            }
        }

        foreach ((string name, JsonNode? value) in to)
        {
            JsonNode? old = from[name];
            if (value is null || JsonNode.DeepEquals(old, value))
            {
                continue;
            }

            if (value is JsonObject wanted && (old is JsonObject || wanted.Count == 0))
            {
                JsonObject inner = Between(old as JsonObject ?? [], wanted);
                if (inner.Count > 0 || old is not JsonObject)
                {
                    patch[name] = inner;
                }
            }
            else
            {
                patch[name] = value.DeepClone();
            }
        }

        return patch;
    }
}
