using OmniScale.Lab.Omni.Storage;
using OmniScale.Lab.Omni.Validation;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using AllocationType = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.MachineAllocation.Types.Type;
using MachineCounts = OmniScale.Omni.Api.Specs.Machines;
using Stage = OmniScale.Omni.Api.Specs.ClusterMachineStatusSpec.Types.Stage;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>The status of each machine set, and the end of sets that are torn down.</summary>
internal sealed class MachineSetStatuses(ControllerContext context, DesiredState desired)
{
    private const string Owner = "MachineSetStatusController";

    public void Reconcile()
    {
        foreach (var set in context.List(KnownTypes.MachineSets))
        {
            Describe(set);
            if (set.IsTearingDown)
                Finish(set);
            else
                context.AddFinalizer(set, Owner);
        }

        foreach (var type in new[] { KnownTypes.MachineSetStatuses, KnownTypes.MachineSetDestroyStatuses })
        {
            foreach (var orphan in context.List(type).Where(status => context.Find(KnownTypes.MachineSets, status.Id) is null))
                context.Remove(type, orphan.Id);
        }
    }

    private void Describe(StoredResource set)
    {
        var members = context.With(KnownTypes.ClusterMachines, OmniLabels.MachineSet, set.Id).ToList();
        var machines = members.Select(member => context.World.Machines.GetValueOrDefault(member.Id)).OfType<SimMachine>().ToList();
        var nodes = context.With(KnownTypes.MachineSetNodes, OmniLabels.MachineSet, set.Id).Where(node => !node.IsTearingDown).ToList();
        var allocation = MachineSetRules.AllocationOf(set.SpecAs<MachineSetSpec>());
        var requested = allocation is { AllocationType: AllocationType.Static } ? (int)allocation.MachineCount : nodes.Count;
        var counts = new MachineCounts
        {
            Total = (uint)members.Count,
            Healthy = (uint)machines.Count(machine => machine.IsReady),
            Connected = (uint)machines.Count(machine => machine.IsConnected),
            Requested = (uint)requested,
        };

        var outdated = members.Exists(member =>
            context.World.Machines.TryGetValue(member.Id, out var machine) &&
            (machine.ConfigStatus != ConfigApplyStatus.Applied || machine.ConfigHash != desired.ConfigHash(member)));
        var phase = Phase(set, requested, nodes.Count, members.Count, outdated, machines);
        context.Ensure<MachineSetStatusSpec>(KnownTypes.MachineSetStatuses, set.Id, Owner, status =>
        {
            status.Phase = phase;
            status.Ready = phase == MachineSetPhase.Running && counts.Healthy == counts.Total;
            status.Error = phase == MachineSetPhase.Failed ? "control plane machine set must have at least one node" : "";
            status.Machines = counts;
            status.MachineAllocation = allocation?.Clone();
            status.ConfigHash = members.Count == 0 ? "" : desired.ConfigHash(members[0]);
            status.LockedUpdates = (uint)nodes.Count(node =>
                node.Metadata.Annotations.ContainsKey(OmniAnnotations.Locked) &&
                context.World.Machines.TryGetValue(node.Id, out var machine) && machine.Stage == Stage.Running &&
                machine.TalosVersion != desired.TalosVersion(node));
        },
        set.Metadata.Labels);

        if (phase == MachineSetPhase.Destroying)
        {
            context.Ensure<DestroyStatusSpec>(
                KnownTypes.MachineSetDestroyStatuses, set.Id, Owner, status => status.Phase = $"Destroying: {members.Count} machines");
        }
    }

    private static MachineSetPhase Phase(
        StoredResource set, int requested, int nodes, int members, bool outdated, List<SimMachine> machines)
    {
        if (set.IsTearingDown)
            return MachineSetPhase.Destroying;
        if (requested == 0 && ControllerContext.IsControlPlane(set))
            return MachineSetPhase.Failed;
        if (nodes < requested || members < nodes)
            return MachineSetPhase.ScalingUp;
        if (nodes > requested || members > nodes)
            return MachineSetPhase.ScalingDown;
        if (machines.Exists(machine => machine.Stage is Stage.Upgrading or Stage.Rebooting))
            return MachineSetPhase.Upgrading;
        return outdated ? MachineSetPhase.Reconfiguring : MachineSetPhase.Running;
    }

    private void Finish(StoredResource set)
    {
        var isEmpty = !context.With(KnownTypes.ClusterMachines, OmniLabels.MachineSet, set.Id).Any() &&
            !context.With(KnownTypes.MachineSetNodes, OmniLabels.MachineSet, set.Id).Any();
        if (isEmpty)
            context.RemoveFinalizer(set, Owner);
    }
}
