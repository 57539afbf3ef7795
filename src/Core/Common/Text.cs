namespace OmniScale.Core;

/// <summary>Texts of others in a status, whose length the schema limits.</summary>
internal static class Text
{
    /// <summary>The text, with an ellipsis for what goes beyond <paramref name="length"/> UTF-16 units. No character is cut in half.</summary>
    public static string Cut(string text, int length)
    {
        if (text.Length <= length)
        {
            return text;
        }

        var end = length - 1;
        return string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[end - 1]) ? end - 1 : end), "…");
    }
}
