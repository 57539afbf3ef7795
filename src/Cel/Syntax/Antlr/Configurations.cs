namespace OmniScale.Cel.Syntax.Antlr;

/// <summary>One way in which the parser may stand in the network, given that it chose the alternative.</summary>
internal sealed class Configuration(State state, int alternative, CallStack stack, int condition = 0)
{
    public State State { get; } = state;

    public int Alternative { get; } = alternative;

    public CallStack Stack { get; set; } = stack;

    /// <summary>A precedence that the alternative depends on; 0 for none.</summary>
    public int Condition { get; } = condition;

    /// <summary>How often it left the rule in which the decision is made, with an unknown caller.</summary>
    public int LeftRule { get; set; }

    /// <summary>It left a precedence rule for its caller; such a way is not filtered by precedence.</summary>
    public bool Unfiltered { get; set; }

    public Configuration With(State state, CallStack? stack = null, int? condition = null) =>
        new(state, Alternative, stack ?? Stack, condition ?? Condition) { LeftRule = LeftRule, Unfiltered = Unfiltered };
}

internal sealed class ConfigurationSet(CallStack.Factory stacks, bool knowsCallers)
{
    private readonly Dictionary<(State, int, int), Configuration> _lookup = [];

    public List<Configuration> Items { get; } = [];

    public bool HasConditions { get; private set; }

    /// <summary>Ways that differ only in their stacks become one.</summary>
    public void Add(Configuration item)
    {
        HasConditions |= item.Condition != 0;
        var key = (item.State, item.Alternative, item.Condition);
        if (!_lookup.TryGetValue(key, out var existing))
        {
            _lookup[key] = item;
            Items.Add(item);
            return;
        }

        existing.LeftRule = Math.Max(existing.LeftRule, item.LeftRule);
        existing.Unfiltered |= item.Unfiltered;
        existing.Stack = stacks.Merge(existing.Stack, item.Stack, bottomIsAny: !knowsCallers);
    }

    /// <summary>The only alternative, or 0.</summary>
    public int UniqueAlternative
    {
        get
        {
            var first = Items[0].Alternative;
            return Items.TrueForAll(i => i.Alternative == first) ? first : 0;
        }
    }

    /// <summary>For every place in the network and stack, the alternatives that lead there, as bits.</summary>
    public List<int> AlternativesByPlace() => [.. Group(i => (i.State, i.Stack))];

    public bool AllStopped => Items.TrueForAll(i => i.State.Kind == StateKind.RuleStop);

    /// <summary>More input could not tell some alternatives apart, and no state belongs to one alternative alone.</summary>
    public bool Conflicts =>
        AllStopped || (AlternativesByPlace().Exists(IsSeveral) && Group(i => (i.State, (CallStack?)null)).All(IsSeveral));

    public string Key => string.Join(
        ';', Items.Select(i => $"{i.State.Number},{i.Alternative},{i.Stack.Id},{i.Condition},{(i.Unfiltered ? 1 : 0)}"));

    private Dictionary<(State, CallStack?), int>.ValueCollection Group(Func<Configuration, (State, CallStack?)> place)
    {
        var groups = new Dictionary<(State, CallStack?), int>();
        foreach (var item in Items)
        {
            var key = place(item);
            groups[key] = groups.GetValueOrDefault(key) | (1 << item.Alternative);
        }

        return groups.Values;
    }

    private static bool IsSeveral(int alternatives) => (alternatives & (alternatives - 1)) != 0;
}
