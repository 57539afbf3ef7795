namespace OmniScale.Crds;

/// <summary>The API group and the keys that all kinds share.</summary>
public static class ApiGroup
{
    public const string Name = "omniscale.dev";
    public const string Version = "v1alpha1";
    public const string ApiVersion = Name + "/" + Version;
    public const string Category = "omniscale";

    /// <summary>Type of the Secret that leads to an Omni.</summary>
    public const string OmniSecretType = Name + "/omni";

    /// <summary>Type of the Secret with Proxmox credentials.</summary>
    public const string ProxmoxSecretType = Name + "/proxmox";

    /// <summary>On each object: it may have left something in Omni that needs a decision before it goes.</summary>
    public const string Finalizer = Name + "/omni";

    /// <summary>On a connection Secret: an object that still has remote work to do refers to it.</summary>
    public const string ConnectionFinalizer = Name + "/connection";
}

/// <summary>Annotations that people set on the resources.</summary>
public static class UserAnnotations
{
    /// <summary>Any new value asks for a pass at once; status.lastHandledReconcileAt answers with it.</summary>
    public const string ReconcileRequestedAt = "reconcile.omniscale.dev/requestedAt";

    /// <summary>On a TalosCluster that is stalled with DeletedInOmni: the time at which the lost cluster was created (status.createdInOmni) has it built anew, once.</summary>
    public const string Recreate = ApiGroup.Name + "/recreate";

    /// <summary>On a TalosCluster: names of worker sets, separated by commas, whose machines may be wiped.</summary>
    public const string ConfirmRemoval = ApiGroup.Name + "/confirm-removal";
}

/// <summary>Annotations that mark the operator's resources in Omni.</summary>
public static class OwnershipAnnotations
{
    /// <summary><c>&lt;cluster id&gt;/&lt;namespace&gt;/&lt;name&gt;</c> of the object that the resource was made for.</summary>
    public const string Owner = ApiGroup.Name + "/owner";

    /// <summary>When the owner let go of the resource, in RFC 3339.</summary>
    public const string Orphaned = ApiGroup.Name + "/orphaned";

    /// <summary>Value of Omni's own managed-by-gitops-tools annotation.</summary>
    public const string Tool = "OmniScale";
}
