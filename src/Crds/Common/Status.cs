using System.ComponentModel.DataAnnotations;
using k8s;
using k8s.Models;
using OmniScale.Crds.Schema;

namespace OmniScale.Crds;

/// <summary>An object of this API whose status the operator writes.</summary>
public interface IOmniScaleObject : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Name of the connection Secret in the object's namespace.</summary>
    string OmniSecretName { get; }

    bool Suspended { get; }

    CommonStatus? CommonStatus { get; }
}

/// <summary>What can be read off any object of this API.</summary>
public static class OmniScaleObjects
{
    /// <summary>The value of the annotation reconcile.omniscale.dev/requestedAt.</summary>
    public static string? RequestedAt(this IOmniScaleObject value) =>
        value.Metadata.Annotations?.TryGetValue(UserAnnotations.ReconcileRequestedAt, out var at) == true ? at : null;
}

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
