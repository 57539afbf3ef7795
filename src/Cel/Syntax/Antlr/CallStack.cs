using System.Runtime.InteropServices;

namespace OmniScale.Cel.Syntax.Antlr;

/// <summary>
/// The states to return to, as a graph that stands for many stacks at once: each entry is a return state with the graph below it. An
/// entry without a state is the bottom. Equal graphs are the same object.
/// </summary>
internal sealed class CallStack
{
    private CallStack(int id, (State? Return, CallStack? Below)[] entries)
    {
        Id = id;
        Entries = entries;
    }

    public int Id { get; }

    public (State? Return, CallStack? Below)[] Entries { get; }

    public bool IsBottom => Entries[0].Return is null;

    public bool MayBeBottom => Entries[^1].Return is null;

    internal sealed class Factory
    {
        private readonly Dictionary<Key, CallStack> _all = [];

        public Factory() => Bottom = Intern([(null, null)]);

        public CallStack Bottom { get; }

        public int Count => _all.Count;

        public CallStack Push(CallStack below, State returnTo) => Intern([(returnTo, below)]);

        /// <summary>With an unknown caller, the bottom stands for every stack and swallows the others.</summary>
        public CallStack Merge(CallStack a, CallStack b, bool bottomIsAny)
        {
            if (a == b)
            {
                return a;
            }

            if (bottomIsAny && (a.IsBottom || b.IsBottom))
            {
                return Bottom;
            }

            List<(State? Return, CallStack? Below)> merged = [];
            var (i, j) = (0, 0);
            while (i < a.Entries.Length || j < b.Entries.Length)
            {
                var left = i < a.Entries.Length ? Order(a.Entries[i]) : int.MaxValue;
                var right = j < b.Entries.Length ? Order(b.Entries[j]) : int.MaxValue;
                if (left == right)
                {
                    var (x, y) = (a.Entries[i++], b.Entries[j++]);
                    merged.Add((x.Return, x.Below is null ? null : Merge(x.Below, y.Below!, bottomIsAny)));
                }
                else
                {
                    merged.Add(left < right ? a.Entries[i++] : b.Entries[j++]);
                }
            }

            return Intern([.. merged]);
        }

        /// <summary>The bottom sorts last.</summary>
        private static int Order((State? Return, CallStack? Below) entry) => entry.Return?.Number ?? int.MaxValue - 1;

        private CallStack Intern((State? Return, CallStack? Below)[] entries)
        {
            ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(_all, new Key(entries), out _);
            return slot ??= new CallStack(_all.Count, entries);
        }

        private readonly struct Key((State? Return, CallStack? Below)[] entries) : IEquatable<Key>
        {
            private readonly (State? Return, CallStack? Below)[] _entries = entries;

            public bool Equals(Key other) => _entries.AsSpan().SequenceEqual(other._entries);

            public override bool Equals(object? obj) => obj is Key other && Equals(other);

            public override int GetHashCode()
            {
                var hash = default(HashCode);
                foreach (var (returnTo, below) in _entries)
                {
                    hash.Add(returnTo?.Number ?? -1);
                    hash.Add(below?.Id ?? -1);
                }

                return hash.ToHashCode();
            }
        }
    }
}
