using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Omni;

/// <summary>
/// One life of an id and a version in it. Versions begin at 1 again when a resource is created anew, so a version alone does not
/// tell old from new: the time of creation comes first.
/// </summary>
internal readonly record struct Incarnation(long CreatedNanoseconds, ulong Version)
{
    public static Incarnation Of(Metadata metadata) => new(
        metadata.Created is { } created ? (created.Seconds * Duration.NanosecondsPerSecond) + created.Nanos : 0,
        ulong.TryParse(metadata.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0);

    public bool IsSameLifeAs(Incarnation other) => CreatedNanoseconds == other.CreatedNanoseconds;

    public bool IsOlderThan(Incarnation other) => CreatedNanoseconds != other.CreatedNanoseconds
        ? CreatedNanoseconds < other.CreatedNanoseconds
        : Version < other.Version;
}
