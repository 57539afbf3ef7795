using System.Runtime.CompilerServices;
using OmniScale.Core.Selectors;

namespace OmniScale.Core.Tests.Selectors;

/// <summary>Holds every message word for word against mistakes.txt, which is there to be read.</summary>
public class ClassicMistakesTests
{
    public static TheoryData<string> Selectors() => [.. Cases().Keys];

    [Theory]
    [MemberData(nameof(Selectors))]
    public void A_selector_is_told_what_is_wrong_with_it(string selector)
    {
        var finding = SelectorReport.Of(selector, Matrix.Scope).Finding;

        Assert.Equal(Cases()[selector], $"{finding.Verdict} {finding.Reason}\n{finding.Message}");
    }

    [Theory]
    [MemberData(nameof(Selectors))]
    public void A_correction_compiles_and_evaluates(string selector)
    {
        if (SelectorReport.Of(selector, Matrix.Scope).Hint is not { Correction: { } correction } hint)
        {
            return;
        }

        Assert.NotEqual(selector, correction);
        var compiled = StorageSelector.Compile(correction);
        Assert.True(compiled.IsValid, correction);
        Assert.All(Matrix.Scope.Candidates!.SelectMany(n => n.Storages), s => Assert.Null(compiled.Evaluate(s).Error));
        Assert.NotNull(hint.Effect);
    }

    [Theory]
    [MemberData(nameof(Selectors))]
    public void An_error_in_the_text_is_found_without_an_inventory(string selector)
    {
        var with = SelectorReport.Of(selector, Matrix.Scope);
        var without = SelectorReport.Of(selector, SelectorScope.Unknown);

        Assert.Equal(with.Selector.IsValid ? "InventoryUnknown" : with.Finding.Reason, without.Finding.Reason);
        Assert.Null(without.Hint?.Effect);
        Assert.True(without.Hint?.Correction is not { } correction || StorageSelector.Compile(correction).IsValid);
    }

    private static Dictionary<string, string> Cases([CallerFilePath] string here = "")
    {
        var text = File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "mistakes.txt"));
        return text.Split("\n> ").Skip(1).ToDictionary(block => block[..block.IndexOf('\n')], block => block[(block.IndexOf('\n') + 1)..].TrimEnd('\n'));
    }
}
