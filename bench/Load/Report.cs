using System.Globalization;

namespace OmniScale.Bench.Load;

/// <summary>Collects the figures, shows progress on standard error, and prints the table.</summary>
internal sealed class Report
{
    private readonly long began = TimeProvider.System.GetTimestamp();
    private readonly List<(string What, string Value, string Target, bool Met)> targets = [];
    private readonly List<(string Part, string What, double Value)> figures = [];
    private readonly List<(string Name, double Seconds, double CpuSeconds, double PeakMB)> phases = [];

    /// <summary>The largest working set that the operator may have.</summary>
    private const double PeakLimitMB = 300;

    public void Progress(string what) => Console.Error.WriteLine(Invariant($"{TimeProvider.System.GetElapsedTime(began).TotalSeconds,6:0.0} s  {what}"));

    public void Ratio(string what, double value, double atLeast) => targets.Add((what, Invariant($"{value:0.00}"), Invariant($"at least {atLeast:0.0}"), value >= atLeast));

    public void AtMost(string what, double value, double limit, string unit) =>
        targets.Add((what, Invariant($"{value:0.#} {unit}").TrimEnd(), Invariant($"at most {limit:0.#} {unit}").TrimEnd(), value <= limit));

    public void Add(string part, string what, double value) => figures.Add((part, what, value));

    /// <summary>A phase of the operator.</summary>
    public void Phase(string name, Usage before, Usage after, TimeSpan took) => Phase(name, took, after.Cpu - before.Cpu, after.PeakMB);

    public void Phase(string name, TimeSpan took, TimeSpan cpu, double peakMB) => phases.Add((name, took.TotalSeconds, cpu.TotalSeconds, peakMB));

    public void Print(int clusters)
    {
        AtMost("(d) peak working set of the operator", phases.Max(p => p.PeakMB), PeakLimitMB, "MB");
        Console.WriteLine(Invariant($"\n{clusters} clusters, {Environment.ProcessorCount} processors\n"));
        Console.WriteLine("| measure | value | target | met |\n| --- | ---: | ---: | --- |");
        foreach (var (what, value, target, met) in targets.OrderBy(t => t.What, StringComparer.Ordinal))
        {
            Console.WriteLine($"| {what} | {value} | {target} | {(met ? "yes" : "NO")} |");
        }

        Console.WriteLine("\n| part | figure | value |\n| --- | --- | ---: |");
        foreach (var (part, what, value) in figures.OrderBy(f => f.Part, StringComparer.Ordinal))
        {
            Console.WriteLine(Invariant($"| ({part}) | {what} | {value:0.##} |"));
        }

        Console.WriteLine("\n| phase | seconds | CPU seconds | peak working set, MB |\n| --- | ---: | ---: | ---: |");
        foreach (var (name, seconds, cpu, peak) in phases)
        {
            Console.WriteLine(Invariant($"| {name} | {seconds:0.00} | {cpu:0.00} | {peak:0} |"));
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
