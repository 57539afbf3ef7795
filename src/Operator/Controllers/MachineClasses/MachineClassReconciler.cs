using OmniScale.Core;
using OmniScale.Core.Classes;
using OmniScale.Crds;
using OmniScale.Omni;
using OmniScale.Omni.Api;
using OmniScale.Operator.Controllers.ProxmoxProviders;
using OmniScale.Operator.Controllers.TalosClusters;
using OmniScale.Runtime;

namespace OmniScale.Operator.Controllers.MachineClasses;

/// <summary>Brings a machine class in Omni in line with a MachineClass.</summary>
internal sealed class MachineClassReconciler(
    ReconcilerServices services, Store<MachineClass> store, Store<ProxmoxProvider> providers, Store<TalosCluster> clusters, ProxmoxMonitor monitor)
    : Reconciler<MachineClass, ClassFacts>(services, store)
{
    private readonly SelectorStep selector = new(providers, monitor, services.Time);

    protected override IReadOnlyList<Func<Pass<MachineClass, ClassFacts>, CancellationToken, Task>> Steps =>
        [SuspendAsync, JudgeSelectorAsync, OpenOmniStepAsync, FindProviderAsync, HoldBackAsync, SyncAsync];

    protected override (CommonStatus Status, Outcome Outcome) Compute(MachineClass value, ClassFacts facts) => ClassStatusCalculator.Compute(value, facts);

    private static Task SuspendAsync(Pass<MachineClass, ClassFacts> pass, CancellationToken ct)
    {
        if (pass.Object.Spec.Suspend)
        {
            pass.Facts.Outcome = Outcome.Suspended("nothing is checked or changed while spec.suspend is true");
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Judges the storage selectors. Records StorageSelectorValid and what they pick. What is wrong with the text itself is told whatever else
    /// is missing; how Omni and the provider stand is found out all the same.
    /// </summary>
    private async Task JudgeSelectorAsync(Pass<MachineClass, ClassFacts> pass, CancellationToken ct)
    {
        if (!selector.Judge(pass))
        {
            return;
        }

        if (await OpenOmniAsync(pass, ct))
        {
            await FindProviderAsync(pass, ct);
            await HoldBackAsync(pass, ct);
        }

        var finding = pass.Facts.StorageSelectorValid!;
        pass.Facts.Outcome = Outcome.Stalled(finding.Reason, finding.Message, pass.Facts.Outcome?.After);
    }

    /// <summary>Ends the pass of a class that is known not to work, before anything of it reaches Omni. What is there already stays. Records Synced.</summary>
    private Task HoldBackAsync(Pass<MachineClass, ClassFacts> pass, CancellationToken ct)
    {
        selector.HoldBack(pass, stored => OwnerOf(pass.Object).Judge(stored.Metadata) == Ownership.Ours && ResourceDiff.Update(stored, Wanted(pass), new HashSet<string>()) is null);
        return Task.CompletedTask;
    }

    /// <summary>Finds the provider of the class and whether it has ever connected: Omni takes no class for it before. Records ProviderReady.</summary>
    private Task FindProviderAsync(Pass<MachineClass, ClassFacts> pass, CancellationToken ct)
    {
        if (pass.Object.Spec.ProviderRef is not { } reference)
        {
            pass.Facts.ProviderReady = Finding.True(MachineClassReasons.NotApplicable, "a class with matchLabels needs no provider");
            return Task.CompletedTask;
        }

        if (!providers.TryGet(new(pass.Key.Namespace, reference.Name), out var provider))
        {
            return Refuse(MachineClassReasons.ProviderNotFound, $"there is no ProxmoxProvider {reference.Name} in namespace {pass.Key.Namespace}");
        }

        if (pass.Omni.Cache.Find(ResourceTypes.InfraProviderStatuses, provider.ProviderId) is null)
        {
            return Refuse(MachineClassReasons.ProviderNeverConnected,
                $"infrastructure provider {provider.ProviderId} has never connected to Omni, which takes no class for it before: start its process with --id {provider.ProviderId}");
        }

        pass.Facts.ProviderReady = Finding.True(MachineClassReasons.ProviderKnown, $"infrastructure provider {provider.ProviderId} is known to Omni");
        return Task.CompletedTask;

        Task Refuse(string reason, string message)
        {
            pass.Facts.ProviderReady = Finding.False(reason, message);
            pass.Facts.Synced = Finding.False(CommonReasons.DependencyNotReady, message);
            pass.Facts.Outcome = Outcome.Waiting(reason, message);
            return Task.CompletedTask;
        }
    }

    /// <summary>Creates the class in Omni or writes what differs. Records Synced.</summary>
    private async Task SyncAsync(Pass<MachineClass, ClassFacts> pass, CancellationToken ct)
    {
        var (machineClass, facts) = (pass.Object, pass.Facts);
        var owner = OwnerOf(machineClass);
        var wanted = Wanted(pass);
        if (pass.Omni.Cache.Find(ResourceTypes.MachineClasses, wanted.Id) is not { } stored)
        {
            await pass.Omni.State.CreateAsync(wanted, ct);
        }
        else if (!owner.MayTake(stored.Metadata, machineClass.Spec.AdoptionPolicy))
        {
            Stall(CommonReasons.NameConflict, owner.Conflict(stored, "machine class"));
            return;
        }
        else if (stored.IsTearingDown)
        {
            facts.Synced = Finding.False(CommonReasons.Progressing, $"machine class {wanted.Id} is being deleted in Omni; it is made anew when it is gone");
            facts.Outcome = Outcome.Waiting(CommonReasons.Progressing, facts.Synced.Message);
            await OmniDeletion.StepAsync(pass.Omni.State, stored, ct);
            return;
        }
        else if (stored.Spec.MatchLabels.Count > 0 && wanted.Spec.AutoProvision is not null)
        {
            // Omni's own server fails on this change (a nil dereference in its validation) instead of refusing it.
            Stall(CommonReasons.InvalidSpec, $"machine class {wanted.Id} in Omni chooses among existing machines and cannot become one that builds machines: delete it there, or choose another name");
            return;
        }
        else if (ResourceDiff.Update(stored, wanted, new HashSet<string>()) is { } update)
        {
            await pass.Omni.State.UpdateAsync(update, ct);
        }

        facts.Synced = Finding.True(CommonReasons.Succeeded, "Omni holds what the spec describes");

        void Stall(string reason, string message)
        {
            facts.Synced = Finding.False(reason, message);
            facts.Outcome = Outcome.Stalled(reason, message);
        }
    }

    private OmniResource<Omni.Api.Specs.MachineClassSpec> Wanted(Pass<MachineClass, ClassFacts> pass)
    {
        var providerId = pass.Object.Spec.ProviderRef is { } reference && providers.TryGet(new(pass.Key.Namespace, reference.Name), out var provider) ? provider.ProviderId : "";
        return MachineClassRenderer.Render(pass.Object, providerId, OwnerOf(pass.Object));
    }

    protected override async Task<bool> DeleteAsync(Pass<MachineClass, ClassFacts> pass, CancellationToken ct)
    {
        var (machineClass, facts) = (pass.Object, pass.Facts);
        var users = clusters.ByIndex(TalosClusterIndexes.MachineClass, TalosClusterIndexes.ClassKey(pass.Key.Namespace, pass.Key.Name));
        if (users.Count > 0)
        {
            facts.Outcome = Outcome.Waiting(CommonReasons.InUse, $"deletion waits for TalosClusters that use this class: {string.Join(", ", users.Select(c => c.Metadata.Name).Order(StringComparer.Ordinal))}");
            return false;
        }

        var orphan = machineClass.Spec.DeletionPolicy == DeletionPolicy.Orphan;
        if (machineClass.Spec.Suspend && !orphan)
        {
            facts.Synced = Finding.False(CommonReasons.DeletionSuspended, "deletion waits while spec.suspend is true");
            facts.Outcome = Outcome.Suspended(facts.Synced.Message);
            return false;
        }

        if (!await OpenOmniAsync(pass, ct))
        {
            if (NeverReachedOmni(pass))
            {
                return true;
            }

            if (orphan && !pass.IsConnecting)
            {
                Services.Events.Warning(machineClass, CommonReasons.Orphaned, $"let go of machine class {machineClass.OmniName} without marking it in Omni: {facts.Outcome!.Message}");
                return true;
            }

            facts.Outcome = orphan ? facts.Outcome : facts.Outcome! with
            {
                Message = $"cannot delete machine class {machineClass.OmniName} in Omni: {facts.Outcome.Message}. Set spec.deletionPolicy: Orphan to let go of it instead",
            };
            return false;
        }

        if (pass.Omni.Cache.Find(ResourceTypes.MachineClasses, machineClass.OmniName) is not { } stored)
        {
            return await OmniDeletion.IsGoneAsync(pass, ResourceTypes.MachineClasses, machineClass.OmniName, OwnerOf(machineClass), Services.Time, ct);
        }

        if (OwnerOf(machineClass).Judge(stored.Metadata) != Ownership.Ours)
        {
            return true;
        }

        if (orphan)
        {
            return await OrphanAsync(pass, stored, CommonReasons.Orphaned, "", ct);
        }

        if (ChangingCluster(pass.Omni.Cache, stored.Id) is { } cluster)
        {
            facts.Outcome = Outcome.Waiting(CommonReasons.InUse, $"deletion waits for cluster {cluster}, whose machine sets still use this class in Omni");
            return false;
        }

        return await TearDownAsync(pass, stored, ct);
    }

    /// <summary>A cluster whose object names the class no more, while its machine sets in Omni still do.</summary>
    private string? ChangingCluster(OmniCache cache, string className) => clusters.List()
        .Where(cluster => cache.ByCluster(ResourceTypes.MachineSets, cluster.ClusterName)
            .Any(set => set.Spec.MachineAllocation?.Name == className && OwnerOf(cluster).Judge(set.Metadata) == Ownership.Ours))
        .Select(cluster => cluster.ClusterName)
        .FirstOrDefault();

    private async Task<bool> TearDownAsync(Pass<MachineClass, ClassFacts> pass, OmniResource stored, CancellationToken ct)
    {
        try
        {
            if (!stored.IsTearingDown || stored.Metadata.Finalizers.Count == 0)
            {
                await OmniDeletion.StepAsync(pass.Omni.State, stored, ct);
            }
        }
        catch (OmniException e) when (e.Kind == OmniError.ValidationFailed)
        {
            return await OrphanAsync(pass, stored, CommonReasons.LeftInOmni, $": {e.Message}", ct);
        }

        if (pass.Omni.Cache.Find(ResourceTypes.MachineClasses, stored.Id) is null)
        {
            return true;
        }

        pass.Facts.Outcome = Outcome.Waiting(CommonReasons.Deleting, $"waiting for Omni to remove machine class {stored.Id}");
        return false;
    }

    private async Task<bool> OrphanAsync(Pass<MachineClass, ClassFacts> pass, OmniResource stored, string reason, string why, CancellationToken ct)
    {
        var failure = await OmniDeletion.ReleaseAsync(pass.Omni, [stored], Services.Time, ct);
        var text = $"machine class {stored.Id} stays in Omni{why}{(failure is null ? "" : $" (it could not be marked there: {failure})")}";
        if (reason == CommonReasons.Orphaned && failure is null)
        {
            Services.Events.Normal(pass.Object, reason, text);
        }
        else
        {
            Services.Events.Warning(pass.Object, reason, text);
        }

        return true;
    }
}
