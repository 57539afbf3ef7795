namespace OmniScale.Operator.Controllers;

/// <summary>
/// Omni's reads, and the checks that it makes with them, are some milliseconds behind what was written and what its watches said. That is
/// waited for in the pass that meets it: to come back later would cost a status write and a backoff.
/// </summary>
internal static class ReadLag
{
    public static readonly TimeSpan[] Pauses = [.. new[] { 25, 50, 100, 200 }.Select(ms => TimeSpan.FromMilliseconds(ms))];
}
