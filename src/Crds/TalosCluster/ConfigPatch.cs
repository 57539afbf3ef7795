using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>A patch of the Talos machine configuration.</summary>
[Rule("has(self.name) || has(self.idOverride)", "give a name, or an idOverride")]
public sealed record ConfigPatch
{
    /// <summary>Name of the patch. Its id in Omni is made of its place in the list, the cluster or set, and this name.</summary>
    [StringLength(253, MinimumLength = 1)]
    public string? Name { get; init; }

    /// <summary>The whole id of the patch in Omni, instead of one made of its name and place.</summary>
    [StringLength(512, MinimumLength = 1)]
    public string? IdOverride { get; init; }

    /// <summary>The patch: an object, a list of objects (several documents), or text (which keeps the nulls that kubectl drops, and comments).</summary>
    [Required, FreeForm(AnyType = true)]
    public JsonElement Inline { get; init; }

    /// <summary>Labels of the patch in Omni.</summary>
    [MaxLength(64), ItemLength(4096), Rule(Rules.NotReserved, Rules.NotReservedMessage)]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Annotations of the patch in Omni.</summary>
    [MaxLength(64), ItemLength(4096), Rule(Rules.NotReserved, Rules.NotReservedMessage)]
    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}
