using System.Globalization;
using System.Text.RegularExpressions;

namespace OmniScale.Lab.Omni.Validation;

/// <summary>A version of Talos or Kubernetes: major, minor and patch count, what follows does not.</summary>
internal readonly partial record struct SemanticVersion(int Major, int Minor, int Patch) : IComparable<SemanticVersion>
{
    public static SemanticVersion? TryParse(string text)
    {
        var match = Pattern().Match(text);
        return match.Success ? new SemanticVersion(Number(match.Groups[1]), Number(match.Groups[2]), Number(match.Groups[3])) : null;
    }

    public int CompareTo(SemanticVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));

    private static int Number(Group group) => int.Parse(group.Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:[-+][0-9A-Za-z.+-]+)?$")]
    private static partial Regex Pattern();
}
