namespace OmniScale.Cel.Checking;

/// <summary>What an identifier stands for: a variable, a local of a macro, a constant or a type name.</summary>
internal sealed class Declaration(string name, CelType type)
{
    public string Name { get; } = name;

    public CelType Type { get; } = type;

    public CelVariable? Variable { get; init; }

    public CelValue? Constant { get; init; }
}

/// <summary>One signature of a function. A member's first argument is its receiver.</summary>
internal sealed class Overload(bool member, CelType[] arguments, CelType result, CelFunction? implementation = null)
{
    public bool IsMember { get; } = member;

    public CelType[] Arguments { get; } = arguments;

    public CelType Result { get; } = result;

    /// <summary>Null for the standard library, whose functions dispatch by name.</summary>
    public CelFunction? Implementation { get; } = implementation;

    public bool IsGeneric { get; } = result.HasTypeParam || Array.Exists(arguments, a => a.HasTypeParam);

    /// <summary>A comparison of different numeric types, which is not offered at check time outside of macros.</summary>
    public bool MixesNumbers { get; init; }
}

internal sealed class FunctionDeclaration(string name, IReadOnlyList<Overload> overloads)
{
    public string Name { get; } = name;

    public IReadOnlyList<Overload> Overloads { get; } = overloads;
}
