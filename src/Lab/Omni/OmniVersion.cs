using System.Globalization;

namespace OmniScale.Lab.Omni;

/// <summary>A released minor version of Omni. What it offers and refuses depends on it.</summary>
public readonly record struct OmniVersion(int Major, int Minor) : IComparable<OmniVersion>
{
    /// <summary>The oldest version that the simulator knows.</summary>
    public static readonly OmniVersion Oldest = new(1, 4);

    public static readonly OmniVersion Latest = new(1, 11);

    /// <exception cref="FormatException">The text is not of the form <c>1.10</c>, <c>v1.10</c> or <c>1.10.4</c>.</exception>
    public static OmniVersion Parse(string text)
    {
        var parts = text.TrimStart('v').Split('.');
        if (parts.Length < 2 ||
            !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major) ||
            !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var minor))
        {
            throw new FormatException($"'{text}' is not a version of Omni, such as 1.10.");
        }

        return new OmniVersion(major, minor);
    }

    public int CompareTo(OmniVersion other) => (Major, Minor).CompareTo((other.Major, other.Minor));

    public bool IsAtLeast(int major, int minor) => CompareTo(new OmniVersion(major, minor)) >= 0;

    public static bool operator <(OmniVersion left, OmniVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(OmniVersion left, OmniVersion right) => left.CompareTo(right) > 0;

    public static bool operator <=(OmniVersion left, OmniVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >=(OmniVersion left, OmniVersion right) => left.CompareTo(right) >= 0;

    public override string ToString() => $"{Major}.{Minor}";
}
