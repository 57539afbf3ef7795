using static OmniScale.Cel.CelTypeKind;

namespace OmniScale.Cel.Checking;

/// <summary>Decides which types fit where, and remembers what type variables stand for.</summary>
internal sealed class TypeUnifier
{
    private readonly Dictionary<string, CelType> _bindings = [];
    private readonly List<(string Name, CelType? Previous)> _undo = [];
    private int _variables;

    public CelType NewVariable() => CelType.Parameter($"_var{_variables++}");

    /// <summary>Bindings made on the way are kept only when the types fit.</summary>
    public bool IsAssignable(CelType from, CelType to)
    {
        if (ReferenceEquals(from, to) && !from.HasTypeParam)
        {
            return true;
        }

        _undo.Clear();
        return Assignable(from, to) || Rollback();
    }

    /// <inheritdoc cref="IsAssignable"/>
    public bool AreAssignable(ReadOnlySpan<CelType> from, ReadOnlySpan<CelType> to)
    {
        _undo.Clear();
        return AllAssignable(from, to) || Rollback();
    }

    /// <summary>Replaces bound variables; unbound ones become dyn when <paramref name="unboundToDyn"/> is set.</summary>
    public CelType Substitute(CelType type, bool unboundToDyn)
    {
        if (!type.HasTypeParam)
        {
            return type;
        }

        if (type.Kind != TypeParam)
        {
            return type.With(Array.ConvertAll(type.Parameters, p => Substitute(p, unboundToDyn)));
        }

        return _bindings.TryGetValue(type.Name, out var bound) ? Substitute(bound, unboundToDyn)
            : unboundToDyn ? CelType.Dyn
            : type;
    }

    /// <summary>Gives every type parameter of a signature a variable of its own.</summary>
    public (CelType[] Arguments, CelType Result) Instantiate(Overload overload)
    {
        var fresh = new Dictionary<string, CelType>();
        return ([.. overload.Arguments.Select(Replace)], Replace(overload.Result));

        CelType Replace(CelType type) => type switch
        {
            { HasTypeParam: false } => type,
            { Kind: TypeParam } => fresh.TryGetValue(type.Name, out var variable) ? variable : fresh[type.Name] = NewVariable(),
            _ => type.With(Array.ConvertAll(type.Parameters, Replace)),
        };
    }

    public static CelType MostGeneral(CelType first, CelType second) => IsEqualOrLessSpecific(first, second) ? first : second;

    private bool Rollback()
    {
        for (var i = _undo.Count - 1; i >= 0; i--)
        {
            var (name, previous) = _undo[i];
            if (previous is null)
            {
                _bindings.Remove(name);
            }
            else
            {
                _bindings[name] = previous;
            }
        }

        return false;
    }

    private void Bind(CelType variable, CelType type)
    {
        _undo.Add((variable.Name, _bindings.GetValueOrDefault(variable.Name)));
        _bindings[variable.Name] = type;
    }

    private bool AllAssignable(ReadOnlySpan<CelType> from, ReadOnlySpan<CelType> to)
    {
        if (from.Length != to.Length)
        {
            return false;
        }

        for (var i = 0; i < from.Length; i++)
        {
            if (!Assignable(from[i], to[i]))
            {
                return false;
            }
        }

        return true;
    }

    private bool Assignable(CelType from, CelType to)
    {
        if (to.Kind == TypeParam)
        {
            var (valid, bound) = IsValidBinding(from, to);
            if (valid || bound)
            {
                return valid;
            }
        }

        if (from.Kind == TypeParam)
        {
            return IsValidBinding(to, from).Valid;
        }

        if (from.Kind is Dyn or Error || to.Kind is Dyn or Error)
        {
            return true;
        }

        if (from.Kind == Null || to.Kind == Null)
        {
            // Null fits where the protobuf mapping of a type is a message.
            return (from.Kind == Null ? to : from).Kind is Null or Timestamp or Duration or CelTypeKind.Object or Abstract;
        }

        return from.Kind switch
        {
            CelTypeKind.Type => to.Kind == CelTypeKind.Type,
            List or Map or Abstract => from.Kind == to.Kind && from.Name == to.Name && AllAssignable(from.Parameters, to.Parameters),
            _ => from.Kind == to.Kind && from.Name == to.Name,
        };
    }

    /// <summary>May the variable stand for the type, and did it already stand for one?</summary>
    private (bool Valid, bool Bound) IsValidBinding(CelType type, CelType variable)
    {
        if (type.Kind == TypeParam && type.Name == variable.Name)
        {
            return (true, true);
        }

        if (_bindings.TryGetValue(variable.Name, out var bound))
        {
            if (type.Equals(bound))
            {
                return (true, true);
            }

            if (!Assignable(type, bound))
            {
                return (false, true);
            }

            var general = MostGeneral(type, bound);
            if (IsAbsentFrom(variable, general))
            {
                Bind(variable, general);
            }

            return (true, true);
        }

        if (!IsAbsentFrom(variable, type))
        {
            return (false, false);
        }

        Bind(variable, type);
        return (true, false);
    }

    private bool IsAbsentFrom(CelType variable, CelType type)
    {
        if (!type.HasTypeParam)
        {
            return true;
        }

        if (type.Kind == TypeParam)
        {
            return type.Name != variable.Name && (!_bindings.TryGetValue(type.Name, out var bound) || IsAbsentFrom(variable, bound));
        }

        return Array.TrueForAll(type.Parameters, p => IsAbsentFrom(variable, p));
    }

    private static bool IsEqualOrLessSpecific(CelType first, CelType second)
    {
        if (first.Kind is Dyn or TypeParam)
        {
            return true;
        }

        if (second.Kind is Dyn or TypeParam || first.Kind != second.Kind)
        {
            return false;
        }

        switch (first.Kind)
        {
            case List or Map or Abstract:
                return first.Name == second.Name
                    && first.Parameters.Length == second.Parameters.Length
                    && first.Parameters.Zip(second.Parameters).All(p => IsEqualOrLessSpecific(p.First, p.Second));
            case CelTypeKind.Type:
                return true;
            default:
                return first.Equals(second);
        }
    }
}
