using OmniScale.Core.Selectors.Repairs;

namespace OmniScale.Core.Selectors;

/// <summary>
/// Finds out what a selector that does not work was probably meant to be. Mistakes seldom come alone, so small repairs are made
/// one after the other until the selector works. What is suggested has been compiled, and evaluated as far as the storages are known.
/// </summary>
internal static class SelectorRepair
{
    /// <summary>Enough for a dozen mistakes in one selector.</summary>
    private const int MaxSteps = 24;

    /// <summary>Nobody types more by hand.</summary>
    private const int MaxLength = 1000;

    private static readonly Func<Broken, Repair?>[] OfText =
    [
        TextRepairs.Empty, TextRepairs.Typographic, TextRepairs.QuotedWhole, TextRepairs.EscapedQuotes, TextRepairs.LostBeginning, TextRepairs.LoneText, TextRepairs.OpenQuote,
        FunctionRepairs.Form, OperatorRepairs.Foreign, OperatorRepairs.Dangling, NumberRepairs.Unit, TextRepairs.UnquotedText, OperatorRepairs.Lists, TextRepairs.Brackets,
        FieldRepairs.Macro, FieldRepairs.Prefix, FieldRepairs.TypeBuiltIn, FunctionRepairs.Conversion, FunctionRepairs.Split, FunctionRepairs.Method,
        FieldRepairs.Hidden, FieldRepairs.Alias, OperatorRepairs.MissingComparison, OperatorRepairs.Negation, NumberRepairs.Unsigned,
    ];

    private static readonly Func<Broken, Repair?>[] OfMeaning = [ConstantRepairs.Contradiction, ConstantRepairs.Node, ConstantRepairs.Unknown];

    /// <returns>Null when there is nothing to say.</returns>
    public static SelectorHint? Run(StorageSelector selector, SelectorScope scope)
    {
        if (selector.Text.Length > MaxLength)
        {
            return null;
        }

        var broken = new Broken(selector.Text, scope);
        var reasons = new List<string>();
        var isExample = false;
        for (var step = 0; step < MaxSteps && Next(broken) is { } repair && repair.Text != broken.Text; step++)
        {
            reasons.Add(repair.Why);
            isExample |= repair.IsExample;
            broken = new Broken(repair.Text, scope);
        }

        var works = broken.Selector.IsValid && broken.Matches.All(m => m.Errors.Count == 0);
        if (works && broken.Text != selector.Text)
        {
            return new([.. reasons.Distinct()], broken.Text, Effect(broken), isExample);
        }

        return works && IsUseful(broken) ? null : Fallback(selector, scope, works ? [] : [.. reasons.Take(1)]);
    }

    /// <summary>A selector of one storage alone, for a selector that leaves the choice open.</summary>
    public static SelectorHint? One(IEnumerable<NodeMatches> matches, SelectorScope scope)
    {
        var nodes = matches.Select(m => m.Node with { Storages = [.. m.Matches] }).ToList();
        return Fields.Suggest(SelectorScope.Of([.. nodes.SelectMany(n => n.Storages)])) is { } text ? new([], text, Effect(new Broken(text, scope)), IsExample: true) : null;
    }

    private static Repair? Next(Broken broken)
    {
        if (!broken.Selector.IsValid)
        {
            return First(OfText, broken);
        }

        return broken.Matches.Any(m => m.Errors.Count > 0) ? EvaluationRepairs.Any(broken)
            : ConstantRepairs.Size(broken) ?? (broken.Scope.Candidates is null || IsUseful(broken) ? null : First(OfMeaning, broken));
    }

    private static Repair? First(Func<Broken, Repair?>[] repairs, Broken broken) =>
        repairs.Select(repair => repair(broken)).FirstOrDefault(r => r is not null && r.Text != broken.Text);

    /// <summary>It finds a storage for the disk wherever the VM may land.</summary>
    private static bool IsUseful(Broken broken) => broken.Scope.Candidates is null || broken.Matches.All(m => m.Eligible.Any());

    private static SelectorHint? Fallback(StorageSelector selector, SelectorScope scope, IReadOnlyList<string> reasons)
    {
        var example = selector.IsValid ? Fields.Suggest(scope) : Fields.Example(scope);
        if (example is null)
        {
            return null;
        }

        IEnumerable<string> general = !selector.IsValid ? [FunctionRepairs.Missing(new Broken(selector.Text, scope)) ?? $"A selector is a condition on {Fields.All}."]
            : [.. SelectorLint.UnknownConstants(selector, scope).Select(c => c.Problem(scope)), $"VM disks can be on {Phrases.Storages(Capable(scope))}."];
        return new([.. reasons.Count > 0 ? reasons : general], example, Effect(new Broken(example, scope)), IsExample: true);
    }

    private static IEnumerable<SelectorNode> Capable(SelectorScope scope) =>
        (scope.Candidates ?? []).Select(n => n with { Storages = [.. n.Storages.Where(s => s.Obstacle is null)] });

    private static string? Effect(Broken broken)
    {
        if (broken.Scope.Candidates is not { Count: > 0 } candidates)
        {
            return null;
        }

        if (broken.Matches.All(m => m.Matches.Count == 0))
        {
            return $"matches nothing: the storages are {Phrases.Storages(candidates)}";
        }

        var obstacles = Phrases.Obstacles(broken.Matches);
        return $"matches {Phrases.ByNode(broken.Matches)}{(obstacles.Length > 0 ? $"; {obstacles}" : "")}";
    }
}
