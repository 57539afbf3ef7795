using BenchmarkDotNet.Attributes;
using OmniScale.Cel;

namespace OmniScale.Bench.Cel;

/// <summary>Parsing and checking a selector, and evaluating a prepared one, in the environment of the storage provider.</summary>
[MemoryDiagnoser]
public class SelectorBenchmarks
{
    private static readonly CelEnvironment Environment = CelEnvironment.Create(b => b
        .Variable("name", CelType.String)
        .Variable("node", CelType.String)
        .Variable("storageType", CelType.String)
        .Variable("availableSpace", CelType.UInt));

    private readonly Storage _storage = new();
    private CelProgram? _program;

    [ParamsSource(nameof(Indexes))]
    public int Selector { get; set; }

    public static IEnumerable<int> Indexes => Enumerable.Range(0, Selectors.Typical.Length);

    [GlobalSetup]
    public void Prepare() => _program = Environment.Compile(Selectors.Typical[Selector]).Program;

    [Benchmark]
    public CelCompilation Compile() => Environment.Compile(Selectors.Typical[Selector]);

    [Benchmark]
    public CelResult Evaluate() => _program!.Evaluate(_storage);

    private sealed class Storage : ICelActivation
    {
        public CelValue Resolve(CelVariable variable) => variable.Index switch
        {
            0 => CelValue.String("vm_ssd"),
            1 => CelValue.String("pve1"),
            2 => CelValue.String("rbd"),
            _ => CelValue.UInt(13194139533312),
        };
    }
}
