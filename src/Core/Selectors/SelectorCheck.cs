using System.Text.Json.Nodes;
using OmniScale.Crds;
using OmniScale.Proxmox;

namespace OmniScale.Core.Selectors;

/// <summary>StorageSelectorValid of a machine class.</summary>
/// <param name="Picks">Where the disks can go, for each disk and candidate node where that is known.</param>
public sealed record SelectorJudgement(Finding Finding, IReadOnlyList<StoragePick> Picks)
{
    /// <summary>The text of a selector is wrong, whatever storages there are.</summary>
    public bool IsTextError => Finding.Reason is SelectorReasons.SyntaxError or SelectorReasons.TypeError;
}

/// <summary>Judges the storage selectors of a machine class as its provider will.</summary>
public static class SelectorCheck
{
    private const int MaxPicks = 1024;
    private const int MaxStorages = 64;

    /// <summary>The gravest first: what is told as the reason when disks differ.</summary>
    private static readonly string[] Reasons =
    [
        SelectorReasons.SyntaxError, SelectorReasons.TypeError, SelectorReasons.NoCandidateNode, SelectorReasons.EvaluationError, SelectorReasons.NoMatch,
        SelectorReasons.IneligibleStorage, SelectorReasons.InventoryUnknown, SelectorReasons.AmbiguousMatch, SelectorReasons.Valid,
    ];

    /// <param name="inventory">Null when it was never read: what needs it is Unknown then, and errors in the text are found all the same.</param>
    public static SelectorJudgement Judge(MachineClassSpec spec, ProxmoxInventory? inventory)
    {
        if (spec.MatchLabels is not null)
        {
            return new(Finding.True(SelectorReasons.NotApplicable, "a class with matchLabels builds no disks"), []);
        }

        var scope = SelectorScope.Of(inventory, Text(spec.ProviderData, "node") ?? spec.Node);
        var reports = Disks(spec).Select(d => (d.Disk, Report: SelectorReport.Of(d.Selector, scope))).ToList();
        return new(Combine(reports), [.. reports.SelectMany(r => Picks(r.Disk, r.Report)).Take(MaxPicks)]);
    }

    private static Finding Combine(List<(string Disk, SelectorReport Report)> reports)
    {
        var worst = reports.MinBy(r => Array.IndexOf(Reasons, r.Report.Finding.Reason)).Report.Finding;
        var told = reports.Where(r => r.Report.Finding.Verdict == worst.Verdict).GroupBy(r => r.Report.Finding.Message).ToList();
        return worst with
        {
            Message = reports.Count == 1 || (told.Count == 1 && told[0].Count() == reports.Count)
                ? worst.Message
                : string.Join(' ', told.Select(g => $"{Label([.. g.Select(r => r.Disk)])}: {g.Key}")),
        };
    }

    private static string Label(IReadOnlyList<string> disks)
    {
        var further = disks.Where(d => d != StoragePick.SystemDisk).ToList();
        var text = further.Count == 0 ? "" : $"additional disk{(further.Count > 1 ? "s" : "")} {Phrases.And(further)}";
        return further.Count == disks.Count ? char.ToUpperInvariant(text[0]) + text[1..] : further.Count == 0 ? "System disk" : $"System disk and {text}";
    }

    private static IEnumerable<StoragePick> Picks(string disk, SelectorReport report) =>
        from node in report.Nodes
        let storages = node.Eligible.Select(s => s.Name).Take(MaxStorages).ToList()
        where storages.Count > 0
        select new StoragePick { Disk = disk, Node = node.Node.Name, Storages = storages };

    /// <summary>The disks with their selectors. The provider's own keys win over the fields, as they do in what Omni gets.</summary>
    private static IEnumerable<(string Disk, string Selector)> Disks(MachineClassSpec spec)
    {
        yield return (StoragePick.SystemDisk, Text(spec.ProviderData, "storage_selector") ?? spec.StorageSelector ?? "");
        var further = spec.ProviderData?["additional_disks"] is JsonArray disks
            ? disks.Select(d => Text(d as JsonObject, "storage_selector"))
            : (spec.AdditionalDisks ?? []).Select(d => (string?)d.StorageSelector);
        foreach (var (index, selector) in further.Index())
        {
            yield return ((index + 1).ToString(System.Globalization.CultureInfo.InvariantCulture), selector ?? "");
        }
    }

    private static string? Text(JsonObject? data, string key) => data?[key] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
