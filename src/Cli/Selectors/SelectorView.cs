using System.Globalization;
using System.Text.Json;
using OmniScale.Core;
using OmniScale.Core.Selectors;
using OmniScale.Crds;
using Spectre.Console;

namespace OmniScale.Cli.Selectors;

/// <summary>Shows the verdict on one selector.</summary>
internal static class SelectorView
{
    /// <summary>For output that is no terminal: wide enough not to break a row.</summary>
    private const int Unlimited = 250;

    public static void Write(SelectorReport report, SelectorScope scope, string format, Terminal terminal)
    {
        switch (format)
        {
            case "json":
                terminal.Out.WriteLine(JsonView.Of(report, scope).ToJsonString(JsonView.Options));
                break;
            case "yaml":
                terminal.Out.Write(YamlText.Of(JsonSerializer.SerializeToElement(JsonView.Of(report, scope))));
                break;
            default:
                WriteText(report, terminal);
                break;
        }
    }

    private static void WriteText(SelectorReport report, Terminal terminal)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(terminal.Out),
            Ansi = terminal.Width is null ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = InteractionSupport.No,
        });
        console.Profile.Width = terminal.Width ?? Unlimited;

        var (mark, colour) = report.Finding.Verdict switch
        {
            Verdict.True => ("valid", report.Finding.Reason == SelectorReasons.Valid ? "green" : "yellow"),
            Verdict.False => ("not valid", "red"),
            _ => ("not checked", "yellow"),
        };
        console.MarkupLine($"[bold {colour}]{mark}[/]{(report.Finding.Reason == SelectorReasons.Valid ? "" : $" ({report.Finding.Reason})")}");
        if (report.Selector.IsValid)
        {
            console.WriteLine(report.Statement);
        }
        else
        {
            // The provider's own words, which are also what its log says.
            console.WriteLine(report.Selector.ErrorText!);
        }

        foreach (var note in report.Notes)
        {
            console.WriteLine($"Note: {note}");
        }

        if (report.Nodes.Count > 0)
        {
            console.WriteLine();
            console.Write(Matches(report));
        }

        if (report.Hint is { } hint)
        {
            console.WriteLine();
            foreach (var reason in hint.Reasons)
            {
                console.WriteLine(reason);
            }

            if (hint.Correction is { } correction)
            {
                console.WriteLine(hint.IsExample ? "For example:" : "Did you mean:");
                console.WriteLine($"  {correction}");
                if (hint.Effect is { } effect)
                {
                    console.WriteLine($"  ({effect})");
                }
            }
        }
    }

    private static Table Matches(SelectorReport report)
    {
        var table = new Table { Border = TableBorder.None, ShowRowSeparators = false };
        foreach (var title in (string[])["NODE", "STORAGE", "TYPE", "AVAILABLE", "MATCHES", "REMARK"])
        {
            table.AddColumn(new TableColumn(new Text(title)) { NoWrap = title != "REMARK", Padding = new Padding(0, 0, 3, 0) });
        }

        foreach (var node in report.Nodes)
        {
            foreach (var storage in node.Node.Storages.OrderBy(s => s.Name, StringComparer.Ordinal))
            {
                var result = node.Result(storage);
                table.AddRow(
                    new Text(node.Node.Name), new Text(storage.Name), new Text(storage.Type), new Text(Size(storage.Active ? storage.AvailableBytes : 0)),
                    new Text(result.Error is not null ? "error" : result.Matches ? "yes" : "no"), new Text(Remark(node, storage, result)));
            }
        }

        return table;
    }

    private static string Remark(NodeMatches node, SelectorStorage storage, SelectorResult result) =>
        result.Error ?? (result.Matches ? storage.Obstacle ?? (node.Matches.Count > 1 ? "may be picked" : "picked") : "");

    private static string Size(ulong bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
        for (; value >= 1024 && unit < units.Length - 1; unit++)
        {
            value /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {units[unit]}");
    }
}
