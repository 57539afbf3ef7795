using System.Globalization;
using System.Text.RegularExpressions;

namespace OmniScale.Omni;

/// <summary>The version of an Omni server, compared by major, minor and patch: a pre-release of 1.11 already has what 1.11 has.</summary>
public readonly partial record struct OmniVersion(int Major, int Minor, int Patch = 0) : IComparable<OmniVersion>
{
    /// <returns>Null if the text is no version, as on development builds.</returns>
    public static OmniVersion? Parse(string text) => Pattern().Match(text) is { Success: true } match
        ? new OmniVersion(Number(match.Groups[1]), Number(match.Groups[2]), Number(match.Groups[3]))
        : null;

    public int CompareTo(OmniVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    public static bool operator <(OmniVersion left, OmniVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(OmniVersion left, OmniVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(OmniVersion left, OmniVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(OmniVersion left, OmniVersion right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"{Major}.{Minor}.{Patch}";

    private static int Number(Group group) => int.Parse(group.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^v?(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+].*)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
