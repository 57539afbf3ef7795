using System.Globalization;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Core;

/// <summary>Who a resource in Omni was made for.</summary>
/// <param name="ClusterId">Identity of the Kubernetes cluster that the operator runs on.</param>
public sealed record Owner(string ClusterId, string Namespace, string Name)
{
    /// <summary>The value of the owner annotation.</summary>
    public string Mark => $"{ClusterId}/{Namespace}/{Name}";

    /// <summary>Sets the marks of a living owner.</summary>
    public void Claim(Metadata metadata)
    {
        metadata.Annotations[OmniAnnotations.ManagedByGitOpsTools] = OwnershipAnnotations.Tool;
        metadata.Annotations[OwnershipAnnotations.Owner] = Mark;
        metadata.Annotations.Remove(OwnershipAnnotations.Orphaned);
    }

    /// <summary>Lets go: the owner stays named, so that the same object can take the resource back.</summary>
    public static void Release(Metadata metadata, DateTimeOffset now)
    {
        metadata.Annotations.Remove(OmniAnnotations.ManagedByGitOpsTools);
        metadata.Annotations[OwnershipAnnotations.Orphaned] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
    }

    /// <summary>Whether the owner that the resource names has let go of it.</summary>
    public static bool IsReleased(Metadata metadata) => metadata.Annotations.ContainsKey(OwnershipAnnotations.Orphaned);

    /// <summary>How the resource stands to this owner.</summary>
    public Ownership Judge(Metadata metadata)
    {
        if (!metadata.Annotations.TryGetValue(OwnershipAnnotations.Owner, out var mark) || mark.Length == 0)
        {
            return Ownership.Unowned;
        }

        if (mark == Mark)
        {
            return Ownership.Ours;
        }

        return IsReleased(metadata) ? Ownership.Orphaned : Ownership.Foreign;
    }

    /// <summary>Whether the resource is this owner's, or may become it.</summary>
    public bool MayTake(Metadata metadata, AdoptionPolicy policy) => Judge(metadata) switch
    {
        Ownership.Ours => true,
        Ownership.Unowned or Ownership.Orphaned => policy == AdoptionPolicy.Adopt,
        _ => false,
    };

    /// <summary>Why the resource may not be taken, and what to do about it.</summary>
    public string Conflict(OmniResource resource, string what) => Judge(resource.Metadata) switch
    {
        Ownership.Unowned => $"{what} {resource.Id} exists in Omni and was not made by OmniScale; set spec.adoptionPolicy: Adopt to take it over, or choose another name",
        Ownership.Orphaned => $"{what} {resource.Id} exists in Omni and was let go of by {resource.Metadata.Annotations[OwnershipAnnotations.Owner]}; set spec.adoptionPolicy: Adopt to take it over, or choose another name",
        _ => $"{what} {resource.Id} in Omni belongs to {resource.Metadata.Annotations[OwnershipAnnotations.Owner]} (cluster id/namespace/name); choose another name, or delete that object with deletionPolicy: Orphan first",
    };
}

/// <summary>How a resource in Omni stands to an owner.</summary>
public enum Ownership
{
    /// <summary>It names this owner, orphaned or not.</summary>
    Ours,

    /// <summary>It names no owner.</summary>
    Unowned,

    /// <summary>It names another owner who let go of it.</summary>
    Orphaned,

    /// <summary>It names another owner.</summary>
    Foreign,
}
