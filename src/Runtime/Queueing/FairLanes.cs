using System.Diagnostics.CodeAnalysis;

namespace OmniScale.Runtime;

/// <summary>
/// Keys in the order in which they are handed out: first come, first served within a namespace, and the namespaces take turns, so that
/// a thousand objects of one do not keep another waiting. Not thread-safe.
/// </summary>
/// <param name="perNamespace">How many keys of a namespace may be out at once: the rest of the workers is for the others, however slow these are.</param>
internal sealed class FairLanes(int perNamespace)
{
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);

    /// <summary>The lanes that have a key to hand out and may do so, each once.</summary>
    private readonly Queue<Lane> _turns = new();

    /// <summary>Keys that wait, those of namespaces that have their share included.</summary>
    public int Count { get; private set; }

    public void Add(NamespacedName key)
    {
        if (!_lanes.TryGetValue(key.Namespace, out Lane? lane))
        {
            _lanes.Add(key.Namespace, lane = new Lane());
        }

        lane.Keys.Enqueue(key);
        Count++;
        LineUp(lane);
    }

    public bool TryTake([MaybeNullWhen(false)] out NamespacedName key)
    {
        key = default;
        if (!_turns.TryDequeue(out Lane? lane))
        {
            return false;
        }

        lane.HasTurn = false;
        key = lane.Keys.Dequeue();
        Count--;
        lane.Out++;
        LineUp(lane);
        return true;
    }

    /// <summary>A key that was taken is back.</summary>
    public void Return(NamespacedName key)
    {
        Lane lane = _lanes[key.Namespace];
        lane.Out--;
        LineUp(lane);
        if (lane is { Out: 0, Keys.Count: 0 })
        {
            _lanes.Remove(key.Namespace);
        }
    }

    private void LineUp(Lane lane)
    {
        if (!lane.HasTurn && lane.Keys.Count > 0 && lane.Out < perNamespace)
        {
            lane.HasTurn = true;
            _turns.Enqueue(lane);
        }
    }

    private sealed class Lane
    {
        public Queue<NamespacedName> Keys { get; } = new();

        public int Out { get; set; }

        public bool HasTurn { get; set; }
    }
}
