using System.Text.Json;

namespace OmniScale.Cel.Tests;

/// <summary>Verdicts of cel-go 0.27.0 on storage selectors.</summary>
public class StorageSelectorTests(ITestOutputHelper output)
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        using var document = Conformance.Load("storage-selectors");
        foreach (var test in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            var expr = test.GetProperty("expr").GetString()!;
            data.Add(expr.Length > 80 ? $"{expr[..80]}… ({expr.Length})" : expr, test.GetRawText());
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Selector_GetsTheVerdictOfCelGo(string label, string json)
    {
        using var document = JsonDocument.Parse(json);
        var test = document.RootElement;
        var compilation = Storages.Environment.Compile(test.GetProperty("expr").GetString()!);
        var verdict = Verdict(compilation);
        var compiles = test.GetProperty("compiles").GetBoolean();
        Assert.True(compiles == verdict is null, $"{label}: {verdict ?? "compiles"}");
        if (!compiles)
        {
            Assert.Equal(Place(test.GetProperty("error").GetString()!), Place(verdict!));
            return;
        }

        string? pick = null;
        string? pickError = null;
        foreach (var storage in Storages.Samples)
        {
            var result = compilation.Program.Evaluate(storage);
            var expected = test.GetProperty("results").GetProperty(storage.Name);
            Assert.Equal(
                expected.ValueKind == JsonValueKind.String ? expected.GetString() : expected.GetBoolean() ? "true" : "false",
                result.IsError ? result.Error : result.Value.ToString());
            if (pick is null && pickError is null)
            {
                pick = result.IsTrue ? storage.Name : null;
                pickError = result.Error;
            }
        }

        Assert.Equal(test.TryGetProperty("pick", out var expectedPick) ? expectedPick.GetString() : null, pick);
        if (test.TryGetProperty("pickError", out var expectedError))
        {
            Assert.Equal(expectedError.GetString(), pickError ?? "<no match>");
        }
    }

    [Fact]
    public void Errors_AgreeWordForWord_InAtLeast98Of100()
    {
        using var document = Conformance.Load("storage-selectors");
        var (cases, same) = (0, 0);
        foreach (var test in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            if (test.GetProperty("compiles").GetBoolean())
            {
                continue;
            }

            cases++;
            var expr = test.GetProperty("expr").GetString()!;
            var expected = test.GetProperty("error").GetString()!;
            var actual = Verdict(Storages.Environment.Compile(expr)) ?? "compiles";
            same += expected == actual ? 1 : 0;
            if (expected != actual)
            {
                output.WriteLine($"--- {expr}\nexpected:\n{expected}\nactual:\n{actual}");
            }
        }

        output.WriteLine($"{same} of {cases} texts agree");
        Assert.True(same >= cases * 0.98, $"{same} of {cases}");
    }

    private static string? Verdict(CelCompilation compilation) =>
        !compilation.IsValid ? compilation.ErrorText
        : compilation.OutputType!.Kind != CelTypeKind.Bool ? $"expression output type is {compilation.OutputType}, expected bool"
        : null;

    /// <summary>Line and column of the first error; the whole text when it has none.</summary>
    private static string Place(string error) =>
        error.StartsWith("ERROR: ", StringComparison.Ordinal) ? string.Join(':', error.Split(':')[2..4]) : error;
}
