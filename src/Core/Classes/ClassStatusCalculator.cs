using OmniScale.Crds;

namespace OmniScale.Core.Classes;

/// <summary>What one pass found out about a MachineClass.</summary>
public sealed class ClassFacts : PassFacts
{
    public Finding? ProviderReady { get; set; }

    public Finding? StorageSelectorValid { get; set; }

    /// <summary>What the storage selectors pick; null when that is not known.</summary>
    public IReadOnlyList<StoragePick>? Storages { get; set; }
}

/// <summary>A MachineClass's status as a function of the object and the facts of a pass.</summary>
public static class ClassStatusCalculator
{
    /// <returns>The status, and the outcome that it shows.</returns>
    public static (MachineClassStatus Status, Outcome Outcome) Compute(MachineClass machineClass, ClassFacts facts)
    {
        var before = machineClass.Status ?? new MachineClassStatus();
        var generation = machineClass.Metadata.Generation ?? 0;
        var outcome = facts.Outcome ?? Outcome.Done($"machine class {machineClass.OmniName} is in Omni");
        var status = before with
        {
            ObservedGeneration = generation,
            LastHandledReconcileAt = machineClass.RequestedAt() ?? before.LastHandledReconcileAt,
            Omni = facts.Binding ?? before.Omni,
            OmniName = machineClass.OmniName,
            Storages = facts.Storages ?? before.Storages,
            Storage = facts.Storages is { } picks ? Summary(picks) : before.Storage,
            Conditions = new ConditionSet(before.Conditions, generation)
                .With(MachineClassConditions.ProviderReady, facts.ProviderReady)
                .With(MachineClassConditions.StorageSelectorValid, facts.StorageSelectorValid)
                .With(CommonConditions.Synced, facts.Synced)
                .With(CommonConditions.OmniReachable, facts.OmniReachable)
                .Build(outcome),
        };
        return (status, outcome);
    }

    private static string? Summary(IReadOnlyList<StoragePick> picks)
    {
        var names = picks.Where(p => p.Disk == StoragePick.SystemDisk).SelectMany(p => p.Storages ?? []).Distinct().Order(StringComparer.Ordinal);
        var text = string.Join(",", names);
        return text.Length > 0 ? text : null;
    }
}
