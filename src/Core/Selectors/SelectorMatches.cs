namespace OmniScale.Core.Selectors;

/// <summary>What a valid selector does on one node.</summary>
/// <param name="Matches">The storages that it is true for, by name.</param>
/// <param name="Errors">The storages on which evaluating it fails, and how.</param>
public sealed record NodeMatches(SelectorNode Node, IReadOnlyList<SelectorStorage> Matches, IReadOnlyList<(SelectorStorage Storage, string Error)> Errors)
{
    /// <summary>The matches that can hold a disk at present.</summary>
    public IEnumerable<SelectorStorage> Eligible => Matches.Where(s => s.Obstacle is null);

    /// <summary>What came of one of the node's storages.</summary>
    public SelectorResult Result(SelectorStorage storage) => new(Matches.Contains(storage), Errors.FirstOrDefault(e => e.Storage == storage).Error);

    public static NodeMatches Of(StorageSelector selector, SelectorNode node)
    {
        var results = node.Storages.OrderBy(s => s.Name, StringComparer.Ordinal).Select(s => (Storage: s, Result: selector.Evaluate(s))).ToList();
        return new(node, [.. results.Where(r => r.Result.Matches).Select(r => r.Storage)], [.. results.Where(r => r.Result.Error is not null).Select(r => (r.Storage, r.Result.Error!))]);
    }
}

/// <summary>Says in words what selectors match.</summary>
internal static class Phrases
{
    private const int MaxNames = 8;
    private const int MaxSelector = 300;

    /// <summary>A selector as it is quoted in a message.</summary>
    public static string Quote(string selector)
    {
        var line = selector.ReplaceLineEndings(" ");
        return line.Length > MaxSelector ? $"'{line[..MaxSelector]}…'" : $"'{line}'";
    }

    /// <summary><c>a</c>, <c>a and b</c>, <c>a, b and c</c>.</summary>
    public static string And(IReadOnlyList<string> names, string word = "and") =>
        names.Count < 2 ? string.Concat(names) : $"{string.Join(", ", names.Take(names.Count - 1))} {word} {names[^1]}";

    public static string Nodes(IEnumerable<NodeMatches> nodes) => Some([.. nodes.Select(n => n.Node.Name)], "nodes");

    public static string Some(IReadOnlyList<string> names, string what) =>
        names.Count <= MaxNames ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MaxNames))} and {names.Count - MaxNames} more {what}";

    /// <summary><c>vm_ssd on foxtrot, golf; nothing on hotel</c>.</summary>
    public static string ByNode(IReadOnlyList<NodeMatches> nodes, string nothing = "nothing", string word = "and") => string.Join("; ",
        nodes.GroupBy(n => And([.. n.Matches.Select(s => s.Name)], word)).OrderByDescending(g => g.Key.Length > 0).Select(g => $"{(g.Key.Length > 0 ? g.Key : nothing)} on {Nodes(g)}"));

    /// <summary><c>local (dir), vm_ssd (rbd)</c>: the storages of some nodes.</summary>
    public static string Storages(IEnumerable<SelectorNode> nodes) =>
        Some([.. nodes.SelectMany(n => n.Storages).Select(s => $"{s.Name} ({s.Type})").Distinct().Order(StringComparer.Ordinal)], "storages");

    /// <summary><c>local cannot hold VM disks (…)</c> for each storage that has an obstacle; the same one is told once, with its nodes if it is not on all.</summary>
    public static string Obstacles(IReadOnlyCollection<NodeMatches> nodes) => string.Join("; ",
        nodes.SelectMany(n => n.Matches.Where(s => s.Obstacle is not null).Select(s => (Node: n, Text: $"{s.Name} {s.Obstacle}")))
            .GroupBy(o => o.Text).Select(g => g.Count() == nodes.Count ? g.Key : $"on {Nodes(g.Select(o => o.Node))} {g.Key}"));
}
