using System.Globalization;
using System.Text.Json;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using OmniScale.Bench.Cel;

// With "selectors" it prints them as JSON strings, for the other side. Otherwise the argument is that side's results: nanoseconds for
// compiling and for evaluating, one selector a line.
if (args is ["selectors"])
{
    foreach (var selector in Selectors.Typical)
    {
        Console.WriteLine(JsonSerializer.Serialize(selector));
    }

    return 0;
}

var config = ManualConfig.CreateMinimumViable()
    .AddJob(Job.ShortRun.WithToolchain(new InProcessEmitToolchain(TimeSpan.FromMinutes(5), logOutput: false)).WithIterationCount(8))
    .WithOptions(ConfigOptions.DisableLogFile);
var summary = BenchmarkRunner.Run<SelectorBenchmarks>(config);
if (args is not [var otherSide])
{
    return 0;
}

var lines = File.ReadAllLines(otherSide).Select(l => l.Split('\t')).ToList();
var logger = ConsoleLogger.Default;
logger.WriteLine("| selector | parse+check | cel-go | ratio | evaluate | cel-go | ratio |");
logger.WriteLine("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
var worst = 0.0;
for (var i = 0; i < Selectors.Typical.Length; i++)
{
    var (compile, evaluate) = (Mean(nameof(SelectorBenchmarks.Compile), i), Mean(nameof(SelectorBenchmarks.Evaluate), i));
    var (goCompile, goEvaluate) = (Number(lines[i][0]), Number(lines[i][1]));
    worst = Math.Max(worst, Math.Max(compile / goCompile, evaluate / goEvaluate));
    logger.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| `{Selectors.Typical[i].Replace("|", "\\|", StringComparison.Ordinal)}` | {compile / 1000:0.0} µs | {goCompile / 1000:0.0} µs | {compile / goCompile:0.00} | {evaluate:0} ns | {goEvaluate:0} ns | {evaluate / goEvaluate:0.00} |"));
}

logger.WriteLine(string.Create(CultureInfo.InvariantCulture, $"worst ratio: {worst:0.00} (below 1 is faster than cel-go)"));
return 0;

static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

double Mean(string method, int selector) => Find(method, selector).ResultStatistics!.Mean;

BenchmarkReport Find(string method, int selector) => summary.Reports.First(r =>
    r.BenchmarkCase.Descriptor.WorkloadMethod.Name == method && (int)r.BenchmarkCase.Parameters["Selector"] == selector);
