using OmniScale.Cel;
using OmniScale.Crds;

namespace OmniScale.Core.Selectors;

/// <summary>A storage selector, compiled as the provider compiles it: parsed, checked, and its type must be bool and nothing that might be one at run time.</summary>
public sealed class StorageSelector
{
    /// <summary>The provider's environment: these variables and CEL's standard library, without any extension.</summary>
    public static readonly CelEnvironment Environment = CelEnvironment.Create(b => b
        .Variable("name", CelType.String)
        .Variable("node", CelType.String)
        .Variable("storageType", CelType.String)
        .Variable("availableSpace", CelType.UInt));

    /// <summary>What the type check reports; everything else is found before it.</summary>
    private static readonly string[] TypeErrors =
        ["undeclared reference to", "found no matching overload", "expected type", "expression of type", "type '", "undefined field"];

    private readonly CelCompilation compilation;

    private StorageSelector(string text)
    {
        Text = text;
        compilation = Environment.Compile(text);
    }

    public string Text { get; }

    public bool IsValid => compilation.IsValid && compilation.OutputType!.Kind == CelTypeKind.Bool;

    /// <summary>The first error's place and words; null for a selector that is valid or only yields something else than a bool.</summary>
    public CelError? Error => compilation.IsValid ? null : compilation.Errors[0];

    /// <summary>In the order of their places; empty for a selector that only yields something else than a bool.</summary>
    public IReadOnlyList<CelError> Errors => compilation.Errors;

    /// <summary>All errors in the provider's own words and layout; null for a valid selector.</summary>
    public string? ErrorText =>
        !compilation.IsValid ? compilation.ErrorText
        : !IsValid ? $"expression output type is {compilation.OutputType}, expected bool"
        : null;

    /// <summary><see cref="SelectorReasons.SyntaxError"/> or <see cref="SelectorReasons.TypeError"/>; null for a valid selector.</summary>
    public string? ErrorReason =>
        IsValid ? null
        : Error is { } error && !TypeErrors.Any(text => error.Message.StartsWith(text, StringComparison.Ordinal)) ? SelectorReasons.SyntaxError
        : SelectorReasons.TypeError;

    /// <summary>The type of the expression when it compiles but does not yield a bool.</summary>
    internal CelType? OutputType => compilation.OutputType;

    internal CelExpr? Expression => compilation.Expression;

    public static StorageSelector Compile(string text) => new(text);

    /// <exception cref="InvalidOperationException">The selector is not valid.</exception>
    public SelectorResult Evaluate(SelectorStorage storage)
    {
        var result = compilation.Program.Evaluate(storage);
        return new(result.IsTrue, result.Error);
    }

    /// <summary>What the provider does on a node: the first storage in the order given that is true; an error ends the search.</summary>
    public SelectorPick Pick(IReadOnlyList<SelectorStorage> storages)
    {
        // Without storages the provider never gets to compile the expression.
        if (storages.Count > 0 && ErrorText is { } error)
        {
            return new(null, error);
        }

        foreach (var storage in storages)
        {
            var result = Evaluate(storage);
            if (result.Matches || result.Error is not null)
            {
                return new(result.Matches ? storage : null, result.Error);
            }
        }

        return new(null, SelectorPick.NoMatches);
    }
}

/// <param name="Error">An evaluation error in the provider's own words.</param>
public readonly record struct SelectorResult(bool Matches, string? Error);

/// <summary>A storage, or why there is none.</summary>
public sealed record SelectorPick(SelectorStorage? Storage, string? Error)
{
    public const string NoMatches = "no matches";
}
