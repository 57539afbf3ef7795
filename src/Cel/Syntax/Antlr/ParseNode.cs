namespace OmniScale.Cel.Syntax.Antlr;

/// <summary>A node of the parse tree, possibly incomplete. Parts are found by their labels in the grammar.</summary>
internal sealed class ParseNode(RuleId rule, ParseNode? parent, State? caller, Token start)
{
    private readonly List<(string Label, Token Token)> _tokens = [];
    private readonly List<(string Label, ParseNode Node)> _children = [];

    public RuleId Rule { get; } = rule;

    public ParseNode? Parent { get; } = parent;

    /// <summary>The state in which the rule was called; null for the outermost rule.</summary>
    public State? Caller { get; } = caller;

    public Token Start { get; } = start;

    /// <summary>Which alternative of the rule this is, counting from 1; 0 while that is unknown.</summary>
    public int Alternative { get; set; }

    public void Add(string? label, Token token)
    {
        if (label is not null)
        {
            _tokens.Add((label, token));
        }
    }

    public void Add(string label, ParseNode child) => _children.Add((label, child));

    public Token? Token(string label)
    {
        foreach (var (name, token) in _tokens)
        {
            if (name == label)
            {
                return token;
            }
        }

        return null;
    }

    public List<Token> Tokens(string label) => [.. _tokens.Where(t => t.Label == label).Select(t => t.Token)];

    public ParseNode? Child(string label)
    {
        foreach (var (name, node) in _children)
        {
            if (name == label)
            {
                return node;
            }
        }

        return null;
    }

    public List<ParseNode> Children(string label) => [.. _children.Where(c => c.Label == label).Select(c => c.Node)];
}
