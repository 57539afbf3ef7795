using OmniScale.Core;
using OmniScale.Core.Classes;
using OmniScale.Core.Selectors;
using OmniScale.Crds;
using OmniScale.Omni.Api;
using OmniScale.Operator.Controllers.ProxmoxProviders;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.MachineClasses;

/// <summary>What the storage selectors of a class come to with what is known of its Proxmox, and what follows for the class in Omni.</summary>
internal sealed class SelectorStep(Store<ProxmoxProvider> providers, ProxmoxMonitor monitor)
{
    /// <summary>Records the verdict and what the selectors pick.</summary>
    /// <returns>Whether the class is wrong in its text and held back for it.</returns>
    public bool Judge(Pass<MachineClass, ClassFacts> pass)
    {
        var (machineClass, facts) = (pass.Object, pass.Facts);
        var judgement = SelectorCheck.Judge(machineClass.Spec, Inventory(pass));
        if (judgement.Finding.Verdict == Verdict.Unknown && judgement.Picks.Count == 0 && machineClass.Status?.ObservedGeneration == machineClass.Metadata.Generation)
        {
            // An operator that has just started has not looked at Proxmox yet: what it said before it was stopped holds until it has.
            facts.StorageSelectorValid = IsAboutToBeRead(pass) ? Before(machineClass) ?? judgement.Finding : judgement.Finding;
            return false;
        }

        (facts.StorageSelectorValid, facts.Storages) = (judgement.Finding, judgement.Picks);
        return judgement.IsTextError && machineClass.Spec.CheckPolicy == CheckPolicy.Enforce;
    }

    /// <summary>Records the outcome of a class that is not to reach Omni, and whether Omni holds it already.</summary>
    /// <param name="isSynced">Whether what Omni holds is the class as it is wanted.</param>
    public void HoldBack(Pass<MachineClass, ClassFacts> pass, Func<OmniResource, bool> isSynced)
    {
        var (machineClass, facts) = (pass.Object, pass.Facts);
        if (machineClass.Spec.CheckPolicy == CheckPolicy.Report || facts.StorageSelectorValid is not { } finding)
        {
            return;
        }

        if (finding.Verdict == Verdict.Unknown && IsAboutToBeRead(pass))
        {
            // One apply may bring the provider and its classes: the first look at Proxmox is worth a moment.
            facts.Outcome = Outcome.Waiting(CommonReasons.Progressing, $"the first look at the Proxmox of provider {machineClass.Spec.ProviderRef!.Name} is under way");
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

    private OmniScale.Proxmox.ProxmoxInventory? Inventory(Pass<MachineClass, ClassFacts> pass) =>
        pass.Object.Spec.ProviderRef is { } provider ? monitor.Inventory(new(pass.Key.Namespace, provider.Name)) : null;

    /// <summary>
    /// Nothing is known to stand between the provider and its Proxmox, and it was not looked at since the operator started: the provider's next
    /// pass changes that and wakes the class.
    /// </summary>
    private bool IsAboutToBeRead(Pass<MachineClass, ClassFacts> pass) =>
        Inventory(pass) is null
        && pass.Object.Spec.ProviderRef is { } reference && providers.TryGet(new(pass.Key.Namespace, reference.Name), out var provider)
        && !provider.Spec.Suspend && provider.Metadata.DeletionTimestamp is null
        && provider.Status?.Conditions?.FirstOrDefault(c => c.Type == ProxmoxProviderConditions.ProviderReachable)?.Status != nameof(Verdict.False);

    private static Finding? Before(MachineClass machineClass) =>
        machineClass.Status?.Conditions?.FirstOrDefault(c => c.Type == MachineClassConditions.StorageSelectorValid) is { } condition
        && Enum.TryParse<Verdict>(condition.Status, out var verdict) && verdict != Verdict.Unknown && condition.ObservedGeneration == machineClass.Metadata.Generation
            ? new(verdict, condition.Reason, condition.Message)
            : null;
}
