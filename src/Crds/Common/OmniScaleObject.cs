using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace OmniScale.Crds;

/// <summary>An object of this API whose status the operator writes.</summary>
public interface IOmniScaleObject : IKubernetesObject<V1ObjectMeta>
{
    /// <summary>Name of the connection Secret in the object's namespace.</summary>
    string OmniSecretName { get; }

    bool Suspended { get; }

    CommonStatus? CommonStatus { get; }

    /// <summary>A copy with another status; the rest is shared with the original.</summary>
    /// <exception cref="InvalidCastException">The status is of another kind.</exception>
    IOmniScaleObject WithStatus(CommonStatus status);
}

/// <summary>What every spec holds.</summary>
public interface IOmniScaleSpec
{
    LocalReference? OmniSecretRef { get; }

    bool Suspend { get; }
}

/// <summary>What the kinds have in common.</summary>
public abstract class OmniScaleObject<TSpec, TStatus> : IOmniScaleObject, ISpec<TSpec>, IStatus<TStatus?>
    where TSpec : class, IOmniScaleSpec, new()
    where TStatus : CommonStatus
{
    private protected OmniScaleObject(string kind) => Kind = kind;

    public string ApiVersion { get; set; } = ApiGroup.ApiVersion;

    public string Kind { get; set; }

    public V1ObjectMeta Metadata { get; set; } = new();

    [Required]
    public TSpec Spec { get; set; } = new();

    public TStatus? Status { get; set; }

    [JsonIgnore]
    public string OmniSecretName => Spec.OmniSecretRef?.Name ?? "omni";

    [JsonIgnore]
    public bool Suspended => Spec.Suspend;

    [JsonIgnore]
    public CommonStatus? CommonStatus => Status;

    public IOmniScaleObject WithStatus(CommonStatus status)
    {
        var copy = (OmniScaleObject<TSpec, TStatus>)MemberwiseClone();
        copy.Status = (TStatus)status;
        return copy;
    }
}

/// <summary>What can be read off any object of this API.</summary>
public static class OmniScaleObjects
{
    /// <summary>The value of the annotation reconcile.omniscale.dev/requestedAt.</summary>
    public static string? RequestedAt(this IOmniScaleObject value) =>
        value.Metadata.Annotations?.TryGetValue(UserAnnotations.ReconcileRequestedAt, out var at) == true ? at : null;
}
