using System.Globalization;
using System.Text.RegularExpressions;

namespace OmniScale.Core.Selectors.Repairs;

/// <summary>Sizes: their units, and the type uint that availableSpace has.</summary>
internal static partial class NumberRepairs
{
    public const ulong GiB = 1UL << 30;

    private static readonly Dictionary<string, decimal> Units = new()
    {
        { "k", 1L << 10 }, { "m", 1L << 20 }, { "g", 1L << 30 }, { "t", 1L << 40 }, { "p", 1L << 50 },
        { "ki", 1L << 10 }, { "mi", 1L << 20 }, { "gi", 1L << 30 }, { "ti", 1L << 40 }, { "pi", 1L << 50 },
        { "kib", 1L << 10 }, { "mib", 1L << 20 }, { "gib", 1L << 30 }, { "tib", 1L << 40 }, { "pib", 1L << 50 },
        { "kb", 1e3m }, { "mb", 1e6m }, { "gb", 1e9m }, { "tb", 1e12m }, { "pb", 1e15m },
    };

    /// <summary><c>100GB</c>, <c>100 GiB</c>, <c>100_000u</c>, <c>1e3u</c>.</summary>
    public static Repair? Unit(Broken broken)
    {
        var pieces = broken.Pieces;
        for (var i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Kind != PieceKind.Number || pieces[i - 1].IsSign("-", ".") && pieces[i - 2].End == pieces[i - 1].Start)
            {
                continue;
            }

            var apart = pieces[i + 1].Kind == PieceKind.Word && Units.ContainsKey(pieces[i + 1].Source.ToLowerInvariant());
            var written = pieces.Slice(i, apart ? i + 1 : i);
            if (!IsPlain(written) && Read(written) is { } bytes && Literal(bytes) is { } literal)
            {
                return new(pieces.Replace(i, apart ? i + 1 : i, literal), HasUnit(written)
                    ? $"CEL knows no units: {written} is {literal} bytes."
                    : $"{written} is not a number of CEL: write {literal}.");
            }
        }

        return null;
    }

    /// <summary>A number of another type where availableSpace needs a uint, as the type check points it out.</summary>
    public static Repair? Unsigned(Broken broken)
    {
        var match = MismatchPattern().Match(broken.Message);
        var (pieces, at) = (broken.Pieces, broken.ErrorPiece);
        if (!match.Success || at < 0 || (match.Groups[1].Value == "uint") == (match.Groups[2].Value == "uint"))
        {
            return null;
        }

        var forward = match.Groups[1].Value == "uint";
        var type = match.Groups[forward ? 2 : 1].Value;
        var (first, last) = (at, at);
        if (forward)
        {
            last = pieces[at + 1].IsSign("[") ? pieces.Close(at + 1) : pieces.EndOfCondition(at + 1);
        }
        else
        {
            while (first > 0 && !pieces[first - 1].IsSign("&&", "||"))
            {
                first--;
            }
        }

        var numbers = Enumerable.Range(first, Math.Max(0, last - first + 1))
            .Where(i => pieces[i].Kind is PieceKind.Number or PieceKind.Text && !pieces[i].Source.EndsWith('u') && Read(Value(pieces[i])) is not null)
            .ToList();
        if (numbers.Count == 0)
        {
            return null;
        }

        if (match.Groups[0].Value.Contains("'@in'", StringComparison.Ordinal))
        {
            var text = broken.Text;
            foreach (var i in Enumerable.Reverse(numbers))
            {
                text = string.Concat(text.AsSpan(0, pieces[i].Start), Literal(Read(Value(pieces[i]))!.Value), text.AsSpan(pieces[i].End));
            }

            return new(text, "availableSpace is an unsigned number (uint): the numbers that it meets need a u behind them.");
        }

        var number = forward ? numbers[0] : numbers[^1];
        var written = Value(pieces[number]);
        if (pieces[number - 1].IsSign("-") && pieces[number - 2].Kind == PieceKind.Sign)
        {
            return new(pieces.Replace(number - 1, number, "0u"), "availableSpace is an unsigned number (uint) and never negative.");
        }

        // Half a byte is half a GiB.
        var value = Read(written)!.Value;
        value = value == decimal.Truncate(value) ? value : value * GiB;
        return Literal(value) is not { } literal ? null : new(pieces.Replace(number, number, literal), type switch
        {
            "int" => "availableSpace is an unsigned number (uint): the numbers that it meets need a u behind them.",
            "double" => $"availableSpace is an unsigned number (uint), without decimals or exponent: write {literal}.",
            _ => $"availableSpace is a number, not a text: write {literal}.",
        });
    }

    /// <summary>The literal of a number of bytes; null when it is none that fits.</summary>
    public static string? Literal(decimal bytes) =>
        bytes is >= 0 and <= ulong.MaxValue ? decimal.Truncate(bytes).ToString(CultureInfo.InvariantCulture) + "u" : null;

    private static string Value(Piece piece) => piece.Kind == PieceKind.Text ? piece.Inner : piece.Source;

    private static bool IsPlain(string written) => PlainPattern().IsMatch(written);

    private static bool HasUnit(string written) => Units.ContainsKey(NumberPattern().Match(written.Replace("_", "", StringComparison.Ordinal)).Groups[2].Value.ToLowerInvariant());

    private static decimal? Read(string written)
    {
        var match = NumberPattern().Match(written.Replace("_", "", StringComparison.Ordinal).Trim());
        var unit = match.Groups[2].Value.ToLowerInvariant();
        return match.Success && decimal.TryParse(match.Groups[1].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && (Units.TryGetValue(unit, out var factor) || Suffix(unit, out factor))
            && number <= ulong.MaxValue / factor ? number * factor : null;
    }

    /// <summary>What other languages write behind a number for its type.</summary>
    private static bool Suffix(string unit, out decimal factor)
    {
        factor = 1;
        return unit is "" or "u" or "ul" or "ull" or "l" or "ll" or "b" or "bytes" or "d" or "f";
    }

    [GeneratedRegex(@"^([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*([A-Za-z]*)$")]
    private static partial Regex NumberPattern();

    [GeneratedRegex(@"^(?:0x[0-9a-fA-F]+[uU]?|[0-9]+[uU]?|[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)$")]
    private static partial Regex PlainPattern();

    [GeneratedRegex(@"^found no matching overload for '[^']+' applied to '\((uint|int|double|string), (?:list\()?(uint|int|double|string)\)?\)'")]
    private static partial Regex MismatchPattern();
}
