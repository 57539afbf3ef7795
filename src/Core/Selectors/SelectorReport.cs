using OmniScale.Crds;

namespace OmniScale.Core.Selectors;

/// <summary>The verdict on one selector.</summary>
/// <param name="Finding">Its message holds the statement, the notes and the hint.</param>
/// <param name="Nodes">What it matches on each candidate node; empty when that is not known.</param>
/// <param name="Notes">What is odd about a selector that works: whole sentences.</param>
public sealed record SelectorReport(StorageSelector Selector, Finding Finding, string Statement, IReadOnlyList<NodeMatches> Nodes, IReadOnlyList<string> Notes, SelectorHint? Hint)
{
    /// <summary>Judges a selector on the nodes that a VM can land on.</summary>
    public static SelectorReport Of(string text, SelectorScope scope)
    {
        var selector = StorageSelector.Compile(text);
        var nodes = selector.IsValid ? (scope.Candidates ?? []).Select(n => NodeMatches.Of(selector, n)).ToList() : [];
        var (verdict, reason, statement) = Judge(selector, scope, nodes);
        var notes = verdict != Verdict.False ? Remarks(selector, scope, nodes) : [];
        var hint = reason switch
        {
            SelectorReasons.NoCandidateNode => null,
            SelectorReasons.AmbiguousMatch => SelectorRepair.Run(selector, scope) ?? SelectorRepair.One(nodes, scope),
            _ => SelectorRepair.Run(selector, scope),
        };
        var message = string.Join(' ', [statement, .. notes, .. hint is null ? Array.Empty<string>() : [hint.ToString()]]);
        return new(selector, new(verdict, reason, message), statement, nodes, notes, hint);
    }

    private static (Verdict Verdict, string Reason, string Statement) Judge(StorageSelector selector, SelectorScope scope, List<NodeMatches> nodes)
    {
        var quoted = Phrases.Quote(selector.Text);
        if (!selector.IsValid)
        {
            return (Verdict.False, selector.ErrorReason!, $"{quoted} does not compile: {ErrorLine(selector)}.");
        }

        if (scope.Problem is { } problem)
        {
            return (problem.Verdict, problem.Reason, $"{quoted} compiles, but {problem.Message}");
        }

        if (scope.Candidates is null)
        {
            return (Verdict.Unknown, SelectorReasons.InventoryUnknown, $"{quoted} compiles; what it picks cannot be told before the inventory of Proxmox is known.");
        }

        if (nodes.Where(n => n.Errors.Count > 0).ToList() is { Count: > 0 } failing)
        {
            var (storage, error) = failing[0].Errors[0];
            var luck = failing.Any(n => n.Matches.Count > 0)
                ? " The provider stops at the first error, and Proxmox lists storages in random order: it works at times, when a match comes before the error."
                : "";
            return (Verdict.False, SelectorReasons.EvaluationError, $"{quoted} compiles, but fails on {storage.Name} on {Phrases.Nodes(failing)}: {error}.{luck}");
        }

        if (nodes.Where(n => n.Node.Storages.Count == 0).ToList() is { Count: > 0 } blind)
        {
            return (Verdict.False, SelectorReasons.NoMatch,
                $"{quoted} matches nothing on {Phrases.Nodes(blind)}: the account sees no storage there. It needs Datastore.Audit or Datastore.AllocateSpace on /storage.");
        }

        if (nodes.Where(n => n.Matches.Count == 0).ToList() is { Count: > 0 } without)
        {
            var others = nodes.Except(without).ToList();
            return (Verdict.False, SelectorReasons.NoMatch, others.Count == 0
                ? $"{quoted} matches no storage on {Phrases.Nodes(without)}; there are {Phrases.Storages(without.Select(n => n.Node))}."
                : $"{quoted} matches no storage on {Phrases.Nodes(without)}, where a VM may land too (it matches {Phrases.ByNode(others)}); there are {Phrases.Storages(without.Select(n => n.Node))}.");
        }

        if (nodes.Where(n => !n.Eligible.Any()).ToList() is { Count: > 0 } ineligible)
        {
            return (Verdict.False, SelectorReasons.IneligibleStorage, $"{quoted} matches no storage that can take a disk on {Phrases.Nodes(ineligible)}: {Phrases.Obstacles(ineligible)}.");
        }

        if (scope.Unread.Count > 0)
        {
            return (Verdict.Unknown, SelectorReasons.InventoryUnknown,
                $"{(nodes.Count > 0 ? $"{quoted} matches {Phrases.ByNode(nodes)}" : $"{quoted} compiles")}; the storages of {Phrases.Some(scope.Unread, "nodes")} could not be read.");
        }

        return nodes.Any(n => n.Matches.Count > 1)
            ? (Verdict.True, SelectorReasons.AmbiguousMatch, $"{quoted} matches {Phrases.ByNode(nodes)}: where there are several, the provider takes whichever Proxmox happens to list first.")
            : (Verdict.True, SelectorReasons.Valid, $"{quoted} picks {Phrases.ByNode(nodes)}.");
    }

    private static List<string> Remarks(StorageSelector selector, SelectorScope scope, List<NodeMatches> nodes)
    {
        var notes = new List<string>();
        var all = nodes.SelectMany(n => n.Node.Storages).ToList();
        if (SelectorLint.Variables(selector).Count == 0)
        {
            notes.Add("It does not look at the storage at all.");
        }
        else if (all.Count > 1 && nodes.Any(n => n.Node.Storages.Count > 1) && nodes.Sum(n => n.Matches.Count) == all.Count)
        {
            notes.Add("It is true for every storage.");
        }

        var mixed = nodes.Where(n => n.Eligible.Any() && n.Matches.Any(s => s.Obstacle is not null)).ToList();
        if (mixed.Count > 0)
        {
            notes.Add($"Building a machine fails when the choice falls on one that cannot take the disk: {Phrases.Obstacles(mixed)}.");
        }

        if (nodes.Where(n => n.Matches.Count == 1).Select(n => n.Matches[0].Name).Distinct().Count() > 1)
        {
            notes.Add("The storage differs from node to node.");
        }

        notes.AddRange(SelectorLint.UnknownConstants(selector, scope).Select(c => c.Problem(scope)));
        var asleep = all.Where(s => s.Active && selector.Evaluate(s).Error is null).Select(s => selector.Evaluate(s with { Active = false }).Error).FirstOrDefault(e => e is not null);
        if (asleep is not null)
        {
            notes.Add($"It fails as soon as a storage is not active, whose availableSpace is 0: {asleep}.");
        }

        return notes;
    }

    /// <summary>The first error with its place, in the provider's words.</summary>
    private static string ErrorLine(StorageSelector selector)
    {
        if (selector.Error is not { } error)
        {
            return selector.ErrorText!;
        }

        var place = error.Line > 0 ? $"{error.Line}:{error.Column}: " : "";
        var more = selector.Errors.Count > 1 ? $" (and {selector.Errors.Count - 1} more)" : "";
        return $"{place}{error.Message.ReplaceLineEndings(" ")}{more}";
    }
}
