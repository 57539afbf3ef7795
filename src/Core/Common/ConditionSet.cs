using k8s.Models;
using OmniScale.Crds;

namespace OmniScale.Core;

/// <summary>
/// The conditions of one pass. A condition that the pass did not get to keeps what was known, or is Unknown when nothing
/// is known of this object yet. Ready, Reconciling and Stalled follow from the outcome alone, here and nowhere else:
/// <code>
/// Done       Ready=True
/// Waiting    Ready=False   Reconciling=True
/// Retry      Ready=False   Reconciling=True, reason ProgressingWithRetry
/// Stalled    Ready=False   Stalled=True
/// Suspended  Ready=False
/// </code>
/// Transition times are stamped when the status is written.
/// </summary>
public sealed class ConditionSet(IReadOnlyList<V1Condition>? previous, long generation)
{
    /// <summary>The API server's limit is 32,768 characters; a page is enough for a reader.</summary>
    private const int MaxMessage = 4096;

    private static readonly Finding NotDetermined = Finding.Unknown(CommonReasons.Unknown, "not determined yet");

    private readonly List<V1Condition> conditions = [];

    /// <param name="finding">Null when the pass did not get to it.</param>
    public ConditionSet With(string type, Finding? finding)
    {
        var before = Find(type);
        if (finding is not null)
        {
            Add(type, finding);
        }
        else if (before is { Status: not nameof(Verdict.Unknown) })
        {
            conditions.Add(before);
        }
        else if (before is not null)
        {
            // Not known of this generation either.
            Add(type, Finding.Unknown(before.Reason, before.Message));
        }
        else
        {
            Add(type, NotDetermined);
        }

        return this;
    }

    public IReadOnlyList<V1Condition> Build(Outcome outcome)
    {
        var others = conditions.ToList();
        conditions.Clear();
        if (outcome.Kind == OutcomeKind.Done)
        {
            // Ready=True attests this generation: what was found out about an earlier one only is not known.
            others = [.. others.Select(c => c.ObservedGeneration == generation ? c : Create(c.Type, NotDetermined))];
        }

        Add(CommonConditions.Ready, new Finding(outcome.Kind == OutcomeKind.Done ? Verdict.True : Verdict.False, outcome.Reason, outcome.Message));
        switch (outcome.Kind)
        {
            case OutcomeKind.Waiting:
                Add(CommonConditions.Reconciling, Finding.True(outcome.Reason, outcome.Message));
                break;
            case OutcomeKind.Retry:
                Add(CommonConditions.Reconciling, Finding.True(CommonReasons.ProgressingWithRetry, outcome.Message));
                break;
            case OutcomeKind.Stalled:
                Add(CommonConditions.Stalled, Finding.True(outcome.Reason, outcome.Message));
                break;
        }

        conditions.AddRange(others);
        return conditions;
    }

    private void Add(string type, Finding finding) => conditions.Add(Create(type, finding));

    private V1Condition Create(string type, Finding finding) => new()
    {
        Type = type,
        Status = finding.Verdict.ToString(),
        Reason = finding.Reason,
        Message = Text.Cut(finding.Message, MaxMessage),
        ObservedGeneration = generation,
    };

    private V1Condition? Find(string type) => previous?.FirstOrDefault(c => c.Type == type);
}
