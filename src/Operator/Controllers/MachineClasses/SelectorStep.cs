using OmniScale.Core;
using OmniScale.Core.Classes;
using OmniScale.Core.Selectors;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Operator.Controllers.ProxmoxProviders;
using OmniScale.Proxmox;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.MachineClasses;

/// <summary>What the storage selectors of a class come to with what is known of its Proxmox, and what follows for the class in Omni.</summary>
internal sealed class SelectorStep(Store<ProxmoxProvider> providers, ProxmoxMonitor monitor, TimeProvider time)
{
    /// <summary>How long a provider that is new, and not reachable yet, is waited for.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    /// <summary>Records the verdict and what the selectors pick.</summary>
    /// <returns>Whether the class is wrong in its text and held back for it.</returns>
    public bool Judge(Pass<MachineClass, ClassFacts> pass) => Judge(pass, Inventory(pass));

    /// <summary>Records the outcome of a class that is not to reach Omni, and whether Omni holds it already.</summary>
    /// <param name="isSynced">Whether what Omni holds is the class as it is wanted.</param>
    public void HoldBack(Pass<MachineClass, ClassFacts> pass, Func<OmniResource, bool> isSynced)
    {
        var (machineClass, facts) = (pass.Object, pass.Facts);
        if (machineClass.Spec.CheckPolicy == CheckPolicy.Report)
        {
            return;
        }

        // Proxmox may have been read while the pass went on; the verdict must not be older than the question whether it was.
        var inventory = Inventory(pass);
        if (facts.StorageSelectorValid is { Verdict: Verdict.Unknown })
        {
            Judge(pass, inventory);
        }

        var finding = facts.StorageSelectorValid!;
        if (finding.Verdict == Verdict.Unknown && inventory is null && IsAboutToBeRead(pass, out var limit))
        {
            // One apply may bring the provider and its classes: the first look at Proxmox is worth a moment.
            facts.Outcome = Outcome.Waiting(CommonReasons.Progressing, $"the first look at the Proxmox of provider {machineClass.Spec.ProviderRef!.Name} is under way", limit);
            return;
        }

        if (finding.Verdict != Verdict.False)
        {
            return;
        }

        var stored = pass.Omni.Cache.Find(ResourceTypes.MachineClasses, machineClass.OmniName);
        facts.Synced = stored is null ? Finding.False(finding.Reason, $"machine class {machineClass.OmniName} is held back from Omni while its storage selectors are not valid")
            : isSynced(stored) ? Finding.True(CommonReasons.Succeeded, "Omni holds what the spec describes")
            : Finding.False(finding.Reason, $"machine class {machineClass.OmniName} in Omni stays as it is: changes are held back while the storage selectors are not valid");
        facts.Outcome = Outcome.Waiting(finding.Reason, finding.Message);
    }

    private bool Judge(Pass<MachineClass, ClassFacts> pass, ProxmoxInventory? inventory)
    {
        var (machineClass, facts) = (pass.Object, pass.Facts);
        var judgement = SelectorCheck.Judge(machineClass.Spec, inventory);
        if (judgement.Finding.Verdict == Verdict.Unknown && judgement.Picks.Count == 0 && machineClass.Status?.ObservedGeneration == machineClass.Metadata.Generation)
        {
            // An operator that has just started has not looked at Proxmox yet: what it said before it was stopped holds until it has.
            facts.StorageSelectorValid = judgement.Finding;
            if (inventory is null && IsAboutToBeRead(pass, out var limit))
            {
                facts.StorageSelectorValid = Before(machineClass) ?? judgement.Finding;
                pass.LookAgainAfter = limit;
            }

            return false;
        }

        (facts.StorageSelectorValid, facts.Storages) = (judgement.Finding, judgement.Picks);
        return judgement.IsTextError && machineClass.Spec.CheckPolicy == CheckPolicy.Enforce;
    }

    private ProxmoxInventory? Inventory(Pass<MachineClass, ClassFacts> pass) =>
        pass.Object.Spec.ProviderRef is { } provider ? monitor.Inventory(new(pass.Key.Namespace, provider.Name)) : null;

    /// <summary>
    /// The provider was not looked at since the operator started, and nothing stands between it and its Proxmox, or not for long: its Secret may
    /// come right behind it. The provider's next pass changes that and wakes the class.
    /// </summary>
    /// <param name="limit">When to stop waiting; null when only the next pass matters.</param>
    private bool IsAboutToBeRead(Pass<MachineClass, ClassFacts> pass, out TimeSpan? limit)
    {
        limit = null;
        if (pass.Object.Spec.ProviderRef is not { } reference || !providers.TryGet(new(pass.Key.Namespace, reference.Name), out var provider)
            || provider.Spec.Suspend || provider.Metadata.DeletionTimestamp is not null)
        {
            return false;
        }

        var reachable = provider.Status?.Conditions?.FirstOrDefault(c => c.Type == ProxmoxProviderConditions.ProviderReachable);
        if (reachable?.Status != nameof(Verdict.False))
        {
            return true;
        }

        limit = reachable.LastTransitionTime + Grace - time.GetUtcNow();
        return limit > TimeSpan.Zero;
    }

    private static Finding? Before(MachineClass machineClass) =>
        machineClass.Status?.Conditions?.FirstOrDefault(c => c.Type == MachineClassConditions.StorageSelectorValid) is { } condition
        && Enum.TryParse<Verdict>(condition.Status, out var verdict) && verdict != Verdict.Unknown && condition.ObservedGeneration == machineClass.Metadata.Generation
            ? new(verdict, condition.Reason, condition.Message)
            : null;
}
