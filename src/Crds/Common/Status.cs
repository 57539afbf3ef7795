using System.ComponentModel.DataAnnotations;
using k8s.Models;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>What every status holds.</summary>
public abstract record CommonStatus
{
    /// <summary>The generation of the spec that this status is about.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>The value of the annotation reconcile.omniscale.dev/requestedAt that was handled last.</summary>
    [StringLength(253)]
    public string? LastHandledReconcileAt { get; init; }

    /// <summary>The Omni that this object was last reconciled with.</summary>
    public OmniBinding? Omni { get; init; }

    /// <summary>What is true of this object, and why not.</summary>
    [ListMap("type"), MaxLength(32)]
    public IReadOnlyList<V1Condition>? Conditions { get; init; }
}

/// <summary>An Omni and the account that is used there.</summary>
public sealed record OmniBinding
{
    /// <summary>Address of Omni.</summary>
    [StringLength(2048)]
    public string? Endpoint { get; init; }

    /// <summary>Name of the service account.</summary>
    [StringLength(253)]
    public string? Account { get; init; }

    /// <summary>Name of the Secret that led there.</summary>
    [StringLength(253)]
    public string? Secret { get; init; }

    /// <summary>Whether both mean the same Omni and account, whatever Secret leads there.</summary>
    public bool LeadsTo(OmniBinding other) => Endpoint == other.Endpoint && Account == other.Account;
}
