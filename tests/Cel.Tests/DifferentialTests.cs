using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OmniScale.Cel.Tests;

/// <summary>
/// Compares with the real cel-go. Runs only from hack/celgo/diff.sh, which builds the other side and names it in OMNISCALE_CELGO.
/// OMNISCALE_CELGO_COUNT is how many selectors to make up, OMNISCALE_CELGO_SEED from which seed.
/// </summary>
public class DifferentialTests(ITestOutputHelper output)
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public async Task Verdicts_OfMadeUpSelectors_AgreeWithCelGo()
    {
        if (Environment.GetEnvironmentVariable("OMNISCALE_CELGO") is not { } program)
        {
            Assert.Skip("OMNISCALE_CELGO is not set; run hack/celgo/diff.sh");
            return;
        }

        var count = Number("OMNISCALE_CELGO_COUNT", 10_000);
        var seed = Number("OMNISCALE_CELGO_SEED", 1);
        var generator = new SelectorGenerator(seed, Golden());
        var expressions = Enumerable.Range(0, count).Select(_ => generator.Next()).Distinct().ToList();
        var tally = new SortedDictionary<string, int>();
        var report = Path.Combine(Path.GetTempPath(), "celgo-differences.txt");
        await using var differences = new StreamWriter(report);
        await foreach (var expected in Judge(program, expressions))
        {
            var difference = Compare(expected);
            tally[difference] = tally.GetValueOrDefault(difference) + 1;
            if (difference != "same")
            {
                await differences.WriteLineAsync($"--- {difference}: {JsonSerializer.Serialize(expected.Expr, Plain)}\n{expected}\n{Describe(expected.Expr)}");
            }
        }

        foreach (var (kind, number) in tally)
        {
            output.WriteLine($"{number,8}  {kind}");
        }

        output.WriteLine($"seed {seed}; differences in {report}");
        var judged = tally.Values.Sum();
        Assert.Equal(expressions.Count, judged);
        var wrong = judged - tally.GetValueOrDefault("same") - tally.GetValueOrDefault("text only") - tally.Where(t => t.Key.StartsWith("known", StringComparison.Ordinal)).Sum(t => t.Value);
        Assert.True(wrong <= judged / 1000, $"{wrong} of {judged} verdicts differ");
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    private static List<string> Golden()
    {
        using var document = Conformance.Load("storage-selectors");
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("expr").GetString()!).Where(e => e.Length < 500)];
    }

    private static async IAsyncEnumerable<Verdict> Judge(string program, List<string> expressions)
    {
        using var process = Process.Start(new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var feeding = Task.Run(async () =>
        {
            foreach (var expression in expressions)
            {
                await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(expression));
            }

            process.StandardInput.Close();
        });
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var verdict = JsonSerializer.Deserialize<Verdict>(line, JsonSerializerOptions.Web)!;
            yield return verdict;
        }

        await feeding;
    }

    private static string Compare(Verdict expected)
    {
        var compilation = Storages.Environment.Compile(expected.Expr);
        var error = !compilation.IsValid ? compilation.ErrorText
            : compilation.OutputType!.Kind != CelTypeKind.Bool ? $"expression output type is {compilation.OutputType}, expected bool"
            : "";
        if (expected.Compiles != (error.Length == 0))
        {
            return expected.Error?.StartsWith("panic", StringComparison.Ordinal) == true
                ? "known: cel-go panics"
                : expected.Error?.Contains("for 'duration' applied to '(int)'", StringComparison.Ordinal) == true ? "known: duration(int)"
                : "compiles or not";
        }

        if (!expected.Compiles)
        {
            var first = compilation.Errors.Count == 0 ? (0, 0) : (compilation.Errors[0].Line, compilation.Errors[0].Column);
            return (expected.Line, expected.Column) != first ? "place of first error" : expected.Error != error ? "text only" : "same";
        }

        for (var i = 0; i < Storages.Samples.Length; i++)
        {
            var result = compilation.Program.Evaluate(Storages.Samples[i]);
            var actual = result.IsError ? $"error: {result.Error}" : result.Value.ToString();
            var wanted = expected.Results![i];
            if (actual != wanted)
            {
                return wanted.StartsWith("error: invalid RFC 3339 timestamp", StringComparison.Ordinal) && result.IsError ? "known: text of invalid timestamps"
                    : result.Error == "NaN values cannot be ordered" ? "known: order of NaN"
                    : result.IsError && wanted.StartsWith("error:", StringComparison.Ordinal) ? "text of evaluation error"
                    : "result";
            }
        }

        return "same";
    }

    private static string Describe(string expression)
    {
        var compilation = Storages.Environment.Compile(expression);
        return !compilation.IsValid ? compilation.ErrorText
            : string.Join(", ", Storages.Samples.Select(s => compilation.Program.Evaluate(s)).Select(r => r.IsError ? $"error: {r.Error}" : r.Value.ToString()));
    }

    private sealed record Verdict(string Expr, bool Compiles, string? Error, int Line, int Column, string[]? Results)
    {
        public override string ToString() => Compiles ? string.Join(", ", Results!) : Error!;
    }
}
