namespace OmniScale.Runtime;

/// <summary>Which objects a reflector follows, and its patience. In its namespace a store has no other source.</summary>
public sealed record ReflectorOptions
{
    /// <summary>Null follows all namespaces.</summary>
    public string? Namespace { get; init; }

    public string? LabelSelector { get; init; }

    public string? FieldSelector { get; init; }

    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromSeconds(0.8);

    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The server is asked to end each watch after a random time between this and <see cref="LongestWatch"/>.</summary>
    public TimeSpan ShortestWatch { get; init; } = TimeSpan.FromSeconds(300);

    public TimeSpan LongestWatch { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>A watch on which nothing came for so long, not even a bookmark, is opened anew: the connection may be dead.</summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromMinutes(3);
}
