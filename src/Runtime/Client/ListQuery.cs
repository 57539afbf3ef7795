using System.Globalization;
using System.Text;

namespace OmniScale.Runtime;

/// <summary>What a list and the watch that follows it have in common.</summary>
internal sealed record ListQuery(string? LabelSelector, string? FieldSelector)
{
    public const int PageSize = 500;

    /// <summary>The query of one page; a limit of zero asks for everything at once.</summary>
    public string Page(int limit, string? continueToken)
    {
        StringBuilder query = Selectors();
        Append(query, "limit", limit > 0 ? limit.ToString(CultureInfo.InvariantCulture) : null);
        Append(query, "continue", continueToken);
        return query.ToString();
    }

    public string Watch(string resourceVersion, TimeSpan timeout)
    {
        StringBuilder query = Selectors();
        Append(query, "watch", "true");
        Append(query, "allowWatchBookmarks", "true");
        Append(query, "resourceVersion", resourceVersion);
        Append(query, "timeoutSeconds", ((int)timeout.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        return query.ToString();
    }

    private StringBuilder Selectors()
    {
        var query = new StringBuilder();
        Append(query, "labelSelector", LabelSelector);
        Append(query, "fieldSelector", FieldSelector);
        return query;
    }

    private static void Append(StringBuilder query, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
