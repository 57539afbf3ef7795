namespace OmniScale.Crds;

/// <summary>Reasons of StorageSelectorValid. The first two are about the text itself and stall the class; the others about today's inventory.</summary>
public static class SelectorReasons
{
    /// <summary>Surfaces when the selector does not parse.</summary>
    public const string SyntaxError = "SyntaxError";

    /// <summary>Surfaces when the selector does not pass the type check, or yields something else than true or false.</summary>
    public const string TypeError = "TypeError";

    /// <summary>Surfaces when every selector picks exactly one storage that can hold the disk, on every candidate node.</summary>
    public const string Valid = "Valid";

    /// <summary>Surfaces when a selector matches no storage on a candidate node.</summary>
    public const string NoMatch = "NoMatch";

    /// <summary>Surfaces when a selector matches only storages that cannot hold VM disks, or are disabled or away.</summary>
    public const string IneligibleStorage = "IneligibleStorage";

    /// <summary>Surfaces when evaluating a selector fails on a storage that is reached before a match.</summary>
    public const string EvaluationError = "EvaluationError";

    /// <summary>Surfaces on True when a selector matches several storages: the provider takes any of them.</summary>
    public const string AmbiguousMatch = "AmbiguousMatch";

    /// <summary>Surfaces when the node that the class is pinned to does not exist or is offline, or no node is online.</summary>
    public const string NoCandidateNode = "NoCandidateNode";

    /// <summary>Surfaces on Unknown when Proxmox's inventory is not known.</summary>
    public const string InventoryUnknown = "InventoryUnknown";

    /// <summary>Surfaces on a class with matchLabels.</summary>
    public const string NotApplicable = "NotApplicable";
}
