using System.Text;

namespace OmniScale.Operator.Tests;

/// <summary>Texts that give a secret away: its value, parts of it, and both in other spellings.</summary>
internal static class Canary
{
    private const int PartLength = 40;

    private static readonly HashSet<string> Public = ["endpoint", "OMNI_ENDPOINT", "tokenID", "username", "realm", "url", "ca.crt", "insecureSkipTLSVerify"];

    /// <summary>The canaries of what a Secret holds. Values that are too short to be secrets are left out.</summary>
    public static IEnumerable<string> Of(IReadOnlyDictionary<string, string> data) =>
        data.Where(pair => !Public.Contains(pair.Key) && pair.Value.Length > 8).SelectMany(pair => Spellings(pair.Value)).Distinct();

    private static IEnumerable<string> Spellings(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        yield return value[..Math.Min(value.Length, PartLength)];
        yield return Shorten(Convert.ToBase64String(bytes));
        yield return Shorten(Convert.ToHexString(bytes));
        yield return Shorten(Convert.ToHexStringLower(bytes));
        if (value.Length > 2 * PartLength)
        {
            yield return value.Substring(value.Length / 2, PartLength);
            foreach (var line in KeyLines(value))
            {
                yield return line;
            }
        }
    }

    /// <summary>The lines of the private key inside of a service account key.</summary>
    private static IEnumerable<string> KeyLines(string value)
    {
        var inner = new byte[value.Length];
        return Convert.TryFromBase64String(value, inner, out var length)
            ? Encoding.UTF8.GetString(inner, 0, length).Split("\\n").Where(line => line.Length is >= PartLength and <= 80)
            : [];
    }

    private static string Shorten(string text) => text[..Math.Min(text.Length - (text.Length % 4), PartLength)];
}
