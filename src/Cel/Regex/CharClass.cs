namespace OmniScale.Cel.Regex;

/// <summary>Code points from <paramref name="Low"/> to <paramref name="High"/>, both included.</summary>
internal readonly record struct CharRange(int Low, int High);

/// <summary>A set of code points under construction.</summary>
internal sealed class CharClass
{
    private const int Max = 0x10ffff;

    private readonly List<CharRange> _ranges = [];

    public CharClass Add(int low, int high)
    {
        _ranges.Add(new CharRange(low, high));
        return this;
    }

    public CharClass Add(IEnumerable<CharRange> ranges)
    {
        _ranges.AddRange(ranges);
        return this;
    }

    /// <summary>Adds what differs only in case.</summary>
    public CharClass Fold()
    {
        var sorted = ToArray();
        var tables = UnicodeTables.Instance;
        foreach (var codePoint in tables.Folding)
        {
            if (!Contains(sorted, codePoint))
            {
                continue;
            }

            for (var other = tables.NextFold(codePoint); other != codePoint; other = tables.NextFold(other))
            {
                _ranges.Add(new CharRange(other, other));
            }
        }

        return this;
    }

    public static CharRange[] Negate(CharRange[] sorted)
    {
        List<CharRange> result = [];
        var next = 0;
        foreach (var range in sorted)
        {
            if (range.Low > next)
            {
                result.Add(new CharRange(next, range.Low - 1));
            }

            next = range.High + 1;
        }

        if (next <= Max)
        {
            result.Add(new CharRange(next, Max));
        }

        return [.. result];
    }

    /// <summary>Sorted, and joined where ranges touch.</summary>
    public CharRange[] ToArray()
    {
        _ranges.Sort((a, b) => a.Low.CompareTo(b.Low));
        List<CharRange> result = [];
        foreach (var range in _ranges)
        {
            if (result.Count > 0 && range.Low <= result[^1].High + 1)
            {
                result[^1] = new CharRange(result[^1].Low, Math.Max(result[^1].High, range.High));
            }
            else
            {
                result.Add(range);
            }
        }

        return [.. result];
    }

    public static bool Contains(CharRange[] sorted, int codePoint)
    {
        var low = 0;
        var high = sorted.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (codePoint < sorted[middle].Low)
            {
                high = middle - 1;
            }
            else if (codePoint > sorted[middle].High)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }
}
