using System.Globalization;
using System.Text.Json.Nodes;
using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>What this process knows of the lease, and since when by its own clock: the times in the lease are by other machines' clocks.</summary>
/// <param name="Version">The version of the Lease object.</param>
/// <param name="Holder">Who holds the lease; empty when it was given back.</param>
/// <param name="Duration">How long the holder asked to be left alone after each renewal.</param>
/// <param name="Transitions">How often the holder changed.</param>
/// <param name="Seen">The timestamp at which this version was first seen.</param>
internal sealed record LeaseRecord(string Version, string Holder, TimeSpan Duration, int Transitions, long Seen)
{
    public static LeaseRecord Of(V1Lease lease, long now) => new(
        lease.Metadata.ResourceVersion,
        lease.Spec?.HolderIdentity ?? "",
        TimeSpan.FromSeconds(lease.Spec?.LeaseDurationSeconds ?? 0),
        lease.Spec?.LeaseTransitions ?? 0,
        now);

    /// <summary>The spec of the lease once it is taken or renewed.</summary>
    public static JsonObject Taken(LeaseRecord? former, LeaderElectionOptions options, DateTimeOffset now)
    {
        var spec = new JsonObject
        {
            ["holderIdentity"] = options.Identity,
            ["leaseDurationSeconds"] = (int)Math.Ceiling(options.LeaseDuration.TotalSeconds),
            ["renewTime"] = Timestamp(now),
        };
        if (former?.Holder != options.Identity)
        {
            spec["acquireTime"] = Timestamp(now);
            spec["leaseTransitions"] = former is null ? 0 : former.Transitions + 1;
        }

        return spec;
    }

    /// <summary>The spec of the lease once it is given back. The shortest duration that the API server accepts is a second.</summary>
    public static JsonObject Released(DateTimeOffset now) => new()
    {
        ["holderIdentity"] = "",
        ["leaseDurationSeconds"] = 1,
        ["renewTime"] = Timestamp(now),
    };

    private static string Timestamp(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
