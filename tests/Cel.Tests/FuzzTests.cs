using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OmniScale.Cel.Tests;

/// <summary>
/// Nothing that anybody can write crashes the engine, hangs it or takes unbounded memory. OMNISCALE_CEL_FUZZ sets the number of inputs
/// for a long run, OMNISCALE_CEL_SEED the seed that a failed run printed.
/// </summary>
public class FuzzTests(ITestOutputHelper output)
{
    private static readonly CelLimits Limits = new() { MaxSteps = 20_000 };

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    [Fact]
    public void RandomInput_NeverCrashesHangsOrGrows()
    {
        var count = Number("OMNISCALE_CEL_FUZZ", 10_000);
        var seed = Number("OMNISCALE_CEL_SEED", Environment.TickCount);
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var generator = new SelectorGenerator(seed, Golden());
        for (var i = 0; i < count; i++)
        {
            var text = random.Next(4) switch { 0 => Garbage(random), _ => generator.Next() };
            try
            {
                Run(text);
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                throw new InvalidOperationException($"seed {seed}, input {i}: {text}", error);
            }
        }
    }

    public static TheoryData<string, string> Monsters() => new()
    {
        { "parentheses", new string('(', 50_000) + "1" + new string(')', 49_000) },
        { "brackets", new string('[', 100_000) },
        { "braces", string.Concat(Enumerable.Repeat("{1:", 30_000)) },
        { "calls", string.Concat(Enumerable.Repeat("f(", 50_000)) },
        { "nots", new string('!', 99_999) + "a" },
        { "minuses", new string('-', 99_999) + "1" },
        { "minuses and spaces", string.Concat(Enumerable.Repeat("- ", 49_999)) + "x" },
        { "sum", "1" + string.Concat(Enumerable.Repeat("+1", 49_000)) },
        { "differences", "1" + string.Concat(Enumerable.Repeat("--1", 33_000)) },
        { "comparisons", "1" + string.Concat(Enumerable.Repeat("==1", 33_000)) },
        { "fields", "a" + string.Concat(Enumerable.Repeat(".a", 49_000)) },
        { "indexes", "a" + string.Concat(Enumerable.Repeat("[0]", 33_000)) },
        { "and", "true" + string.Concat(Enumerable.Repeat("&&true", 16_000)) },
        { "conditions", string.Concat(Enumerable.Repeat("true?1:", 14_000)) + "1" },
        { "bars", new string('|', 100_000) },
        { "commas", "[" + new string(',', 99_000) },
        { "list", "[" + string.Concat(Enumerable.Repeat("-1,", 33_000)) + "] ]" },
        { "quotes", new string('"', 99_999) },
        { "words", string.Concat(Enumerable.Repeat("a ", 50_000)) },
        { "message", "a" + string.Concat(Enumerable.Repeat(".a", 30_000)) + "{" },
        { "too long", new string('x', 100_001) },
        { "surrogates", new string('\ud800', 1000) },
        { "nested macros", Nested("[1,2,3,4,5,6,7,8,9].all({0}, {1})", 60) },
        { "doubled lists", "[1]" + string.Concat(Enumerable.Repeat(".map(x, [x, x])", 60)) + " == [2]" },
        { "compared sharing", "[[1]" + string.Concat(Enumerable.Repeat(".map(x, [x, x])", 60)) + ", [1]" + string.Concat(Enumerable.Repeat(".map(x, [x, x])", 60)) + "].all(x, x == [1])" },
        { "doubled strings", "['ab']" + string.Concat(Enumerable.Repeat(".map(x, x + x)", 100)) + ".size() == 1" },
        { "pattern", "name.matches('" + string.Concat(Enumerable.Repeat("(a?)", 5000)) + "')" },
        { "pattern size", "name.matches('" + string.Concat(Enumerable.Repeat("(.{1000})", 5000)) + "')" },
        { "pattern depth", "name.matches('" + new string('(', 90_000) + "')" },
        { "pattern on long text", "'" + new string('a', 40_000) + "'.matches('" + string.Concat(Enumerable.Repeat("a*", 20_000)) + "b')" },
    };

    [Theory]
    [MemberData(nameof(Monsters))]
    public void Monster_IsRefusedOrEvaluatedInTime(string label, string text)
    {
        var before = GC.GetTotalAllocatedBytes();
        var watch = Stopwatch.StartNew();

        // A small stack shows that depth is bounded by limits, not by luck.
        Exception? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    Run(text);
                }
                catch (Exception error)
                {
                    failure = error;
                }
            },
            1 << 20);
        thread.Start();
        Assert.True(thread.Join(TimeSpan.FromSeconds(30)), $"{label} takes too long");
        Assert.Null(failure);
        var allocated = (GC.GetTotalAllocatedBytes() - before) >> 20;
        output.WriteLine($"{label}: {watch.ElapsedMilliseconds} ms, {allocated} MiB");
    }

    private static void Run(string text)
    {
        var compilation = Storages.Environment.Compile(text);
        if (!compilation.IsValid)
        {
            Assert.NotEmpty(compilation.ErrorText);
            return;
        }

        foreach (var storage in Storages.Samples.Take(2))
        {
            var result = compilation.Program.Evaluate(storage, Limits);
            Assert.NotNull(result.Value.ToString());
        }
    }

    private static string Nested(string format, int depth)
    {
        var text = "true";
        for (var i = depth; i > 0; i--)
        {
            text = string.Format(CultureInfo.InvariantCulture, format, $"x{i}", text);
        }

        return text;
    }

    private static string Garbage(Random random)
    {
        const string alphabet = "abzXY019_ .,:;()[]{}<>=!&|+-*/%?'\"`\\\n\t\r#@~$éß日\u200b\ud83d\ude00";
        var builder = new StringBuilder();
        for (var left = random.Next(60); left > 0; left--)
        {
            builder.Append(random.Next(20) == 0 ? (char)random.Next(0x10000) : alphabet[random.Next(alphabet.Length)]);
        }

        return builder.ToString();
    }

    private static List<string> Golden()
    {
        using var document = Conformance.Load("storage-selectors");
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("expr").GetString()!).Where(e => e.Length < 500)];
    }
}
