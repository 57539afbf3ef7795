namespace OmniScale.Core.Selectors;

/// <summary>Finds what a misspelt name was probably meant to be.</summary>
internal static class NearNames
{
    /// <returns>The nearest of the names, or null when none is near: a third of the letters may differ.</returns>
    public static string? Nearest(string wanted, IEnumerable<string> names)
    {
        var best = names
            .Where(n => n != wanted)
            .Select(n => (Name: n, Distance: Distance(Plain(wanted), Plain(n))))
            .OrderBy(n => n.Distance).ThenBy(n => n.Name, StringComparer.Ordinal)
            .FirstOrDefault();
        return best.Name is not null && best.Distance <= Math.Max(1, wanted.Length / 3) ? best.Name : null;
    }

    /// <summary>Without what is easily mistaken: case, and the sign between words.</summary>
    private static string Plain(string name) => name.ToLowerInvariant().Replace('_', '-').Replace('.', '-').Replace(' ', '-');

    /// <summary>Insertions, deletions, replacements and swaps of neighbours.</summary>
    internal static int Distance(string a, string b)
    {
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    rows[i, j] = i + j;
                    continue;
                }

                var same = a[i - 1] == b[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + same);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
