using OmniScale.Lab.Omni.Storage;
using OmniScale.Lab.Omni.Validation;
using OmniScale.Omni.Api;
using OmniScale.Omni.Api.Specs;
using AllocationType = OmniScale.Omni.Api.Specs.MachineSetSpec.Types.MachineAllocation.Types.Type;

namespace OmniScale.Lab.Omni.Lifecycle;

/// <summary>Picks the machines of sets that take theirs from a class. The nodes it makes have no owner, but a label.</summary>
internal sealed class MachineSetNodes(ControllerContext context)
{
    public void Reconcile()
    {
        foreach (var set in context.List(KnownTypes.MachineSets))
        {
            var nodes = context.With(KnownTypes.MachineSetNodes, OmniLabels.MachineSet, set.Id).ToList();
            if (set.IsTearingDown)
            {
                foreach (var node in nodes)
                    context.TearDownAndDestroy(node);
                continue;
            }

            foreach (var gone in nodes.Where(node => node.IsTearingDown && node.HasLabel(OmniLabels.ManagedByMachineSetNodeController)))
                context.TearDownAndDestroy(gone);
            if (MachineSetRules.AllocationOf(set.SpecAs<MachineSetSpec>()) is { } allocation)
                Allocate(set, allocation, nodes);
        }
    }

    private void Allocate(StoredResource set, MachineSetSpec.Types.MachineAllocation allocation, List<StoredResource> nodes)
    {
        if (context.Find(KnownTypes.MachineClasses, allocation.Name) is not { } @class ||
            context.Find(KnownTypes.Clusters, set.Label(OmniLabels.Cluster) ?? "") is not { IsTearingDown: false })
        {
            return;
        }

        var live = nodes.Where(node => !node.IsTearingDown).ToList();
        var unlimited = allocation.AllocationType == AllocationType.Unlimited;
        var wanted = unlimited ? live.Count : (int)allocation.MachineCount;
        var candidates = unlimited || wanted > live.Count ? Candidates(set, @class.SpecAs<MachineClassSpec>()).ToList() : [];
        foreach (var machine in unlimited ? candidates : candidates.Take(wanted - live.Count))
        {
            context.Ensure<MachineSetNodeSpec>(
                KnownTypes.MachineSetNodes, machine.Id, "", _ => { },
                [.. ControllerContext.SetLabels(set), new(OmniLabels.ManagedByMachineSetNodeController, "")]);
        }

        var surplus = live.Count - wanted;
        if (surplus <= 0)
            return;
        if (ControlPlaneLeaves(set, nodes))
            surplus = Math.Min(surplus, 1);
        else if (ControllerContext.IsControlPlane(set))
            return;
        foreach (var node in live.OrderBy(node => node.Metadata.Created.ToDateTimeOffset()).Take(surplus))
            context.TearDown(node);
    }

    /// <summary>Whether this is a control plane that can lose a member now: one at a time, and only while it answers.</summary>
    private bool ControlPlaneLeaves(StoredResource set, List<StoredResource> nodes) =>
        ControllerContext.IsControlPlane(set) &&
        !nodes.Exists(node => node.IsTearingDown) &&
        context.Find(KnownTypes.LoadBalancerStatuses, set.Label(OmniLabels.Cluster)!)?.SpecAs<LoadBalancerStatusSpec>().Healthy == true;

    private IEnumerable<StoredResource> Candidates(StoredResource set, MachineClassSpec @class)
    {
        if (@class.AutoProvision is not null)
        {
            // One whose provider was told to remove it would be gone before it is a member.
            return context.With(KnownTypes.MachineStatuses, OmniLabels.MachineRequestSet, set.Id).Where(machine =>
                IsFree(machine) &&
                machine.HasLabel(OmniLabels.ReadyToUse) &&
                context.Find(KnownTypes.MachineRequests, machine.Label(OmniLabels.MachineRequest) ?? "") is { IsTearingDown: false });
        }

        var selectors = @class.MatchLabels
            .Select(text => LabelSelector.TryParse(text, out var selector, out _) ? selector : null)
            .OfType<LabelSelector>()
            .ToList();
        return context.List(KnownTypes.MachineStatuses).Where(machine =>
            IsFree(machine) &&
            !machine.HasLabel(OmniLabels.NoManualAllocation) &&
            !machine.HasLabel(OmniLabels.MachineRequestSet) &&
            selectors.Exists(selector => selector.Matches(machine.Metadata.Labels)));
    }

    private bool IsFree(StoredResource machine) =>
        machine.HasLabel(OmniLabels.Available) &&
        machine.HasLabel(OmniLabels.ReportingEvents) &&
        context.Find(KnownTypes.MachineSetNodes, machine.Id) is null;
}
