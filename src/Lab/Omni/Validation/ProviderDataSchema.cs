using System.Collections.Concurrent;
using NJsonSchema;
using NJsonSchema.Validation;

namespace OmniScale.Lab.Omni.Validation;

/// <summary>Provider data against the JSON schema that its provider has published.</summary>
internal static class ProviderDataSchema
{
    private static readonly ConcurrentDictionary<string, JsonSchema> Parsed = new(StringComparer.Ordinal);

    /// <summary>Nothing, or one error that lists all that is wrong.</summary>
    public static IEnumerable<string> Check(string schema, string providerData)
    {
        if (schema.Length == 0)
            return [];
        string json;
        try
        {
            var documents = YamlTree.Documents(providerData);
            json = (documents.Count == 0 ? null : YamlTree.ToJson(documents[0]))?.ToJsonString() ?? "null";
        }
        catch (FormatException exception)
        {
            return [$"failed to unmarshal provider data: {exception.Message}"];
        }

        // Parsing a schema needs no I/O unless it refers elsewhere, which a provider's does not.
        var parsed = Parsed.GetOrAdd(schema, text => JsonSchema.FromJsonAsync(text).GetAwaiter().GetResult());
        var lines = parsed.Validate(json).SelectMany(Describe).Order(StringComparer.Ordinal).ToList();
        return lines.Count == 0 ? [] : [$"provider data is invalid:\n{string.Join('\n', lines.Select(line => $"- {line}"))}"];
    }

    private static IEnumerable<string> Describe(ValidationError error)
    {
        if (error is ChildSchemaValidationError nested)
            return nested.Errors.Values.SelectMany(list => list).SelectMany(Describe);
        if (error is MultiTypeValidationError types)
            return types.Errors.Values.SelectMany(list => list).SelectMany(Describe);
        var path = error.Path?.TrimStart('#', '/') is { Length: > 0 } inner ? inner : "(root)";
        return [error.Kind switch
        {
            ValidationErrorKind.PropertyRequired => $"{error.Property} is required",
            ValidationErrorKind.IntegerExpected => $"{path}: must be an integer",
            ValidationErrorKind.StringExpected => $"{path}: must be a string",
            ValidationErrorKind.BooleanExpected => $"{path}: must be a boolean",
            ValidationErrorKind.NumberTooSmall => $"{path}: must be greater than or equal to {error.Schema.Minimum}",
            ValidationErrorKind.NumberTooBig => $"{path}: must be less than or equal to {error.Schema.Maximum}",
            ValidationErrorKind.NotInEnumeration => $"{path}: must be one of {string.Join(", ", error.Schema.Enumeration)}",
            _ => $"{path}: {error.Kind}",
        }];
    }
}
