namespace OmniScale.Crds.Schema;

// What the CRD generator reads beside System.ComponentModel's attributes and the docstrings.

/// <summary>A CEL rule that the API server enforces. Standard CEL only, so that it can be evaluated offline too.</summary>
/// <param name="expression">True for what is allowed; <c>self</c> is the value, <c>oldSelf</c> the stored one.</param>
/// <param name="message">What the user reads when it is false.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Property, AllowMultiple = true)]
public sealed class RuleAttribute(string expression, string message) : Attribute
{
    public string Expression { get; } = expression;

    public string Message { get; } = message;

    /// <summary>The field that the API server names beside the message, such as <c>.spec.name</c>; below the value that the rule is about.</summary>
    public string? FieldPath { get; init; }
}

/// <summary>A list whose entries are told apart by a field, so that server-side apply merges them one by one.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListMapAttribute(string key) : Attribute
{
    public string Key { get; } = key;
}

/// <summary>A list in which nothing stands twice.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListSetAttribute : Attribute;

/// <summary>Content that the schema does not describe: an object, and with <see cref="AnyType"/> a list or text too.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class FreeFormAttribute : Attribute
{
    public bool AnyType { get; init; }
}

/// <summary>Bounds of a map of strings or of the strings in a list.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ItemLengthAttribute(int max) : Attribute
{
    public int Max { get; } = max;

    public int Min { get; init; }
}

/// <summary>A column of <c>kubectl get</c>, in the order of the attributes; Age follows by itself.</summary>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class PrinterColumnAttribute(string name, string jsonPath, string type = "string") : Attribute
{
    public string Name { get; } = name;

    public string JsonPath { get; } = jsonPath;

    public string Type { get; } = type;

    /// <summary>Shown with <c>-o wide</c> only.</summary>
    public bool Wide { get; init; }
}

/// <summary>A short name for kubectl.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ShortNameAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}
