using k8s.Models;

namespace OmniScale.Runtime;

/// <summary>Tells a change that asks for a pass from the echo of a status write.</summary>
internal static class ChangePredicate
{
    public static bool Matters(V1ObjectMeta? old, V1ObjectMeta? @new) =>
        old is null
        || @new is null
        || old.Uid != @new.Uid
        // Kinds without generations, such as Secrets, have no status to echo either.
        || @new.Generation is null
        || old.Generation != @new.Generation
        || old.DeletionTimestamp != @new.DeletionTimestamp
        || !(old.Finalizers ?? []).SequenceEqual(@new.Finalizers ?? [])
        || !Same(old.Labels, @new.Labels)
        || !Same(old.Annotations, @new.Annotations);

    private static bool Same(IDictionary<string, string>? a, IDictionary<string, string>? b) =>
        (a?.Count ?? 0) == (b?.Count ?? 0)
        && (a is null || a.All(pair => b!.TryGetValue(pair.Key, out string? value) && value == pair.Value));
}
