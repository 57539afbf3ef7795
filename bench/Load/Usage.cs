using System.Globalization;

namespace OmniScale.Bench.Load;

/// <summary>What the kernel says of a process.</summary>
/// <param name="PeakMB">The largest working set since the start or the last <see cref="ResetPeak"/>.</param>
/// <param name="Cpu">User and system time since the start.</param>
internal sealed record Usage(double PeakMB, TimeSpan Cpu)
{
    public static readonly Usage None = new(0, TimeSpan.Zero);

    private const int TicksPerSecond = 100;

    public static Usage Of(int process)
    {
        var peak = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal))
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1];
        // Behind the name, which may hold blanks, come the state as the third field and the times as the 14th and 15th.
        var stat = File.ReadAllText($"/proc/{process}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return new Usage(Number(peak) * 1024 / 1e6, TimeSpan.FromSeconds((Number(fields[11]) + Number(fields[12])) / TicksPerSecond));
    }

    public static void ResetPeak(int process) => File.WriteAllText($"/proc/{process}/clear_refs", "5");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
