namespace OmniScale.Chaos;

internal static class Maps
{
    /// <summary>The value of a label or annotation; null when it is not there, or nothing is.</summary>
    public static string? Value(this IDictionary<string, string>? map, string key) => map is not null && map.TryGetValue(key, out var value) ? value : null;
}
