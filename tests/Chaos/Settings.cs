using System.Globalization;

namespace OmniScale.Chaos;

/// <summary>What <c>OMNISCALE_CHAOS_…</c> variables say.</summary>
internal static class Settings
{
    /// <summary>Each run has a program of its own to feed, so that not many of them go at once.</summary>
    public static readonly SemaphoreSlim Turns = new(Math.Max(2, Environment.ProcessorCount));

    /// <summary>How long all may take to settle.</summary>
    public static TimeSpan Limit => TimeSpan.FromSeconds(Number("LIMIT", 60));

    public static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable($"OMNISCALE_CHAOS_{name}"), CultureInfo.InvariantCulture, out var value) ? value : otherwise;
}
