using k8s.Models;

namespace OmniScale.CrdGen;

/// <summary>The schema of metav1.Condition, with the bounds and patterns that every other API uses for it.</summary>
internal static class ConditionSchema
{
    public static V1JSONSchemaProps Create() => new()
    {
        Description = "One aspect of the object's state.",
        Type = "object",
        Required = ["lastTransitionTime", "message", "reason", "status", "type"],
        Properties = new Dictionary<string, V1JSONSchemaProps>
        {
            ["type"] = new()
            {
                Description = "Type of the condition, such as Ready.",
                Type = "string",
                MaxLength = 316,
                Pattern = @"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
            },
            ["status"] = new() { Description = "True, False or Unknown.", Type = "string", EnumProperty = ["True", "False", "Unknown"] },
            ["reason"] = new()
            {
                Description = "Why, as a word for programs.",
                Type = "string",
                MinLength = 1,
                MaxLength = 1024,
                Pattern = "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
            },
            ["message"] = new() { Description = "Why, as a sentence for people.", Type = "string", MaxLength = 32768 },
            ["lastTransitionTime"] = new() { Description = "When the status last changed.", Type = "string", Format = "date-time" },
            ["observedGeneration"] = new()
            {
                Description = "The generation of the spec that the condition is about.",
                Type = "integer",
                Format = "int64",
                Minimum = 0,
            },
        },
    };
}
