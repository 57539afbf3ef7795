using k8s.Models;
using OmniScale.Crds;

namespace OmniScale.Core.Tests.Common;

public class ConditionSetTests
{
    private static readonly MachineClass Object = new() { Metadata = Sample.Metadata("shape", generation: 3) };

    public static TheoryData<string, Outcome, string[]> Outcomes => new()
    {
        { nameof(Health.Current), Outcome.Done("all well"), ["Ready=True Succeeded"] },
        { nameof(Health.InProgress), Outcome.Waiting("ScalingUp", "two of three"), ["Ready=False ScalingUp", "Reconciling=True ScalingUp"] },
        { nameof(Health.InProgress), Outcome.Retry("Unreachable", "no answer"), ["Ready=False Unreachable", "Reconciling=True ProgressingWithRetry"] },
        { nameof(Health.Failed), Outcome.Stalled("InvalidSpec", "twice"), ["Ready=False InvalidSpec", "Stalled=True InvalidSpec"] },
        { nameof(Health.InProgress), Outcome.Suspended("as asked"), ["Ready=False Suspended"] },
    };

    [Theory, MemberData(nameof(Outcomes))]
    public void Build_ReadyAndItsCompanionsFollowFromTheOutcome(string health, Outcome outcome, string[] expected)
    {
        var conditions = new ConditionSet(Before("Ready=True", "Stalled=True", "Reconciling=True"), 3).Build(outcome);

        Assert.Equal(expected, conditions.Select(c => $"{c.Type}={c.Status} {c.Reason}"));
        Assert.All(conditions, c => Assert.Equal(outcome.Message, c.Message));
        Assert.Equal(Enum.Parse<Health>(health), KStatus.Check(Object, Status(conditions)));
    }

    [Fact]
    public void With_OnTheFirstVisit_MakesWhatIsNotKnownUnknown()
    {
        var conditions = new ConditionSet(null, 3).With("Synced", null).Build(Outcome.Waiting("Progressing", "at it"));

        var synced = Assert.Single(conditions, c => c.Type == "Synced");
        Assert.Equal(("Unknown", "Unknown", "not determined yet", 3L), (synced.Status, synced.Reason, synced.Message, synced.ObservedGeneration));
        KStatus.Check(Object, Status(conditions));
    }

    [Fact]
    public void With_WhatThePassDidNotGetTo_KeepsWhatWasKnownAndOfWhichGeneration()
    {
        var conditions = new ConditionSet(Before("Synced=True"), 3).With("Synced", null).Build(Outcome.Retry("Unreachable", "no answer"));

        var synced = Assert.Single(conditions, c => c.Type == "Synced");
        Assert.Equal(("True", 2L), (synced.Status, synced.ObservedGeneration));
        KStatus.Check(Object, Status(conditions));
    }

    [Fact]
    public void With_WhatIsStillNotKnown_IsNotKnownOfThisGenerationEither()
    {
        var conditions = new ConditionSet(Before("Synced=Unknown"), 3).With("Synced", null).Build(Outcome.Done("all well"));

        var synced = Assert.Single(conditions, c => c.Type == "Synced");
        Assert.Equal(("Unknown", "Earlier", "as it was", 3L), (synced.Status, synced.Reason, synced.Message, synced.ObservedGeneration));
        Assert.Equal(Health.Current, KStatus.Check(Object, Status(conditions)));
    }

    [Fact]
    public void Build_WhenAllIsDone_AttestsThisGenerationOnly()
    {
        var conditions = new ConditionSet(Before("Synced=True", "Checked=False"), 3)
            .With("Synced", Finding.True("Succeeded", "in Omni")).With("Checked", null).Build(Outcome.Done("all well"));

        var check = Assert.Single(conditions, c => c.Type == "Checked");
        Assert.Equal(("Unknown", "Unknown", 3L), (check.Status, check.Reason, check.ObservedGeneration));
        Assert.Equal(Health.Current, KStatus.Check(Object, Status(conditions)));
    }

    [Fact]
    public void Build_PutsReadyFirstAndTheRestInTheOrderOfTheCalls()
    {
        var conditions = new ConditionSet(null, 3).With("B", Finding.True("R", "m")).With("A", Finding.True("R", "m")).Build(Outcome.Stalled("R", "m"));

        Assert.Equal(["Ready", "Stalled", "B", "A"], conditions.Select(c => c.Type));
    }

    [Theory]
    [InlineData(4096, 4096, false)]
    [InlineData(4097, 4096, true)]
    [InlineData(100000, 4096, true)]
    public void With_WhenAMessageIsTooLong_CutsIt(int length, int expected, bool cut)
    {
        var message = Ready(new string('x', length));

        Assert.Equal(expected, message.Length);
        Assert.Equal(cut, message.EndsWith('…'));
    }

    [Fact]
    public void With_WhenAMessageIsTooLong_CutsNoCharacterInHalf()
    {
        var message = Ready(new string('x', 4094) + "😀😀");

        Assert.Equal(new string('x', 4094) + "…", message);
    }

    private static string Ready(string message) => new ConditionSet(null, 3).Build(Outcome.Waiting("R", message))[0].Message;

    /// <summary>Conditions of generation 2.</summary>
    private static List<V1Condition> Before(params string[] conditions) =>
        [.. conditions.Select(c => c.Split('=')).Select(c => new V1Condition { Type = c[0], Status = c[1], Reason = "Earlier", Message = "as it was", ObservedGeneration = 2 })];

    private static MachineClassStatus Status(IReadOnlyList<V1Condition> conditions) => new() { ObservedGeneration = 3, Conditions = conditions };
}
