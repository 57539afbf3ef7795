namespace OmniScale.Crds;

/// <summary>What becomes of the resources in Omni when the Kubernetes object is deleted.</summary>
public enum DeletionPolicy
{
    /// <summary>They are let go of and stay as they are.</summary>
    Orphan,

    /// <summary>They are torn down.</summary>
    Delete,
}

/// <summary>What to do with resources of the same name that already exist in Omni.</summary>
public enum AdoptionPolicy
{
    /// <summary>Leave them alone and report the conflict.</summary>
    Never,

    /// <summary>Take over what has no owner, or whose owner let go of it.</summary>
    Adopt,
}
