using System.ComponentModel.DataAnnotations;

namespace OmniScale.Crds;

/// <summary>Names an object of the same namespace.</summary>
public sealed record LocalReference
{
    /// <summary>Name of the object.</summary>
    [Required, StringLength(253, MinimumLength = 1)]
    public string Name { get; init; } = "";
}

/// <summary>One key of a Secret of the same namespace.</summary>
public sealed record SecretKeyReference
{
    /// <summary>Name of the Secret.</summary>
    [Required, StringLength(253, MinimumLength = 1)]
    public string Name { get; init; } = "";

    /// <summary>Key in the Secret. Default: ca.crt.</summary>
    [StringLength(253, MinimumLength = 1)]
    public string? Key { get; init; }
}
