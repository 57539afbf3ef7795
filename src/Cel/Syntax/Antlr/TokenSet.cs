namespace OmniScale.Cel.Syntax.Antlr;

/// <summary>A set of token types, and whether the end of the rule can be reached without a token.</summary>
internal readonly record struct TokenSet(ulong Bits)
{
    private const ulong EpsilonBit = 1ul << 63;

    public static TokenSet Of(params ReadOnlySpan<TokenType> types)
    {
        var bits = 0ul;
        foreach (var type in types)
        {
            bits |= Bit(type);
        }

        return new TokenSet(bits);
    }

    public bool ReachesEnd => (Bits & EpsilonBit) != 0;

    public bool Contains(TokenType type) => (Bits & Bit(type)) != 0;

    public TokenSet Union(TokenSet other) => new(Bits | other.Bits);

    public TokenSet WithoutEnd() => new(Bits & ~EpsilonBit);

    public static TokenSet End => new(EpsilonBit);

    public IEnumerable<TokenType> Types
    {
        get
        {
            for (var type = TokenType.EndOfFile; type <= TokenType.EscapedIdentifier; type++)
            {
                if (Contains(type))
                {
                    yield return type;
                }
            }
        }
    }

    public override string ToString()
    {
        var names = Types.Select(TokenNames.Of).ToList();
        return names.Count == 1 ? names[0] : $"{{{string.Join(", ", names)}}}";
    }

    private static ulong Bit(TokenType type) => 1ul << ((int)type + 1);
}
