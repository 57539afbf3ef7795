using System.Globalization;
using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>One thing to report.</summary>
internal sealed record EventNote(V1ObjectReference About, string Type, string Reason, string Message, DateTimeOffset At);

/// <summary>The Event that stands for all equal notes so far.</summary>
internal sealed record EventAggregate(NamespacedName Event, int Count, DateTimeOffset First, DateTimeOffset Last);

/// <summary>Counts equal notes and holds back floods. Not thread-safe.</summary>
internal sealed class EventAggregator
{
    /// <summary>How many events an object may have at once, and how long each takes to be earned back: client-go's figures.</summary>
    public const int Burst = 25;
    public static readonly TimeSpan EarnedBackEvery = TimeSpan.FromMinutes(5);

    /// <summary>API servers keep Events for an hour; counting up an old one would fail.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(50);

    private const int LongestName = 253;

    private readonly Dictionary<(string Uid, string Type, string Reason, string Message), EventAggregate> _aggregates = [];
    private readonly Dictionary<string, (double Tokens, DateTimeOffset At)> _buckets = [];
    private DateTimeOffset _nextCleaning;
    private long _named;

    /// <returns>The Event to create (count 1) or to update; null if the object has had too many.</returns>
    public EventAggregate? Add(EventNote note)
    {
        Clean(note.At);
        string uid = note.About.Uid ?? "";
        if (!TakeToken(uid, note.At))
        {
            return null;
        }

        var key = (uid, note.Type, note.Reason, note.Message);
        EventAggregate aggregate = _aggregates.TryGetValue(key, out EventAggregate? known) && note.At - known.Last < Memory
            ? known with { Count = known.Count + 1, Last = note.At }
            : new EventAggregate(NameFor(note), 1, note.At, note.At);
        return _aggregates[key] = aggregate;
    }

    private NamespacedName NameFor(EventNote note)
    {
        // The time keeps names of different processes apart, the count those of the same moment.
        string suffix = "." + (note.At.UtcTicks + ++_named).ToString("x", CultureInfo.InvariantCulture);
        string name = note.About.Name;
        name = name.Length + suffix.Length <= LongestName ? name : name[..(LongestName - suffix.Length)];
        string ns = note.About.NamespaceProperty ?? "";
        return new NamespacedName(ns.Length == 0 ? "default" : ns, name + suffix);
    }

    private bool TakeToken(string uid, DateTimeOffset now)
    {
        double tokens = _buckets.TryGetValue(uid, out (double Tokens, DateTimeOffset At) bucket)
            ? Math.Clamp(bucket.Tokens + ((now - bucket.At) / EarnedBackEvery), bucket.Tokens, Burst)
            : Burst;
        bool taken = tokens >= 1;
        _buckets[uid] = (taken ? tokens - 1 : tokens, now);
        return taken;
    }

    /// <summary>Forgets, now and then, what makes no difference any more.</summary>
    private void Clean(DateTimeOffset now)
    {
        if (now < _nextCleaning)
        {
            return;
        }

        _nextCleaning = now + EarnedBackEvery;
        foreach (var key in _aggregates.Where(pair => now - pair.Value.Last >= Memory).Select(pair => pair.Key).ToList())
        {
            _aggregates.Remove(key);
        }

        foreach (string uid in _buckets.Where(pair => now - pair.Value.At >= EarnedBackEvery * Burst).Select(pair => pair.Key).ToList())
        {
            _buckets.Remove(uid);
        }
    }
}
