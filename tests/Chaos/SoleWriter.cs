namespace OmniScale.Chaos;

/// <summary>The time for which one replica held the lease.</summary>
/// <param name="Holder">Who.</param>
/// <param name="From">Taken by the holder before it asked for the lease.</param>
/// <param name="Until">When the lease was given back; null for one that ended as the next one began, or has not ended.</param>
/// <param name="Transitions">The lease's count of holders.</param>
internal sealed record Tenure(string Holder, DateTimeOffset From, DateTimeOffset? Until, int Transitions);

/// <summary>A write that came to Omni from a process.</summary>
internal sealed record ObservedWrite(DateTimeOffset Time, int Process, string What);

/// <summary>The rule that in each tenure one process writes, and that it writes in no other. Which process holds the lease is not known: it is the one whose first write is in the tenure.</summary>
internal static class SoleWriter
{
    /// <summary>A write is recorded when the simulator gets to it, which on a busy machine is later than it began.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns what breaks the rule, and how many writes landed that a process had under way when it was stopped: one each is let pass.</summary>
    public static (IReadOnlyList<string> Wrong, int Landed) Check(IReadOnlyList<Tenure> tenures, IEnumerable<ObservedWrite> writes, IEnumerable<int> frozen)
    {
        List<string> wrong = [.. tenures.Zip(tenures.Skip(1)).Where(pair => pair.Second.Transitions != pair.First.Transitions + 1)
            .Select(pair => $"the watch missed a holder between {pair.First} and {pair.Second}")];
        HashSet<int> mayLand = [.. frozen];
        Dictionary<int, int> tenureOf = [];
        var landed = 0;
        foreach (var write in writes.OrderBy(write => write.Time))
        {
            if (!tenureOf.TryGetValue(write.Process, out var own))
            {
                own = tenures.Count - 1;
                while (own >= 0 && tenures[own].From > write.Time)
                {
                    own--;
                }

                if (own < 0 || tenureOf.ContainsValue(own))
                {
                    wrong.Add($"{write} came while another process led, or none");
                }

                tenureOf[write.Process] = own;
            }

            if (own < 0 || (tenures[own].Until ?? tenures.ElementAtOrDefault(own + 1)?.From) is not { } end || write.Time < end + Slack)
            {
                continue;
            }

            // What had passed the check of the lease when the process was stopped leaves it when it goes on.
            landed++;
            if (!mayLand.Remove(write.Process))
            {
                wrong.Add($"{write} was begun after {tenures[own]} had ended at {end:O}");
            }
        }

        return (wrong, landed);
    }
}
