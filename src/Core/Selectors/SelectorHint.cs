namespace OmniScale.Core.Selectors;

/// <summary>What was probably meant.</summary>
/// <param name="Reasons">Whole sentences on what is wrong.</param>
/// <param name="Correction">A selector that compiles and, as far as the storages are known, evaluates without an error. Null when nothing better is known.</param>
/// <param name="Effect">What the correction does with today's storages; null when they are not known.</param>
/// <param name="IsExample">The correction has little to do with what was written: it shows what a selector looks like.</param>
public sealed record SelectorHint(IReadOnlyList<string> Reasons, string? Correction, string? Effect, bool IsExample)
{
    public override string ToString()
    {
        var correction = Correction is null ? "" : $"{(IsExample ? "For example" : "Did you mean")}: {Correction}{(Effect is null ? "" : $"  ({Effect})")}";
        return string.Join(' ', [.. Reasons, .. correction.Length > 0 ? [correction] : Array.Empty<string>()]);
    }
}
