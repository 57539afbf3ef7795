using OmniScale.Core;
using OmniScale.Runtime;

namespace OmniScale.Operator.Connections;

/// <summary>
/// What the objects of an Omni that is away say of it, and when. Nothing at first, where they have what they need: most breaks are
/// short. Then all the same, so that none has to correct itself, and some a second, in turn: each has a status to write, and a thousand are
/// not to do so at once.
/// </summary>
internal sealed class OmniOutage : IDisposable
{
    private const int ToldPerSecond = 20;

    /// <summary>The same reason in other words, such as the next thing that is not permitted, is worth another round of writes this often.</summary>
    private static readonly TimeSpan OtherWords = TimeSpan.FromMinutes(1);

    private readonly Lock gate = new();
    private readonly TimeProvider time;
    private readonly ITimer timer;
    private readonly Dictionary<(Type Kind, NamespacedName Key), long> turns = [];
    private long next;
    private long worded;

    /// <param name="finding">What is to be said.</param>
    /// <param name="silence">For how long nothing is; none at all if not positive.</param>
    /// <param name="tell">Called when there is something to say: after the silence, and for another reason than before.</param>
    /// <param name="time">The clock of silence and turns.</param>
    public OmniOutage(Finding finding, TimeSpan silence, Action<OmniOutage> tell, TimeProvider time)
    {
        (Finding, IsSilent, this.time, worded) = (finding, silence > TimeSpan.Zero, time, time.GetTimestamp());
        timer = time.CreateTimer(_ => tell(this), null, IsSilent ? silence : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    public Finding Finding { get; private set; }

    public bool IsSilent { get; private set; }

    /// <summary>Takes up another reason, which those who have spoken are to tell as well, when the others have had their turn.</summary>
    public void Update(Finding finding)
    {
        lock (gate)
        {
            if (finding == Finding || (!IsSilent && finding.Reason == Finding.Reason && time.GetElapsedTime(worded) < OtherWords))
            {
                return;
            }

            (Finding, worded) = (finding, time.GetTimestamp());
            if (!IsSilent)
            {
                // Turns that are still to come stay: reasons that alternate must not put everybody off.
                foreach (var holder in turns.Where(turn => turn.Value <= worded).Select(turn => turn.Key).ToList())
                {
                    turns.Remove(holder);
                }

                timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Ends the silence.</summary>
    public void Speak()
    {
        lock (gate)
        {
            IsSilent = false;
        }
    }

    /// <summary>How long it is until an object may speak, which is given a turn if it has none; zero when it may.</summary>
    public TimeSpan UntilTurn((Type Kind, NamespacedName Key) holder)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            if (!turns.TryGetValue(holder, out var turn))
            {
                turns[holder] = turn = Math.Max(next, now);
                next = turn + (time.TimestampFrequency / ToldPerSecond);
            }

            return turn > now ? time.GetElapsedTime(now, turn) : TimeSpan.Zero;
        }
    }

    public void Dispose() => timer.Dispose();
}
