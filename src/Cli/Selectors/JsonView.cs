using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using OmniScale.Core.Selectors;

namespace OmniScale.Cli.Selectors;

/// <summary>A verdict as JSON.</summary>
internal static class JsonView
{
    /// <summary>Selectors are full of quotes and comparison signs; nothing of this goes into HTML.</summary>
    public static readonly JsonSerializerOptions Options = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonObject Of(SelectorReport report, SelectorScope scope) => new()
    {
        ["expr"] = report.Selector.Text,
        ["verdict"] = report.Finding.Verdict.ToString(),
        ["reason"] = report.Finding.Reason,
        ["message"] = report.Finding.Message,
        ["compiles"] = report.Selector.IsValid,
        ["error"] = report.Selector.ErrorText,
        ["line"] = report.Selector.Error?.Line,
        ["column"] = report.Selector.Error?.Column,
        ["nodes"] = new JsonArray([.. report.Nodes.Select(Node)]),
        ["unreadNodes"] = new JsonArray([.. scope.Unread.Select(n => (JsonNode)n)]),
        ["notes"] = new JsonArray([.. report.Notes.Select(n => (JsonNode)n)]),
        ["hint"] = report.Hint is not { } hint ? null : new JsonObject
        {
            ["reasons"] = new JsonArray([.. hint.Reasons.Select(r => (JsonNode)r)]),
            ["selector"] = hint.Correction,
            ["effect"] = hint.Effect,
            ["isExample"] = hint.IsExample,
        },
    };

    /// <summary>True, false, or the evaluation error.</summary>
    public static JsonNode Result(SelectorResult result) => result.Error is { } error ? error : result.Matches;

    private static JsonNode Node(NodeMatches node) => new JsonObject
    {
        ["node"] = node.Node.Name,
        ["picks"] = new JsonArray([.. node.Eligible.Select(s => (JsonNode)s.Name)]),
        ["storages"] = new JsonArray([.. node.Node.Storages.Select(s => (JsonNode)new JsonObject
        {
            ["name"] = s.Name,
            ["storageType"] = s.Type,
            ["availableSpace"] = s.Active ? s.AvailableBytes : 0,
            ["result"] = Result(node.Result(s)),
            ["obstacle"] = s.Obstacle,
        })]),
    };
}
