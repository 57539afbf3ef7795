namespace OmniScale.Cel.Tests;

public class EnvironmentTests
{
    private static readonly CelType Disk = CelType.Object("Disk", new Dictionary<string, CelType> { ["size"] = CelType.UInt, ["label"] = CelType.String });

    private static readonly CelEnvironment Declared = CelEnvironment.Create(b => b
        .Variable("disk", Disk)
        .Variable("tags", CelType.Map(CelType.String, CelType.String))
        .Constant("GiB", CelType.UInt, CelValue.UInt(1 << 30))
        .Function("units.mib", CelType.UInt, [CelType.UInt], a => CelValue.UInt(a[0].AsUInt << 20))
        .Method("shout", CelType.String, [CelType.String], a => CelValue.String(a[0].AsString + "!"))
        .Function("fail", CelType.Bool, [], _ => CelValue.Error("it broke")));

    private sealed class Values : ICelActivation, ICelObject
    {
        public CelType Type => Disk;

        public CelValue Resolve(CelVariable variable) => variable.Name == "disk"
            ? CelValue.Object(this)
            : CelValue.Map([KeyValuePair.Create(CelValue.String("a"), CelValue.String("b"))]);

        public bool TryGetField(string name, out CelValue value)
        {
            value = name == "size" ? CelValue.UInt(5ul << 30) : default;
            return name == "size";
        }
    }

    [Theory]
    [InlineData("disk.size > 4u * GiB", "true")]
    [InlineData("disk.size == units.mib(5120u)", "true")]
    [InlineData("has(disk.label)", "false")]
    [InlineData("has(disk.size) && has(tags.a) && !has(tags.b)", "true")]
    [InlineData("tags.a.shout()", "b!")]
    [InlineData("disk.label", "no such key: label")]
    [InlineData("fail() || true", "true")]
    [InlineData("fail() || false", "it broke")]
    [InlineData("[1, 2].map(x, x * 2)", "[2, 4]")]
    [InlineData("{'a': 1}.map(k, k)", "[a]")]
    public void Declarations_OfTheCaller_AreUsable(string source, string expected)
    {
        var compilation = Declared.Compile(source);
        Assert.Equal("", compilation.ErrorText);
        var result = compilation.Program.Evaluate(new Values());
        Assert.Equal(expected, result.Error ?? result.Value.ToString());
    }

    [Theory]
    [InlineData("disk.sise", 1, 5, "undefined field 'sise'")]
    [InlineData("units.gib(1u)", 1, 1, "undeclared reference to 'units' (in container '')")]
    [InlineData("true &&\n 'a'.shout(1)", 2, 11, "found no matching overload for 'shout' applied to 'string.(int)'")]
    [InlineData("GiB.x", 1, 4, "type 'uint' does not support field selection")]
    public void Errors_SayWhereAndWhy(string source, int line, int column, string message) =>
        Assert.Equal(new CelError(line, column, message), Declared.Compile(source).Errors[0]);

    [Fact]
    public void Evaluation_StopsAtTheStepLimit_AndSaysSo()
    {
        var list = "[" + string.Join(", ", Enumerable.Range(0, 50)) + "]";
        var compilation = Declared.Compile($"{list}.all(a, {list}.all(b, {list}.all(c, a + b + c >= 0))) || true");
        var stopped = compilation.Program.Evaluate(new Values(), new CelLimits { MaxSteps = 1000 });
        Assert.True(stopped.StepLimitExceeded);
        Assert.Equal("evaluation stopped: too many steps", stopped.Error);
        Assert.True(compilation.Program.Evaluate(new Values()).IsTrue);
    }

    [Fact]
    public void Program_IsUsableByManyThreads()
    {
        var program = Storages.Environment.Compile("[name, node].map(x, x + '!').filter(x, x.matches('^[a-z]')).size() > 0").Program;
        Parallel.For(0, 1000, i => Assert.True(program.Evaluate(Storages.Samples[i % 7]).IsTrue));
    }

    [Fact]
    public void StandardFunctions_CannotBeRedefined() =>
        Assert.Throws<ArgumentException>(() => CelEnvironment.Create(b => b.Function("size", CelType.Int, [CelType.Int], a => a[0])));

    [Fact]
    public void Expression_ShowsNamesCallsAndConstantsWithTheirPlaces()
    {
        var call = Assert.IsType<CelCallExpr>(Storages.Environment.Compile("storageType == 'rbd'").Expression);
        Assert.Equal(("_==_", 12), (call.Function, call.Offset));
        Assert.Equal(("storageType", 0), (Assert.IsType<CelIdentExpr>(call.Args[0]).Name, call.Args[0].Offset));
        Assert.Equal(("rbd", 15), (Assert.IsType<CelConstantExpr>(call.Args[1]).Value.AsString, call.Args[1].Offset));
    }
}
