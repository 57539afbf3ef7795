using System.Text.Json;

namespace OmniScale.Cel.Tests;

public class ConformanceTests(ITestOutputHelper output)
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var (name, test, excluded) in Conformance.All())
        {
            if (excluded is null)
            {
                data.Add(name, test.GetRawText());
            }
        }

        return data;
    }

    [Fact]
    public void Exclusions_AreMessagesOrKnownDifferencesOfCelGo()
    {
        var all = Conformance.All().ToList();
        foreach (var group in all.Where(c => c.Excluded is not null).GroupBy(c => c.Excluded))
        {
            output.WriteLine($"{group.Count()} excluded: {group.Key}");
        }

        output.WriteLine($"{all.Count(c => c.Excluded is null)} of {all.Count} run");
        Assert.Equal(5, all.Count(c => c.Excluded is not null and not "needs a protobuf message"));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Case_OfTheSpecification_Agrees(string name, string json)
    {
        using var document = JsonDocument.Parse(json);
        var test = document.RootElement;
        var unchecked_ = Flag(test, "disableCheck");
        var environment = CelEnvironment.Create(b => Declare(b, test));
        var source = test.GetProperty("expr").GetString()!;
        var compilation = unchecked_ ? environment.CompileUnchecked(source) : environment.Compile(source);
        var expectsError = test.TryGetProperty("evalError", out _);
        if (!compilation.IsValid)
        {
            Assert.True(expectsError, $"{name}: {source}\n{compilation.ErrorText}");
            return;
        }

        if (test.TryGetProperty("typedResult", out var typed) && typed.TryGetProperty("deducedType", out var type))
        {
            Assert.Equal(ProtoJson.Type(type).ToString(), compilation.OutputType!.ToString());
        }

        if (Flag(test, "checkOnly"))
        {
            return;
        }

        var result = compilation.Program.Evaluate(new Bindings(test));
        if (expectsError)
        {
            Assert.True(result.IsError, $"{name}: {source} yields {result.Value}");
            return;
        }

        var expected = test.TryGetProperty("value", out var value) ? ProtoJson.Value(value)
            : test.TryGetProperty("typedResult", out typed) ? ProtoJson.Value(typed.GetProperty("result"))
            : CelValue.True;
        Assert.False(result.IsError, $"{name}: {source}: {result.Error}");
        Assert.Equal(expected.Kind, result.Value.Kind);
        if (expected is not { Kind: CelKind.Double, AsDouble: double.NaN })
        {
            Assert.True(expected == result.Value, $"{name}: {source} yields {result.Value}, not {expected}");
        }
    }

    private static bool Flag(JsonElement test, string name) => test.TryGetProperty(name, out var flag) && flag.GetBoolean();

    private static void Declare(CelEnvironmentBuilder builder, JsonElement test)
    {
        if (test.TryGetProperty("container", out var container))
        {
            builder.Container(container.GetString()!);
        }

        // The specification's checker tests use these two of an extension, for their types only.
        var element = CelType.Parameter("T");
        var optional = CelType.Abstract("optional_type", element);
        builder.Function("optional.of", optional, [element], _ => CelValue.Error("not implemented"));
        builder.Function("optional.none", optional, [], _ => CelValue.Error("not implemented"));

        if (!test.TryGetProperty("typeEnv", out var declarations))
        {
            return;
        }

        foreach (var declaration in declarations.EnumerateArray())
        {
            var name = declaration.GetProperty("name").GetString()!;
            if (declaration.TryGetProperty("ident", out var ident))
            {
                builder.Variable(name, ProtoJson.Type(ident.GetProperty("type")));
                continue;
            }

            foreach (var overload in declaration.GetProperty("function").GetProperty("overloads").EnumerateArray())
            {
                var parameters = overload.TryGetProperty("params", out var list) ? list.EnumerateArray().Select(ProtoJson.Type).ToList() : [];
                var result = ProtoJson.Type(overload.GetProperty("resultType"));
                builder.Function(name, result, parameters, _ => CelValue.Error("not implemented"));
            }
        }
    }

    private sealed class Bindings(JsonElement test) : ICelActivation
    {
        public CelValue Resolve(CelVariable variable) =>
            test.TryGetProperty("bindings", out var bindings) && bindings.TryGetProperty(variable.Name, out var binding)
                ? ProtoJson.Value(binding.GetProperty("value"))
                : CelValue.Error($"no such attribute(s): {variable.Name}");
    }
}
