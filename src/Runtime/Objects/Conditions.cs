using System.Text.RegularExpressions;
using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>The list of conditions in a status, which has one entry per type, Ready first.</summary>
public static partial class Conditions
{
    public const string Ready = "Ready";
    public const string True = "True";
    public const string False = "False";
    public const string Unknown = "Unknown";

    /// <summary>The longest message that the API conventions allow.</summary>
    private const int LongestMessage = 32768;

    public static V1Condition? Get(IEnumerable<V1Condition>? conditions, string type) =>
        conditions?.FirstOrDefault(condition => condition.Type == type);

    public static bool IsTrue(IEnumerable<V1Condition>? conditions, string type) => Get(conditions, type)?.Status == True;

    /// <summary>
    /// Adds the condition, or updates it in its place. Its transition time stays while the status stays, and else is left for
    /// <see cref="StatusWriter{T}"/> to fill in.
    /// </summary>
    /// <exception cref="ArgumentException">The status or the reason is none that the API conventions allow.</exception>
    public static void Set(IList<V1Condition> conditions, string type, string status, string reason, string message, long? observedGeneration = null)
    {
        if (status is not (True or False or Unknown))
        {
            throw new ArgumentException($"Condition {type} cannot have the status \"{status}\"", nameof(status));
        }

        if (!ReasonPattern().IsMatch(reason))
        {
            throw new ArgumentException($"Condition {type} cannot have the reason \"{reason}\"", nameof(reason));
        }

        V1Condition? old = Get(conditions, type);
        var condition = new V1Condition
        {
            Type = type,
            Status = status,
            Reason = reason,
            Message = message.Length <= LongestMessage ? message : message[..LongestMessage],
            ObservedGeneration = observedGeneration,
            LastTransitionTime = old?.Status == status ? old.LastTransitionTime : default,
        };
        if (old is not null)
        {
            conditions[conditions.IndexOf(old)] = condition;
        }
        else if (type == Ready)
        {
            conditions.Insert(0, condition);
        }
        else
        {
            conditions.Add(condition);
        }
    }

    /// <returns>Whether there was such a condition.</returns>
    public static bool Remove(IList<V1Condition> conditions, string type) =>
        Get(conditions, type) is { } condition && conditions.Remove(condition);

    [GeneratedRegex("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")]
    private static partial Regex ReasonPattern();
}
