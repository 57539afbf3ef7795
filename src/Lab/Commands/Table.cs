namespace OmniScale.Lab.Commands;

/// <summary>Rows under headings, each column as wide as it needs to be.</summary>
internal static class Table
{
    public static void Write(TextWriter output, IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string?>> rows)
    {
        var all = rows.Select(row => row.Select(cell => string.IsNullOrEmpty(cell) ? "-" : cell).ToList()).ToList();
        if (all.Count == 0)
        {
            output.WriteLine("None.");
            return;
        }

        var widths = headings.Select((heading, column) => all.Select(row => row[column].Length).Append(heading.Length).Max()).ToList();
        foreach (var row in all.Prepend([.. headings]))
            output.WriteLine(string.Join("   ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
