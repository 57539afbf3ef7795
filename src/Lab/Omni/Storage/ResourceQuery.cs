using System.Globalization;
using System.Text.RegularExpressions;
using Google.Protobuf.Collections;
using Grpc.Core;
using OmniScale.Omni.Api.Cosi;

namespace OmniScale.Lab.Omni.Storage;

/// <summary>Which resources a List or Watch asks for: one of the label queries, and the id pattern.</summary>
internal sealed class ResourceQuery
{
    private readonly IReadOnlyList<LabelQuery> labels;
    private readonly Regex? id;

    public ResourceQuery(IReadOnlyList<LabelQuery> labels, IDQuery? idQuery)
    {
        this.labels = labels;
        if (string.IsNullOrEmpty(idQuery?.Regexp))
            return;
        try
        {
            id = new Regex(idQuery.Regexp, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new StateException(StatusCode.InvalidArgument, $"failed to compile the id regexp: {exception.Message}");
        }
    }

    /// <summary>Whether it asks for less than everything.</summary>
    public bool IsSelective => labels.Count > 0 || id is not null;

    public bool Matches(StoredResource resource) =>
        (id is null || id.IsMatch(resource.Id)) &&
        (labels.Count == 0 || labels.Any(query => query.Terms.All(term => Matches(term, resource.Metadata.Labels) != term.Invert)));

    private static bool Matches(LabelTerm term, MapField<string, string> labels)
    {
        if (!labels.TryGetValue(term.Key, out var value))
            return term.Op == LabelTerm.Types.Operation.NotExists;
        return term.Op switch
        {
            LabelTerm.Types.Operation.Exists => true,
            LabelTerm.Types.Operation.NotExists => false,
            LabelTerm.Types.Operation.Equal => term.Value.Count > 0 && value == term.Value[0],
            LabelTerm.Types.Operation.In => term.Value.Contains(value),
            LabelTerm.Types.Operation.Lt => term.Value.Count > 0 && string.CompareOrdinal(value, term.Value[0]) < 0,
            LabelTerm.Types.Operation.Lte => term.Value.Count > 0 && string.CompareOrdinal(value, term.Value[0]) <= 0,
            LabelTerm.Types.Operation.LtNumeric => Numbers(value, term) is var (left, right) && left < right,
            LabelTerm.Types.Operation.LteNumeric => Numbers(value, term) is var (left, right) && left <= right,
            _ => false,
        };
    }

    private static (decimal Left, decimal Right)? Numbers(string value, LabelTerm term) =>
        term.Value.Count > 0 && Number(value) is { } left && Number(term.Value[0]) is { } right ? (left, right) : null;

    private static decimal? Number(string text) =>
        decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out var number) ? number : null;
}
