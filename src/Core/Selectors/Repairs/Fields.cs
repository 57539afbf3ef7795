namespace OmniScale.Core.Selectors.Repairs;

/// <summary>What a selector can see, and what people call it.</summary>
internal static class Fields
{
    public const string All = "name, node, storageType and availableSpace";

    private static readonly Dictionary<string, string[]> Aliases = new()
    {
        ["name"] = ["name", "storagename", "storage", "storageid", "id", "pool", "poolname", "datastore", "volume"],
        ["node"] = ["node", "nodename", "host", "hostname", "server"],
        ["storageType"] = ["storagetype", "type", "kind", "plugintype", "backend", "driver", "storageclass", "stype"],
        ["availableSpace"] = ["availablespace", "available", "avail", "free", "freespace", "freebytes", "availablebytes", "diskspace", "space", "size", "capacity", "bytes"],
    };

    private static readonly HashSet<string> Hidden =
        ["content", "contents", "contenttype", "shared", "active", "enabled", "disabled", "disable", "status", "used", "usedspace", "total", "totalspace", "path", "tags", "nodes", "ssd", "thin"];

    public static bool IsVariable(string word) => word is "name" or "node" or "storageType" or "availableSpace";

    public static bool IsLiteral(string word) => word is "true" or "false" or "null" or "in";

    /// <summary>Properties of a storage that the provider does not show to selectors.</summary>
    public static bool IsHidden(string word) => Hidden.Contains(Plain(word));

    /// <summary>The variable that a word stands for; null when it stands for none.</summary>
    public static string? Resolve(string word)
    {
        var plain = Plain(word);
        return Aliases.FirstOrDefault(a => a.Value.Contains(plain)).Key
            ?? (plain.Length > 3 && !Hidden.Contains(plain) ? Aliases.Keys.FirstOrDefault(k => NearNames.Distance(plain, k.ToLowerInvariant()) <= (k.Length > 6 ? 2 : 1)) : null);
    }

    public static string Meaning(string variable) => variable switch
    {
        "name" => "the storage's name",
        "node" => "the node's name",
        "storageType" => "the storage type",
        _ => "the free space in bytes",
    };

    /// <summary>The variable that a text is probably to be compared with.</summary>
    public static string FieldOf(string value, SelectorScope scope) =>
        scope.Names.Contains(value) ? "name"
        : scope.Types.Contains(value) || StorageTypes.IsKnown(value) || (StorageTypes.Meant(value).Count > 0 && value != "local") ? "storageType"
        : scope.Nodes.Contains(value) ? "node"
        : "name";

    /// <summary>A selector of one storage that can hold disks, on as many of the candidate nodes as there is one; null when no storage is known to.</summary>
    public static string? Suggest(SelectorScope scope) => (scope.Candidates ?? [])
        .SelectMany(n => n.Storages)
        .Where(s => s.Obstacle is null)
        .GroupBy(s => s.Name)
        .OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal)
        .Select(g => $"name == \"{g.Key}\"")
        .FirstOrDefault();

    /// <summary>As <see cref="Suggest"/>; without knowledge of the cluster, the storage of a stock installation.</summary>
    public static string Example(SelectorScope scope) => Suggest(scope) ?? "name == \"local-lvm\"";

    private static string Plain(string word) => word.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
