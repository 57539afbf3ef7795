using System.Collections.Frozen;
using OmniScale.Cel.Checking;

namespace OmniScale.Cel;

/// <summary>A declared variable. <paramref name="Index"/> is the order of declaration.</summary>
public sealed record CelVariable(string Name, CelType Type, int Index);

/// <summary>What an expression may refer to: the standard library, and the variables, constants and functions that the caller declares.</summary>
public sealed class CelEnvironment
{
    private readonly FrozenDictionary<string, Declaration> _idents;
    private readonly FrozenDictionary<string, FunctionDeclaration> _functions;

    internal CelEnvironment(string container, IReadOnlyList<CelVariable> variables, Dictionary<string, Declaration> idents, Dictionary<string, FunctionDeclaration> functions)
    {
        Container = container;
        Variables = variables;
        _idents = idents.ToFrozenDictionary();
        _functions = functions.ToFrozenDictionary();
    }

    public static CelEnvironment Create(Action<CelEnvironmentBuilder> declare)
    {
        var builder = new CelEnvironmentBuilder();
        declare(builder);
        return builder.Build();
    }

    /// <summary>The namespace in which names are looked up first.</summary>
    public string Container { get; }

    public IReadOnlyList<CelVariable> Variables { get; }

    /// <summary>Parses and checks an expression. Bad input is reported in the result, never thrown.</summary>
    public CelCompilation Compile(string source) => CelCompilation.Create(source, this, check: true);

    internal CelCompilation CompileUnchecked(string source) => CelCompilation.Create(source, this, check: false);

    internal Declaration? FindIdent(string name) => Find(_idents, name);

    internal FunctionDeclaration? FindFunction(string name) => Find(_functions, name);

    private T? Find<T>(FrozenDictionary<string, T> table, string name)
        where T : class
    {
        if (name.StartsWith('.'))
        {
            return table.GetValueOrDefault(name[1..]);
        }

        for (var container = Container; container.Length > 0; container = container[..Math.Max(0, container.LastIndexOf('.'))])
        {
            if (table.TryGetValue($"{container}.{name}", out var found))
            {
                return found;
            }
        }

        return table.GetValueOrDefault(name);
    }
}

/// <summary>Collects the declarations of an environment.</summary>
public sealed class CelEnvironmentBuilder
{
    private readonly List<CelVariable> _variables = [];
    private readonly Dictionary<string, Declaration> _idents = StandardLibrary.Types.ToDictionary(d => d.Name);
    private readonly Dictionary<string, FunctionDeclaration> _functions = StandardLibrary.Functions.ToDictionary(f => f.Name);
    private string _container = "";

    internal CelEnvironmentBuilder()
    {
    }

    public CelEnvironmentBuilder Container(string name)
    {
        _container = name;
        return this;
    }

    /// <summary>Declares a variable. The name may be qualified (<c>a.b</c>).</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public CelEnvironmentBuilder Variable(string name, CelType type)
    {
        var variable = new CelVariable(name, type, _variables.Count);
        _idents.Add(name, new Declaration(name, type) { Variable = variable });
        _variables.Add(variable);
        return this;
    }

    /// <summary>Declares a name for a value.</summary>
    /// <exception cref="ArgumentException">The name is taken.</exception>
    public CelEnvironmentBuilder Constant(string name, CelType type, CelValue value)
    {
        _idents.Add(name, new Declaration(name, type) { Constant = value });
        return this;
    }

    /// <summary>Declares an overload of a function called as <c>name(a, b)</c>.</summary>
    /// <exception cref="ArgumentException">The name belongs to the standard library.</exception>
    public CelEnvironmentBuilder Function(string name, CelType result, IReadOnlyList<CelType> arguments, CelFunction implementation) =>
        Add(name, new Overload(member: false, [.. arguments], result, implementation));

    /// <summary>Declares an overload of a function called as <c>a.name(b)</c>; the first argument is the receiver.</summary>
    /// <exception cref="ArgumentException">The name belongs to the standard library.</exception>
    public CelEnvironmentBuilder Method(string name, CelType result, IReadOnlyList<CelType> arguments, CelFunction implementation) =>
        Add(name, new Overload(member: true, [.. arguments], result, implementation));

    internal CelEnvironment Build() => new(_container, [.. _variables], _idents, _functions);

    private CelEnvironmentBuilder Add(string name, Overload overload)
    {
        if (_functions.TryGetValue(name, out var existing) && existing.Overloads[0].Implementation is null)
        {
            throw new ArgumentException($"{name} is a function of the standard library", nameof(name));
        }

        _functions[name] = new FunctionDeclaration(name, [.. existing?.Overloads ?? [], overload]);
        return this;
    }
}
